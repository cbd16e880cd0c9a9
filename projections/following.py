"""One view following the log: a batch's rows and the view's position in one transaction."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

import psycopg2
from eventsourcing.persistence import InterfaceError, OperationalError
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from projections.positions import positions_of
from projections.view import LogBatch, LogEntry, View

DATABASE_AWAY = (
    psycopg2.OperationalError,
    psycopg2.InterfaceError,
    OperationalError,
    InterfaceError,
)
"""Failures of the connection, the server or a wait for a lock: no fault of any fold."""
# Rows follow from the log, so a commit need not wait for the disk: after a crash of the server
# position and rows are an older pair, and the engine goes on from there.
_BEGIN = (
    "SET LOCAL search_path TO views; SET LOCAL synchronous_commit TO off;"
    " SET LOCAL statement_timeout TO '120s';"
    " SELECT version, position FROM views.positions WHERE view = %s FOR UPDATE"
)


class Transactions(Protocol):
    """A pool of connections."""

    def transaction(self) -> AbstractContextManager[Cursor]: ...


class Outdated(Exception):
    """The view's tables are of another version than this program's, or not there."""


class Overtaken(Exception):
    """The view is not where this engine left it: another one leads it now."""


class FoldFailed(Exception):
    """The fold raised at one event: a bug. Its cause is what it raised."""

    def __init__(self, view: str, entry: LogEntry) -> None:
        super().__init__(f"{view} cannot fold {entry.topic} at position {entry.position}")
        self.view = view
        self.entry = entry


class Follower:
    """A view that this engine leads. position: the last one that it has folded."""

    def __init__(self, view: View, database: Transactions) -> None:
        self.view = view
        self._database = database
        self.position = self._stored_position()

    def follow(self, batch: LogBatch, reached: int) -> None:
        """Fold of `batch` what is after the view's position, and stand at `reached` then.

        A batch that fails is halved until the event at which the fold raises stands alone;
        everything before it is folded. Raises FoldFailed, Overtaken, Outdated.
        """
        batch = batch.after(self.position)
        entries = batch.entries
        try:
            self._fold(batch, reached)
        except (*DATABASE_AWAY, Overtaken, Outdated):
            raise
        except Exception as error:
            if len(entries) <= 1:
                if not entries:
                    raise
                raise FoldFailed(self.view.NAME, entries[0]) from error
            half = len(entries) // 2
            self.follow(LogBatch(entries[:half]), entries[half - 1].position)
            self.follow(LogBatch(entries[half:]), reached)

    def _fold(self, batch: LogBatch, reached: int) -> None:
        name = self.view.NAME
        with self._database.transaction() as cursor:
            cursor.execute(_BEGIN, (name,))
            row = cursor.fetchone()
            if row is None or row[0] != self.view.VERSION:
                raise Outdated(name)
            if row[1] != self.position:
                raise Overtaken(name)
            if batch.entries:
                self.view.fold(cursor, batch)
            cursor.execute(
                "UPDATE views.positions SET position = %s, moved_at = clock_timestamp(),"
                " failed_position = NULL, failed_topic = NULL, failed_error = NULL,"
                " failed_at = NULL WHERE view = %s",
                (reached, name),
            )
        self.position = reached

    def _stored_position(self) -> int:
        name = self.view.NAME
        with self._database.transaction() as cursor:
            stored = positions_of(cursor, [name]).get(name)
        if stored is None or stored.version != self.view.VERSION:
            raise Outdated(name)
        return stored.position
