"""The access log as it is written: nothing is shown before its entry is on the disk.

Threads that have something to show hand their entries to whoever is writing; one statement, which
is a transaction of its own, carries all that gathered meanwhile (group commit), so that a look
costs a share of a commit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
import structlog
from eventsourcing.persistence import PersistenceError

from api.access.entries import Entry
from domain.errors import TenureError, Unavailable
from eventstore.connections import Database

BATCH_MAX = 500
MEMBER_CHARACTERS_MAX = 100
_ENCODER = msgspec.json.Encoder(order="deterministic")
_RECORD = """SELECT access.record(
    %s::timestamptz[], %s::text[], %s::text[], %s::uuid[], %s::bytea[],
    %s::integer[], %s::uuid[], %s::integer[])"""
_MAY_WRITE = """SELECT NOT pg_is_in_recovery()
    AND current_setting('transaction_read_only') = 'off'
    AND coalesce(has_function_privilege(to_regprocedure('access.record(timestamptz[], text[],'
        ' text[], uuid[], bytea[], integer[], uuid[], integer[])'), 'EXECUTE'), false)"""


class CapReached(Exception):
    """The member has seen the details of as many customers as one may on a day. entries: those that
    were not kept."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__(entries[0].member)
        self.entries = entries


@dataclass(eq=False, slots=True)
class _Waiting:
    """Entries of one thread with their bytes, and what became of them."""

    entries: Sequence[Entry]
    states: Sequence[bytes]
    is_done: bool = False
    failed: Exception | None = None
    turned_away: list[Entry] = field(default_factory=list)


class AccessLog:
    """Appends entries; returns once they are durable. now: the one clock."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._gathered: list[_Waiting] = []
        self._changed = threading.Condition()
        self._is_writing = False
        self._log = structlog.get_logger("tenure.access")

    def record(self, *entries: Entry) -> None:
        """Keep the entries. Must not be called while holding a connection: the writer needs one.

        Raises Unavailable: then nothing may be shown. Raises CapReached where one of the entries
        passes its `details_max`; that one is not kept.
        """
        if not entries:
            return
        # Bytes are made here, so that what cannot be written fails its own thread alone.
        fit = [self._fit(entry) for entry in entries]
        mine = _Waiting(fit, [_state(entry) for entry in fit])
        with self._changed:
            self._gathered.append(mine)
        while batch := self._next_batch(mine):
            self._write_for_all(batch)
        if mine.failed is not None:
            raise Unavailable("the access log cannot be written") from mine.failed
        if mine.turned_away:
            raise CapReached(mine.turned_away)

    def is_writable(self) -> bool:
        """Whether the database takes entries from us now. Raises PersistenceError without one."""
        with self._database.autocommit() as cursor:
            cursor.execute(_MAY_WRITE)
            row: Any = cursor.fetchone()
        return row == (True,)

    def _fit(self, entry: Entry) -> Entry:
        """The entry with its instant, and a member's name that a database can hold: whoever fails
        to sign in types what he likes."""
        member = entry.member
        if member is not None:
            shown = (sign if sign.isprintable() else "\ufffd" for sign in member)
            member = "".join(shown)[:MEMBER_CHARACTERS_MAX]
        try:
            return replace(entry, member=member, at=entry.at or self._now())
        except (PersistenceError, TenureError) as error:
            raise Unavailable("the access log has no clock") from error

    def _next_batch(self, mine: _Waiting) -> Sequence[_Waiting]:
        """What this thread is to write now; nothing once somebody has written its own."""
        with self._changed:
            self._changed.wait_for(lambda: mine.is_done or not self._is_writing)
            if mine.is_done:
                return ()
            self._is_writing = True
            batch, self._gathered = self._gathered[:BATCH_MAX], self._gathered[BATCH_MAX:]
            return batch

    def _write_for_all(self, batch: Sequence[_Waiting]) -> None:
        # Until it is known to be written, it is not.
        for waiting in batch:
            waiting.failed = Unavailable("the access log was not written")
        try:
            self._write(batch)
        finally:
            with self._changed:
                for waiting in batch:
                    waiting.is_done = True
                self._is_writing = False
                self._changed.notify_all()

    def _write(self, batch: Sequence[_Waiting]) -> None:
        try:
            self._append(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may be shown
            self._log.error("access log not written", error=error)
            for waiting in batch:
                waiting.failed = error

    def _append(self, batch: Sequence[_Waiting]) -> None:
        entries = [(waiting, entry) for waiting in batch for entry in waiting.entries]
        further = [
            (place, customer)
            for place, (_, entry) in enumerate(entries, start=1)
            for customer in entry.customer_ids
        ]
        arguments = (
            [entry.at for _, entry in entries],
            [entry.kind for _, entry in entries],
            [entry.member for _, entry in entries],
            [_text(entry.customer_id) for _, entry in entries],
            [state for waiting in batch for state in waiting.states],
            [place for place, _ in further],
            [str(customer) for _, customer in further],
            [entry.details_max for _, entry in entries],
        )
        with self._database.autocommit() as cursor:
            cursor.execute(_RECORD, arguments)
            row: Any = cursor.fetchone()
        for waiting in batch:
            waiting.failed = None
        for place in row[0]:
            waiting, entry = entries[place - 1]
            waiting.turned_away.append(entry)


def _state(entry: Entry) -> bytes:
    """The bytes that are kept and sealed."""
    told: dict[str, Any] = {
        "at": entry.at,
        "kind": entry.kind,
        "member": entry.member,
        "right": entry.right,
        "customer_id": entry.customer_id,
        "facts": dict(entry.facts),
        "request_id": entry.request_id,
        "client": entry.client,
    }
    by = {"token_id": entry.token_id, "session_id": entry.session_id}
    told |= {name: value for name, value in by.items() if value is not None}
    if entry.customer_ids:
        told["customer_ids"] = list(entry.customer_ids)
    return _ENCODER.encode(told)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
