"""Ids that sort by time: UUID version 7 (RFC 9562, section 5.7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def uuid7(at: datetime, random: Callable[[int], bytes]) -> UUID:
    """A version 7 UUID of `at`, to the millisecond, with 74 bits of `random`."""
    milliseconds = (at - _EPOCH) // _MILLISECOND
    number = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(random(10), "big")
    number = number & ~(0xF << 76) | 7 << 76
    return UUID(int=number & ~(0b11 << 62) | 0b10 << 62)
