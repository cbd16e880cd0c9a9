"""A gate before work that takes a processor: few at once, some wait, the rest come again.

Hashing a password takes a processor for some ten milliseconds. Without a gate a thousand sign-ins
at once would hold every thread, and everybody else's requests would stand behind them.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from domain.errors import Unavailable

AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
WAITING_MAX = 50
WAIT_SECONDS = 3.0


class Gate:
    """at_once: how many are inside. waiting_max: how many wait, at most `wait_seconds`."""

    def __init__(
        self,
        *,
        at_once: int = AT_ONCE,
        waiting_max: int = WAITING_MAX,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._inside = anyio.Semaphore(at_once)
        self._waiting_max = waiting_max
        self._wait_seconds = wait_seconds
        self._waiting = 0

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """Inside. Raises Unavailable where too many wait, or the wait was too long."""
        if self._waiting >= self._waiting_max:
            raise Unavailable("too many sign-ins at once")
        self._waiting += 1
        try:
            with anyio.move_on_after(self._wait_seconds) as waited:
                await self._inside.acquire()
        finally:
            self._waiting -= 1
        if waited.cancelled_caught:
            raise Unavailable("too many sign-ins at once")
        try:
            yield
        finally:
            self._inside.release()
