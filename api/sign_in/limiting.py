"""Limits of requests: so many a minute from one client, with one token, and of sign-ins.

Counted in each process for itself. The library's own memory starts a thread for its clearing and
looks through every key in it, which strangers can make many of; this one is cleared as it grows.
"""

from __future__ import annotations

import math
import time
from typing import Any

from limits import RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from api.settings import Settings
from api.sign_in.errors import TooManyRequests

KEYS_MAX = 50_000


class Memory(Storage):
    """Counters with an end, at most KEYS_MAX of them. One event loop counts, or a few threads; a
    count that is lost between them lets one request more pass."""

    STORAGE_SCHEME = ["tenure-memory"]  # noqa: RUF012 - as the library has it

    def __init__(self) -> None:
        super().__init__()
        self._counters: dict[str, tuple[int, float]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        return OSError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, and answer the count."""
        now = time.time()
        count, ends_at = self._counters.get(key, (0, 0.0))
        if ends_at <= now:
            if len(self._counters) >= KEYS_MAX:
                self._clear(now)
            count, ends_at = 0, now + expiry
        self._counters[key] = (count + amount, ends_at)
        return count + amount

    def get(self, key: str) -> int:
        """The count so far."""
        count, ends_at = self._counters.get(key, (0, 0.0))
        return count if ends_at > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """When the count begins anew."""
        return self._counters.get(key, (0, time.time()))[1]

    def check(self) -> bool:
        """Memory is always there."""
        return True

    def reset(self) -> int | None:
        """Forget everything."""
        count = len(self._counters)
        self._counters.clear()
        return count

    def clear(self, key: str) -> None:
        """Forget one count."""
        self._counters.pop(key, None)

    def _clear(self, now: float) -> None:
        """Forget what has ended; where that is too little, everything: rather let some pass."""
        alive = {key: found for key, found in self._counters.items() if found[1] > now}
        self._counters = alive if len(alive) < KEYS_MAX // 2 else {}


class Limits:
    """The limits of one process; a setting of 0 switches one off."""

    def __init__(self, settings: Settings) -> None:
        self._counting = FixedWindowRateLimiter(Memory())
        self._items: dict[str, Any] = {
            name: RateLimitItemPerMinute(most, namespace=name) if most else None
            for name, most in (
                ("client", settings.client_requests_per_minute),
                ("member", settings.member_requests_per_minute),
                ("sign-in", settings.sign_ins_per_minute),
            )
        }

    def count(self, name: str, key: str) -> None:
        """One more. Raises TooManyRequests past the limit."""
        item = self._items[name]
        if item is not None and not self._counting.hit(item, key):
            ends_at = self._counting.get_window_stats(item, key).reset_time
            raise TooManyRequests(max(1, math.ceil(ends_at - time.time())))
