"""Streams of the log: one reader a process, any number of followers, each from its own position.

An idle follower costs no thread and no connection. The reader polls the settled position while
somebody follows, is woken by what this process writes, and keeps the newest events ready; who is
further back reads the log for himself, a stretch at a time. What a client does not take is not
queued: its stream stands at its position until the client reads on.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.to_thread
import structlog
from eventsourcing.persistence import PersistenceError

from api.outside.cloud_events import Told
from api.outside.teller import Stretch, Teller, Wanted
from domain.errors import Unavailable
from domain.orders import Credentials

POLL_SECONDS = 0.05
CHECK_SECONDS = 2.0
AGAIN_SECONDS = 1.0
KEPT_EVENTS = 1_000
THREADS = 4
"""Of all streams of a process together, so that commands always find a thread and a connection."""

Checks = Callable[[Collection[Credentials]], Mapping[Credentials, bool]]
"""Of these credentials, those that may still follow, and whether with details."""


@dataclass(eq=False)
class Follower:
    """One open stream. position: up to where its client has been sent everything. sees_details:
    whether he is told what people typed (A-34)."""

    credentials: Credentials
    wanted: Wanted
    position: int
    sees_details: bool = False
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)


class Streams:
    """The followers of one process. Used from the event loop alone, but for `wake`.

    may_follow: asked every two seconds about everybody who follows. followers_max: how many
    streams one process carries. heartbeat_seconds: an idle stream says so often that it is alive.
    """

    def __init__(
        self,
        teller: Teller,
        may_follow: Checks,
        *,
        followers_max: int,
        heartbeat_seconds: float,
    ) -> None:
        self.teller = teller
        self._may_follow = may_follow
        self._followers_max = followers_max
        self._heartbeat_seconds = heartbeat_seconds
        self._followers: set[Follower] = set()
        self._kept: deque[Told] = deque()
        self._kept_after = self._reached = 0
        self._moved = asyncio.Event()
        self._awake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._threads: anyio.CapacityLimiter | None = None
        self._is_ending: Callable[[], bool] = lambda: False
        self._lock = threading.Lock()
        self._log = structlog.get_logger("tenure.streams")

    @property
    def count(self) -> int:
        """How many streams are open; for metrics."""
        return len(self._followers)

    def wake(self) -> None:
        """This process has just written. From any thread."""
        with self._lock:
            if self._loop is not None and self._followers:
                self._loop.call_soon_threadsafe(self._awake.set)

    async def run(self, is_ending: Callable[[], bool]) -> None:
        """Read for the followers until cancelled, or until the server is ending: then let them
        go. is_ending: asked at every poll."""
        self._is_ending = is_ending
        self._loop = asyncio.get_running_loop()
        checked_at = self._loop.time()
        try:
            while True:
                if not self._followers:
                    await self._awake.wait()
                    self._awake.clear()
                    continue
                if is_ending():
                    self._end(self._followers)
                await self._read()
                if self._loop.time() - checked_at >= CHECK_SECONDS:
                    checked_at = self._loop.time()
                    await self._check()
                await self._pause(POLL_SECONDS)
        finally:
            with self._lock:
                self._loop = None
            self._end(self._followers)

    @contextmanager
    def opened(self, follower: Follower) -> Iterator[None]:
        """The follower among the open ones. Raises Unavailable where there are too many."""
        if len(self._followers) >= self._followers_max or self._is_ending():
            raise Unavailable("this process carries as many streams as it may")
        self._followers.add(follower)
        self._awake.set()
        try:
            yield
        finally:
            self._followers.discard(follower)

    async def events(self, follower: Follower) -> AsyncIterator[list[Told]]:
        """What follows on the follower's position, for ever; an empty list is a heartbeat."""
        while True:
            moved = self._moved
            if follower.position >= self._reached:
                with anyio.move_on_after(self._heartbeat_seconds) as waiting:
                    await moved.wait()
                if waiting.cancelled_caught:
                    yield []
                continue
            if follower.position >= self._kept_after:
                reached = self._reached
                found = [
                    event
                    for event in self._kept
                    if event.position > follower.position and follower.wanted.takes(event)
                ]
            else:
                stretch = await self._stretch(follower.position, self._reached, follower.wanted)
                found, reached = stretch.events, stretch.reached
            if found:
                yield found
            follower.position = reached

    async def _read(self) -> None:
        """Everything that has settled since the last reading, kept for those who are up to date."""
        try:
            settled = await self._in_thread(self.teller.log.settled_position)
            if settled - self._reached > KEPT_EVENTS:
                # Nobody followed for a while: who is further back reads for himself.
                self._kept.clear()
                self._kept_after = self._reached = settled
                self._tell()
            while self._reached < settled:
                stretch = await self._stretch(self._reached, settled)
                self._kept.extend(stretch.events)
                self._reached = stretch.reached
                while len(self._kept) > KEPT_EVENTS:
                    self._kept_after = self._kept.popleft().position
                self._tell()
        except PersistenceError as error:
            self._log.warning("streams wait for the database", error=error)
            await self._pause(AGAIN_SECONDS)
        except Exception:  # noqa: BLE001 - say, an event of a newer release: nothing is skipped
            self._log.exception("streams stand still", after=self._reached)
            await self._pause(AGAIN_SECONDS)

    async def _check(self) -> None:
        """Streams whose token ended, or whose member may not follow any more, end; who has lost
        his right to details goes on without."""
        asked = {follower.credentials for follower in self._followers}
        try:
            fit = await self._in_thread(self._may_follow, asked)
        except PersistenceError:
            return  # Without its database a stream tells nothing, either.
        self._end({one for one in self._followers if one.credentials in asked - fit.keys()})
        for one in self._followers:
            one.sees_details = fit.get(one.credentials, one.sees_details)

    async def _stretch(self, after: int, upto: int, wanted: Wanted | None = None) -> Stretch:
        asked: Mapping[str, Any] = {} if wanted is None else {"wanted": wanted}
        return await self._in_thread(lambda: self.teller.stretch(after=after, upto=upto, **asked))

    async def _in_thread(self, call: Callable[..., Any], *values: Any) -> Any:
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(THREADS)
        return await anyio.to_thread.run_sync(call, *values, limiter=self._threads)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._awake.wait(), seconds)
        self._awake.clear()

    def _tell(self) -> None:
        """Wake every follower once; who comes later waits for the next time."""
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def _end(self, followers: Collection[Follower]) -> None:
        for follower in list(followers):
            follower.scope.cancel()
