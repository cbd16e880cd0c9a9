"""The engine: follows the log, a batch a read, for all the views that it leads.

Any number of engines may run, in threads or processes: one leads each view, the others stand by.
A view is exactly-once by construction, since its rows and its position change together; kill an
engine anywhere and the next one goes on where the rows are.

A view whose fold raises is set aside: the failure is kept in its position's row and logged, and the
other views go on. This engine lets go of it; it is tried again by the next process that starts (or
stands by), so it recovers with the release that mends it. A view whose tables are of another
version is let go of as well. Both are looked at again, and led again once a rebuild has put tables
of this version in their place.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from typing import Any, Protocol

import structlog
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from projections.catalogue import ALL
from projections.following import DATABASE_AWAY, FoldFailed, Follower, Outdated, Overtaken
from projections.leadership import Leadership
from projections.positions import Position, ViewLag, ViewLagging, positions_of, record_failure
from projections.reading import Log, Reader, Reading
from projections.view import View

BATCH_EVENTS = 5_000
POLL_SECONDS = 0.05
LANES = 2
BACKOFF_SECONDS_MAX = 1.0
WAIT_POLL_SECONDS = 0.02
LOOK_SECONDS = 0.5
"""How often a view that was let go of is looked at again."""
_log = structlog.get_logger(__name__)


class Connections(Protocol):
    """What the engine asks of the database: a pool, and connections of its own."""

    @property
    def url(self) -> str: ...

    def transaction(self) -> AbstractContextManager[Cursor]: ...
    def autocommit(self) -> AbstractContextManager[Cursor]: ...
    def connect(self) -> Any: ...


class Engine:
    """Follows the log for `views`. `run` and `step` are for one thread; the rest is for any.

    log: settled position and events. to_event: a stored event decoded; every topic must be known by
    then, so import the aggregates first. lanes: how many views are folded at a time. While it runs
    it uses one connection of its own, and as many of the pool's as it has lanes.
    """

    def __init__(
        self,
        database: Connections,
        log: Log,
        to_event: Callable[[Any], Any],
        views: Sequence[View] = ALL,
        *,
        batch_events: int = BATCH_EVENTS,
        poll_seconds: float = POLL_SECONDS,
        lanes: int = LANES,
    ) -> None:
        self._database = database
        self._log = log
        self._views = {view.NAME: view for view in views}
        self._reader = Reader(log, to_event, batch_events=batch_events)
        self._leadership = Leadership(database.connect, list(self._views))
        self._followers: dict[str, Follower] = {}
        self._dropped: set[str] = set()
        self._looked_at = float("-inf")
        self._poll_seconds = poll_seconds
        self._lanes_count = lanes
        self._lanes: ThreadPoolExecutor | None = None
        self._awake = threading.Event()
        self._moved = threading.Condition()
        self._reached: dict[str, int] = {}

    def run(self, stop: threading.Event) -> None:
        """Follow until `stop` is set. Survives restarts of the database."""
        failures = 0
        try:
            while not stop.is_set():
                try:
                    is_idle = self.step() == 0
                    failures = 0
                except DATABASE_AWAY as error:
                    failures += 1
                    _log.warning("the views wait for the database", error=error)
                    stop.wait(_backoff_seconds(failures))
                except Exception:  # noqa: BLE001 - say, no tables yet: ending would help nobody
                    failures += 1
                    _log.exception("the views cannot be followed")
                    stop.wait(_backoff_seconds(failures))
                else:
                    if is_idle:
                        self._awake.wait(self._poll_seconds)
                        self._awake.clear()
        finally:
            self.close()

    def step(self) -> int:
        """One pass: every view that is led here gets one batch. Returns the events read."""
        self._lead()
        settled = self._log.settled_position() if self._followers else 0
        behind = sorted(
            (follower for follower in self._followers.values() if follower.position < settled),
            key=lambda follower: follower.position,
        )
        if not behind:
            self._reader.forget()
        events = 0
        while behind:
            reading = self._reader.read(after=behind[0].position, settled=settled)
            events += len(reading.batch.entries)
            reached = [follower for follower in behind if follower.position <= reading.reached]
            self._follow(reached, reading, settled)
            # Views further on than this batch get one of their own, so none waits for another.
            behind = behind[len(reached) :]
        return events

    def wake(self) -> None:
        """Somebody of this process has just written: do not sit out the poll."""
        self._awake.set()

    def close(self) -> None:
        """Give up the lead, its connection and the threads."""
        self._leadership.close()
        self._followers.clear()
        self._reached.clear()
        self._reader.forget()
        if self._lanes is not None:
            self._lanes.shutdown()
            self._lanes = None

    def lag(self) -> dict[str, ViewLag]:
        """How each view stands, whoever leads it."""
        settled = self._log.settled_position()
        stored = self._positions(self._views)
        return {
            name: ViewLag(
                view=name,
                version=stored[name].version,
                position=stored[name].position,
                settled=settled,
                lag=max(0, settled - stored[name].position),
                failed=stored[name].failed,
                is_leader=name in self._leadership.held,
                is_current=stored[name].version == view.VERSION,
            )
            for name, view in self._views.items()
        }

    def wait_for(self, view_names: Collection[str], position: int, timeout_seconds: float) -> None:
        """Return once every one of the views has folded `position`.

        Raises ViewLagging after `timeout_seconds`, and at once for a view that stands still, or
        whose tables are of another version: it has still to be folded anew.
        """
        give_up = time.monotonic() + timeout_seconds
        self.wake()
        while True:
            if all(self._reached.get(name, 0) >= position for name in view_names):
                return
            stored = self._positions(view_names)
            for found in stored.values():
                if not self._is_ours(found):
                    raise ViewLagging(found.view, found.position)
            late = [found for found in stored.values() if found.position < position]
            if not late:
                return
            broken = [found for found in late if found.failed is not None]
            if broken or time.monotonic() >= give_up:
                worst = min(broken or late, key=lambda found: found.position)
                raise ViewLagging(worst.view, position - worst.position)
            with self._moved:
                self._moved.wait(WAIT_POLL_SECONDS)  # Shorter, if a view is moved by this engine.

    def _lead(self) -> None:
        """Followers for exactly the views that are led here."""
        self._look_again()
        try:
            self._leadership.refresh()
        finally:
            for name in self._followers.keys() - self._leadership.held:
                self._forget(name)
        for name in sorted(self._leadership.held - self._followers.keys()):
            try:
                self._followers[name] = Follower(self._views[name], self._database)
            except Outdated:
                self._resign(name)

    def _look_again(self) -> None:
        """Views that were let go of may have been rebuilt."""
        now = time.monotonic()
        if not self._dropped or now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        for name, stored in self._positions(self._dropped).items():
            if stored.version == self._views[name].VERSION and stored.failed is None:
                self._dropped.discard(name)
                self._leadership.resume(name)

    def _follow(self, followers: Sequence[Follower], reading: Reading, settled: int) -> None:
        """Fold one batch into several views, side by side: while PostgreSQL writes the rows of one
        view, Python folds the next, and meanwhile the next batch is read. Whatever went wrong
        with each is dealt with here."""
        if self._lanes is None:
            self._lanes = ThreadPoolExecutor(self._lanes_count, thread_name_prefix="fold")
        futures = [
            (follower, self._lanes.submit(self._fold, follower, reading)) for follower in followers
        ]
        try:
            self._reader.read_ahead(reading, settled=settled)
        finally:
            wait([future for _, future in futures])
        for follower, future in futures:
            name = follower.view.NAME
            try:
                future.result()
            except Overtaken:
                self._forget(name)  # The next pass begins from the stored position.
            except Outdated:
                self._resign(name)
            except FoldFailed as failed:
                self._set_aside(name, failed)

    def _fold(self, follower: Follower, reading: Reading) -> None:
        """Raises what `Follower.follow` does, and FoldFailed at an event that cannot be decoded."""
        follower.follow(reading.batch, reading.reached)
        with self._moved:
            self._reached[follower.view.NAME] = follower.position
            self._moved.notify_all()
        if reading.broken is not None:
            raise FoldFailed(follower.view.NAME, reading.broken) from reading.error

    def _set_aside(self, name: str, failed: FoldFailed) -> None:
        """Record and say that the view stands still, and let it go."""
        entry, cause = failed.entry, failed.__cause__
        error = f"{type(cause).__name__}: {cause}"
        with self._database.transaction() as cursor:
            record_failure(cursor, name, (entry.position, entry.topic, error))
        _log.error(
            "a view was set aside",
            view=name,
            position=entry.position,
            topic=entry.topic,
            exc_info=cause,
        )
        self._drop(name)

    def _resign(self, name: str) -> None:
        _log.warning("a view's tables are of another version: not followed here", view=name)
        self._drop(name)

    def _drop(self, name: str) -> None:
        self._forget(name)
        self._dropped.add(name)
        self._leadership.resign(name)

    def _forget(self, name: str) -> None:
        self._followers.pop(name, None)
        self._reached.pop(name, None)

    def _is_ours(self, stored: Position) -> bool:
        """Whether the view's tables are of the version that this program knows."""
        view = self._views.get(stored.view)
        return view is None or stored.version == view.VERSION

    def _positions(self, names: Collection[str]) -> dict[str, Position]:
        with self._database.autocommit() as cursor:
            stored = positions_of(cursor, names)
        return {name: stored.get(name, Position(name, 0, 0, None)) for name in names}


def _backoff_seconds(failures: int) -> float:
    """Pause before the next attempt: exponential up to a second, with jitter."""
    jitter = random.uniform(0.5, 1.0)  # noqa: S311 - spreads attempts; no secret
    return jitter * min(BACKOFF_SECONDS_MAX, 0.025 * 2.0 ** min(failures, 10))
