"""What a view is, and what it is given to fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

import domain.events
from domain.events import CustomerEvent
from domain.protection import Protection

EVERY_OTHER: Final = frozenset(
    kind
    for kind in vars(domain.events).values()
    if isinstance(kind, type) and "TOPIC" in vars(kind) and not issubclass(kind, CustomerEvent)
)
"""The events of streams that are no customer's."""


class LogEntry(msgspec.Struct, gc=False):
    """One event in its place in the log. event: decoded once, shared by all views."""

    position: int
    recorded_at: datetime
    topic: str
    event: Any
    _led: tuple[Protection | None, Protection | None] | None = None

    def protection_after(self, before: Protection | None) -> Protection | None:
        """The protection that the event leads to from `before`: computed by the first view that
        asks and kept for the others, which all come from the same one."""
        led = self._led
        if led is None or (led[0] is not before and led[0] != before):
            led = self._led = (before, self.event.protection_after(before))
        return led[1]


class LogBatch:
    """A stretch of the log, shared by all views."""

    def __init__(self, entries: Sequence[LogEntry]) -> None:
        self.entries = entries

    @property
    def customers(self) -> Mapping[UUID, Sequence[LogEntry]]:
        """The events of each customer's own stream, in their order."""
        return self._sorted[0]

    @property
    def others(self) -> Sequence[LogEntry]:
        """The events of streams that are no customer's, in their order."""
        return self._sorted[1]

    @cached_property
    def _sorted(self) -> tuple[dict[UUID, list[LogEntry]], list[LogEntry]]:
        customers: dict[UUID, list[LogEntry]] = {}
        others: list[LogEntry] = []
        for entry in self.entries:
            if isinstance(entry.event, CustomerEvent):
                customers.setdefault(entry.event.originator_id, []).append(entry)
            else:
                others.append(entry)
        return customers, others

    def after(self, position: int) -> LogBatch:
        """The part behind `position`."""
        if not self.entries or self.entries[0].position > position:
            return self
        return LogBatch([entry for entry in self.entries if entry.position > position])


class View(Protocol):
    """One module a view: its tables, its fold, its queries.

    NAME: in `views.positions`, in health and on the command line. VERSION: raised when the tables
    or the fold change; the new form is then folded beside the old one and takes its place whole.
    DDL: makes the tables and their indexes, by unqualified names in the schema that `search_path`
    begins with. TABLES: their names.

    OTHERS: of a view each of whose rows follows from one stream alone, which events it folds of
    streams that are no customer's: its log may be read stream by stream. None: its rows follow
    from the order of the whole log. READS: indexes by which the fold itself finds rows, so that a
    rebuild makes them first and not last.
    """

    @property
    def NAME(self) -> str: ...  # noqa: N802 - constants of a module
    @property
    def VERSION(self) -> int: ...  # noqa: N802
    @property
    def DDL(self) -> str: ...  # noqa: N802
    @property
    def TABLES(self) -> tuple[str, ...]: ...  # noqa: N802
    @property
    def READS(self) -> tuple[str, ...]: ...  # noqa: N802
    @property
    def OTHERS(self) -> frozenset[type] | None: ...  # noqa: N802

    def fold(self, cursor: Cursor, batch: LogBatch) -> None:
        """Bring the view's rows up to the last entry of `batch`, in the caller's transaction.

        Never judges a fact, never reads a clock: the same log always gives the same rows, however
        it is cut into batches. Raises only on a bug.
        """
