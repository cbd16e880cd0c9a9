"""How far the log may be read without missing an event that a slower transaction adds later."""

from __future__ import annotations

import time
from typing import NamedTuple

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from eventstore.connections import Database

_SETTLE = "SELECT handed_out, settled, remaining FROM tenure.settle(%s, %s, %s::text[], %s)"
_PATIENCE_MS = 100


class _Known(NamedTuple):
    handed_out: int | None
    settled: int


class _Awaited(NamedTuple):
    handed_out: int
    holders: list[str]


class Settling:
    """The settled position, and what was learned about it before; may be shared by threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = _Known(None, 0)
        self._awaited: _Awaited | None = None

    @property
    def known(self) -> int:
        """A settled position that was learned earlier: no later than the present one."""
        return self._known.settled

    def position(self, *, patience_seconds: float = 1.0) -> int:
        """The last position below which nothing can still appear.

        Waits for the transactions that may hold positions below the highest one handed out, not
        for later ones; after `patience_seconds` it returns what was settled before, and the next
        call goes on waiting for the same transactions.
        """
        give_up = time.monotonic() + patience_seconds
        awaited, self._awaited = self._awaited, None
        while True:
            handed_out, settled, remaining = self._ask(awaited)
            if settled is not None:
                if handed_out > (self._known.handed_out or 0) or self._known.handed_out is None:
                    self._known = _Known(handed_out, settled)
                return settled
            if not remaining:
                return self._known.settled
            awaited = _Awaited(handed_out, remaining)
            if time.monotonic() > give_up:
                self._awaited = awaited
                return self._known.settled

    def _ask(self, awaited: _Awaited | None) -> tuple[int, int | None, list[str] | None]:
        values = (
            self._known.handed_out,
            awaited.handed_out if awaited else None,
            awaited.holders if awaited else None,
            _PATIENCE_MS,
        )

        def read(cursor: Cursor) -> tuple[int, int | None, list[str] | None]:
            cursor.execute(_SETTLE, values)
            handed_out, settled, remaining = cursor.fetchone() or (0, None, None)
            return handed_out, settled, remaining

        return self._database.repeatedly(read)
