"""Limits of requests: so many a minute from one client, of one member, and of sign-ins.

A member's tokens and sessions are counted together, once they were found live: by a name in a token
that nobody has looked up, anybody could use up another's share. Those are counted each for itself.

Counted in each process for itself, each limit in a table of its own, so that what strangers make
many of, tokens, washes out nobody's other count. The library's own memory starts a thread for its
clearing and looks through every key in it; this one is cleared as it grows.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress
from typing import Any

from limits import RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from api.settings import Settings
from api.sign_in.errors import TooManyRequests
from domain.orders import Credentials

KEYS_MAX = 50_000
PROVEN_MAX = 100_000
"""Tokens that are remembered as live: more than a house has."""


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
        """Forget what has ended; where that is too little, what was counted least: whoever is near
        a limit gets away by no number of others."""
        alive = {key: found for key, found in self._counters.items() if found[1] > now}
        if len(alive) >= KEYS_MAX // 2:
            most = sorted(alive.items(), key=_count, reverse=True)
            alive = dict(most[: KEYS_MAX // 2])
        self._counters = alive


def _count(counter: tuple[str, tuple[int, float]]) -> int:
    return counter[1][0]


class Limits:
    """The limits of one process; a setting of 0 switches one off."""

    def __init__(self, settings: Settings) -> None:
        self._proven: set[str] = set()
        self._items: dict[str, Any] = {
            name: RateLimitItemPerMinute(most, namespace=name) if most else None
            for name, most in (
                ("client", settings.client_requests_per_minute),
                ("member", settings.member_requests_per_minute),
                ("token", settings.member_requests_per_minute),
                ("sign-in", settings.sign_ins_per_minute),
            )
        }
        self._counting = {name: FixedWindowRateLimiter(Memory()) for name in self._items}

    def count_credentials(self, credentials: Credentials) -> None:
        """One more of the member, where it is his for sure; else one more of the token.

        Raises TooManyRequests past the limit.
        """
        digest = credentials.digest
        if digest is None or digest in self._proven:
            self.count("member", credentials.member)
        else:
            self.count("token", digest)

    def found(self, digest: str, member: str, *, is_live: bool) -> None:
        """What the log said of a token: counted with its member's others from now on, this request
        as well; or not any more."""
        if not is_live:
            self._proven.discard(digest)
        elif digest not in self._proven and len(self._proven) < PROVEN_MAX:
            self._proven.add(digest)
            with suppress(TooManyRequests):
                self.count("member", member)

    def count(self, name: str, key: str) -> None:
        """One more. Raises TooManyRequests past the limit."""
        item, counting = self._items[name], self._counting[name]
        if item is not None and not counting.hit(item, key):
            ends_at = counting.get_window_stats(item, key).reset_time
            is_first = counting.storage.get(item.key_for(key)) == item.amount + 1
            wait_seconds = max(1, math.ceil(ends_at - time.time()))
            raise TooManyRequests(wait_seconds, is_first=is_first)
