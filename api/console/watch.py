"""Whoever has a page open hears that something moved: never what, and not at every event.

One look for a whole process, some times a second and only while a page is open; an open page costs
neither a thread nor a connection. It hears of a position once the views are there, of a deadline
that passed without any event, and of the end of its session.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

import anyio
import anyio.to_thread
import structlog
from eventsourcing.persistence import PersistenceError

from api.outside.following import still_fit
from api.outside.streams import Checks
from api.sign_in.errors import TooManyRequests
from domain.errors import TenureError, Unavailable
from domain.orders import Credentials

if TYPE_CHECKING:
    from api.composition import Service

Found = TypeVar("Found")
SIGNED_IN: Final = "see-session"
"""The permission of who may listen: everybody's; what a page then shows is its own question."""
LOOK_SECONDS: Final = 0.5
CHECK_SECONDS: Final = 2.0
AGAIN_SECONDS: Final = 2.0
INTERVAL_SECONDS: Final = 2.0
TOLD_PER_SECOND: Final = 10.0
"""How many pages of a process together are told to ask again, so that a crowd of readers on a busy
day costs no more than a few."""
PAGES_OF_MEMBER_MAX: Final = 12
READ_EVENTS: Final = 100
UNSEEN: Final = frozenset(("identity", "party", "webhook"))
"""Kinds of events that no page which follows shows anything of."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the house stands. reached: by all views. moved: the last position at which a page may
    have changed. come: since when the newest of the pool is there, which no event may tell yet."""

    reached: int
    moved: int
    come: datetime | None = None


@dataclass(eq=False)
class OpenPage:
    """One page that listens. position, at: what it shows is true at them. is_over: its session
    has ended."""

    credentials: Credentials
    position: int
    at: datetime | None
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    is_over: bool = False

    def lacks(self, now: Standing) -> bool:
        """True where it may show something that is not so any more."""
        has_come = now.come is not None and (self.at is None or now.come > self.at)
        return now.moved > self.position or has_come


class Watch:
    """The open pages of one process. Used from the event loop alone.

    look: the standing after an earlier one. still_fit: asked every two seconds about everybody who
    listens. pages_max: how many pages one process carries.
    """

    def __init__(
        self,
        look: Callable[[Standing | None], Standing],
        still_fit: Checks,
        *,
        pages_max: int,
        heartbeat_seconds: float,
    ) -> None:
        self._look = look
        self._still_fit = still_fit
        self._pages_max = pages_max
        self._heartbeat_seconds = heartbeat_seconds
        self._pages: set[OpenPage] = set()
        self._standing: Standing | None = None
        self._moved = asyncio.Event()
        self._come = asyncio.Event()
        self._is_ending: Callable[[], bool] = lambda: False
        self._threads: anyio.CapacityLimiter | None = None
        self._log = structlog.get_logger("tenure.watch")

    @property
    def count(self) -> int:
        """How many pages listen; for metrics."""
        return len(self._pages)

    async def run(self, is_ending: Callable[[], bool]) -> None:
        """Look for the open pages until cancelled, or until the server is ending: then let them
        go, to ask another process."""
        self._is_ending = is_ending
        checked_at = asyncio.get_running_loop().time()
        try:
            while True:
                if not self._pages:
                    self._come.clear()
                    await self._come.wait()
                if is_ending():
                    self._end(self._pages)
                try:
                    await self._look_once()
                    if asyncio.get_running_loop().time() - checked_at >= CHECK_SECONDS:
                        checked_at = asyncio.get_running_loop().time()
                        await self._check()
                except (PersistenceError, TenureError) as error:
                    self._log.warning("open pages wait for the database", error=error)
                    await anyio.sleep(AGAIN_SECONDS)
                except Exception:  # noqa: BLE001 - say, no views yet: the process has other work
                    self._log.exception("open pages hear nothing")
                    await anyio.sleep(AGAIN_SECONDS)
                await anyio.sleep(LOOK_SECONDS)
        finally:
            self._end(self._pages)

    @contextmanager
    def opened(self, page: OpenPage) -> Iterator[None]:
        """The page among those that listen. Raises Unavailable, TooManyRequests."""
        if len(self._pages) >= self._pages_max or self._is_ending():
            raise Unavailable("this process carries as many open pages as it may")
        member = page.credentials.member
        if sum(one.credentials.member == member for one in self._pages) >= PAGES_OF_MEMBER_MAX:
            raise TooManyRequests(int(INTERVAL_SECONDS))
        self._pages.add(page)
        self._come.set()
        try:
            yield
        finally:
            self._pages.discard(page)

    async def news(self, page: OpenPage) -> AsyncIterator[int | None]:
        """The position, whenever the page lacks something, but not all the time and not all pages
        at once; None is a sign of life."""
        while True:
            moved, now = self._moved, self._standing
            if now is None or not page.lacks(now):
                with anyio.move_on_after(self._heartbeat_seconds) as waiting:
                    await moved.wait()
                if waiting.cancelled_caught:
                    yield None
                continue
            crowd = len(self._pages) / TOLD_PER_SECOND
            await anyio.sleep(random.uniform(0, crowd - 1 / TOLD_PER_SECOND))  # noqa: S311
            now = self._standing or now
            page.position, page.at = max(page.position, now.moved), now.come or page.at
            yield now.reached
            await anyio.sleep(max(INTERVAL_SECONDS, crowd))

    async def _look_once(self) -> None:
        found = await self._in_thread(self._look, self._standing)
        if found != self._standing:
            self._standing = found
            moved, self._moved = self._moved, asyncio.Event()
            moved.set()

    async def _check(self) -> None:
        """Pages whose member is signed out, or has left, hear so."""
        asked = {page.credentials for page in self._pages}
        fit = set(await self._in_thread(self._still_fit, asked))
        over = {page for page in self._pages if page.credentials in asked - fit}
        for page in over:
            page.is_over = True
        self._end(over)

    async def _in_thread(self, call: Callable[..., Found], *values: object) -> Found:
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(1)
        return await anyio.to_thread.run_sync(call, *values, limiter=self._threads)

    def _end(self, pages: Collection[OpenPage]) -> None:
        for page in list(pages):
            page.scope.cancel()


def watch_of(service: Service) -> Watch:
    """The watch of a process of the API; `run` is its lifespan's to call."""
    settings = service.settings
    return Watch(
        lambda before: _look(service, before),
        still_fit(service, SIGNED_IN),
        pages_max=settings.streams_max,
        heartbeat_seconds=settings.stream_heartbeat_seconds,
    )


def _look(service: Service, before: Standing | None) -> Standing:
    """Where the house stands now. Raises PersistenceError, Unavailable."""
    from projections import pool

    views = service.engine.lag().values()
    reached = min(
        (view.position for view in views if view.is_current and view.failed is None), default=0
    )
    now = service.application.now()
    with service.database.autocommit() as cursor:
        come = pool.last_come(cursor, now)
    if before is None or reached < before.reached:
        return Standing(reached, reached, come)
    moved = before.moved
    if reached > before.reached:
        events = service.application.recorder.read(
            after=before.reached, limit=READ_EVENTS, upto=reached
        )
        seen = any(event.topic.partition(".")[0] not in UNSEEN for event in events)
        moved = reached if seen or len(events) == READ_EVENTS else moved
    return Standing(reached, moved, come)
