"""The sweep: writes down what deadlines have ended already (design §3).

Nothing waits for it. At its deadline a protection is over for commands, views and as-of answers;
the sweep only records the event that says so, dated at the deadline.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg2
import structlog
from eventsourcing.persistence import PersistenceError

from domain.application import Tenure
from domain.errors import TenureError
from eventstore.connections import Connection, Database
from projections.agenda import NAME as AGENDA
from projections.agenda import due_deadlines, held_by_leavers_unarranged, next_due
from projections.engine import Engine
from projections.positions import ViewLagging
from projections.sessions import let_go

PAUSE_SECONDS_MAX = 1.0
PAUSE_SECONDS_MIN = 0.01
WAIT_SECONDS = 0.5
WAITS_MAX = 20
BATCH = 400
THREADS = 2
_LEADERSHIP = "tenure sweep"
# A process that is stopped, not dead, loses the lead when its session is idle for so long.
_IDLE_TIMEOUT = "120s"


class Leadership:
    """One of the workers on a database leads in a matter; another follows when it is gone.

    Two that swept the same deadlines would do no harm, since each end is recorded once, but they
    would lose half their work to each other. matter: what is led, the same in every process.
    """

    def __init__(self, database: Database, matter: str) -> None:
        self._database = database
        self._matter = matter
        self._connection: Connection | None = None
        self.is_leader = False

    def is_held(self) -> bool:
        """Try to lead, or find out whether we still do. Raises psycopg2.Error, PersistenceError."""
        if self._connection is None or self._connection.is_disturbed():
            self.leave()
            self._connection = self._database.connect()
            self._execute("SET idle_session_timeout = %s", _IDLE_TIMEOUT)
        if self.is_leader:
            self._execute("SELECT 1")
        else:
            query = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
            self.is_leader = self._execute(query, self._matter) == (True,)
        return self.is_leader

    def leave(self) -> None:
        """Let another worker lead."""
        if self._connection is not None:
            with suppress(psycopg2.Error):
                let_go(self._connection)
        self._connection, self.is_leader = None, False

    def _execute(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        if self._connection is None:
            return None
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchone() if cursor.description else None


class Sweeper:
    """Finds in the agenda what is due by itself, deadlines and leavings, and records it."""

    def __init__(self, application: Tenure, database: Database, engine: Engine) -> None:
        self._application = application
        self._database = database
        self._engine = engine
        self._leadership = Leadership(database, _LEADERSHIP)
        self._log = structlog.get_logger("tenure.sweep")
        self.recorded = 0
        """How many ends this process has recorded."""
        self.seconds = 0.0
        """How long the last pass that recorded anything took."""

    def run(self, stop: threading.Event) -> None:
        """Sweep at once, then at every deadline, until `stop`. Goes on after any failure."""
        pause_seconds = PAUSE_SECONDS_MIN
        while not stop.is_set():
            try:
                recorded = self.step(stop)
                pause_seconds = self._until_next() if not recorded else PAUSE_SECONDS_MIN
            except (PersistenceError, psycopg2.Error, TenureError) as error:
                self._log.warning("sweep failed", error=error)
                self.close()
                pause_seconds = PAUSE_SECONDS_MAX
            stop.wait(pause_seconds)
        self.close()

    @property
    def is_leader(self) -> bool:
        """Whether this process sweeps, and no other one does."""
        return self._leadership.is_leader

    def close(self) -> None:
        """Let another worker lead the sweep."""
        self._leadership.leave()

    def step(self, stop: threading.Event) -> int:
        """One pass over what is due; how many ends were recorded. 0 while another worker leads."""
        if not self._leadership.is_held():
            return 0
        began = monotonic()
        now = self._database.now()
        recorded = 0
        after: tuple[str, str] | None = None
        with ThreadPoolExecutor(THREADS, thread_name_prefix="sweep") as pool:
            while not stop.is_set():
                batches = []
                for _ in range(THREADS):
                    due, after = self._due(now, after)
                    if due:
                        batches.append(due)
                    if after is None:
                        break
                recorded += sum(pool.map(self._application.sweep, batches))
                if after is None:
                    break
        recorded += self._arrange_for_leavers()
        if recorded:
            self.recorded += recorded
            self.seconds = monotonic() - began
            self._log.info("swept", recorded=recorded)
            self._wait_for_agenda(stop)
        return recorded

    def _arrange_for_leavers(self) -> int:
        """Claims that raced with their holder's leave get the arrangement that they missed."""
        with self._database.autocommit() as cursor:
            held = held_by_leavers_unarranged(cursor, BATCH)
        return self._application.arrange_for_leavers(held) if held else 0

    def _wait_for_agenda(self, stop: threading.Event) -> None:
        """Until the agenda knows what was recorded, it would only offer the same again."""
        position = self._application.reader.settled_position()
        for _ in range(WAITS_MAX):
            if stop.is_set():
                return
            with suppress(ViewLagging):
                self._engine.wait_for([AGENDA], position, WAIT_SECONDS)
                return

    def _due(
        self, now: datetime, after: tuple[str, str] | None
    ) -> tuple[list[UUID], tuple[str, str] | None]:
        with self._database.autocommit() as cursor:
            return due_deadlines(cursor, now=now, limit=BATCH, after=after)

    def _until_next(self) -> float:
        """Seconds until the next deadline, within the bounds of a pause.

        A test clock may be moved at any time, so no pause is longer than a second.
        """
        now = self._database.now()
        with self._database.autocommit() as cursor:
            due_at = next_due(cursor, now)
        if due_at is None:
            return PAUSE_SECONDS_MAX
        seconds = (due_at - now) / timedelta(seconds=1)
        return min(max(seconds, PAUSE_SECONDS_MIN), PAUSE_SECONDS_MAX)
