"""Who follows a view: at most one engine, the one whose session holds the view's advisory lock.

The locks of one engine live in one connection of its own. When its process dies the server ends the
session and frees them, so another engine takes over at its next attempt; when the connection is
lost, so is the lead. What a former leader may still believe does no harm: every write compares
the view's position under a row lock (`projections.following`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from zlib import crc32

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from projections.sessions import let_go

LOCKS = 0x54454E56
"""First half of every key: advisory locks of Tenure's views."""
ATTEMPT_SECONDS = 0.5
# A machine that vanished sends no farewell: the server then finds out by itself. A process that
# is stopped, not dead, keeps answering for the kernel: it loses the lead when its session is idle
# for too long.
_SESSION = (
    "SET tcp_keepalives_idle = 1; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 1;"
    " SET statement_timeout = '5s'; SET idle_session_timeout = '30s'"
)


class Leadership:
    """The views that this engine leads. Not for use by several threads.

    connect: makes a dedicated connection in autocommit. clock: seconds that only go forward.
    """

    def __init__(
        self,
        connect: Callable[[], Any],
        views: Sequence[str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._keys = {view: crc32(view.encode()) - 2**31 for view in views}
        self._clock = clock
        self._connection: Any = None
        self._attempted_at = float("-inf")
        self._resigned: set[str] = set()
        self.held: frozenset[str] = frozenset()

    def refresh(self) -> None:
        """Try, every half second, to lead what nobody leads; the same statement finds out whether
        the connection is alive. Raises what the connection raises, the lead then being lost."""
        now = self._clock()
        if self._connection is not None and now - self._attempted_at < ATTEMPT_SECONDS:
            return
        self._attempted_at = now
        try:
            with self._cursor() as cursor:
                wanted = [view for view in self._keys if view not in self.held | self._resigned]
                cursor.execute(
                    "SELECT view FROM unnest(%s::text[], %s::integer[]) AS wanted (view, key)"
                    " WHERE pg_try_advisory_lock(%s, key)",
                    (wanted, [self._keys[view] for view in wanted], LOCKS),
                )
                self.held |= {view for (view,) in cursor}
        except Exception:
            self.close()
            raise

    def resume(self, view: str) -> None:
        """Try again to lead a view that was given up."""
        self._resigned.discard(view)

    def resign(self, view: str) -> None:
        """Give up a view until `resume`: another engine may lead it."""
        key = self._keys[view]
        self._resigned.add(view)
        if view in self.held:
            self.held -= {view}
            try:
                with self._cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s, %s)", (LOCKS, key))
            except Exception:
                self.close()
                raise

    def close(self) -> None:
        """Give up everything; `refresh` begins anew."""
        self.held = frozenset()
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg2.Error):
                let_go(connection)

    def _cursor(self) -> Cursor:
        if self._connection is None:
            self._connection = self._connect()
            with self._connection.cursor() as session:
                session.execute(_SESSION)
        cursor: Cursor = self._connection.cursor()
        return cursor
