"""The access log as it is written: nothing is shown before its entry is on the disk.

Threads that have something to show hand their entries to whoever is writing; one transaction
carries all that gathered meanwhile (group commit), so that a look costs a share of a commit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from eventsourcing.persistence import PersistenceError

from api.access.entries import Entry
from domain.errors import TenureError, Unavailable
from eventstore.connections import Database

BATCH_MAX = 500
_ENCODER = msgspec.json.Encoder(order="deterministic")
_APPEND = """SELECT access.append(
    %s::timestamptz[], %s::text[], %s::text[], %s::uuid[], %s::bytea[])"""


class _Waiting:
    """Entries of one thread, and what became of them."""

    __slots__ = ("done", "entries", "failed")

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.done = False
        self.failed: Exception | None = None


class AccessLog:
    """Appends entries; returns once they are durable. now: the one clock."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._gathered: list[_Waiting] = []
        self._changed = threading.Condition()
        self._is_writing = False

    def record(self, *entries: Entry) -> None:
        """Keep the entries. Raises Unavailable: then nothing may be shown."""
        if not entries:
            return
        mine = _Waiting(entries)
        with self._changed:
            self._gathered.append(mine)
        while batch := self._next_batch(mine):
            self._write_for_all(batch)
        if mine.failed is not None:
            raise Unavailable("the access log cannot be written") from mine.failed

    def _next_batch(self, mine: _Waiting) -> Sequence[_Waiting]:
        """What this thread is to write now; nothing once somebody has written its own."""
        with self._changed:
            self._changed.wait_for(lambda: mine.done or not self._is_writing)
            if mine.done:
                return ()
            self._is_writing = True
            batch, self._gathered = self._gathered[:BATCH_MAX], self._gathered[BATCH_MAX:]
            return batch

    def _write_for_all(self, batch: Sequence[_Waiting]) -> None:
        # Until it is known to be written, it is not.
        failed: Exception | None = Unavailable("the access log was not written")
        try:
            self._append([entry for waiting in batch for entry in waiting.entries])
            failed = None
        except (PersistenceError, TenureError) as error:
            failed = error
        finally:
            with self._changed:
                for waiting in batch:
                    waiting.done, waiting.failed = True, failed
                self._is_writing = False
                self._changed.notify_all()

    def _append(self, entries: Sequence[Entry]) -> None:
        at = self._now()
        states = [_state(entry, at) for entry in entries]
        with self._database.transaction() as cursor:
            cursor.execute(
                _APPEND,
                (
                    [at] * len(entries),
                    [entry.kind for entry in entries],
                    [entry.member for entry in entries],
                    [str(entry.customer_id) if entry.customer_id else None for entry in entries],
                    states,
                ),
            )


def _state(entry: Entry, at: datetime) -> bytes:
    """The bytes that are kept and sealed."""
    told: dict[str, Any] = {
        "at": at,
        "kind": entry.kind,
        "member": entry.member,
        "right": entry.right,
        "customer_id": entry.customer_id,
        "facts": dict(entry.facts),
        "request_id": entry.request_id,
        "client": entry.client,
    }
    return _ENCODER.encode(told)
