"""Who holds a customer: the part of a row that the events of a protection move.

Nothing here says what is so now. `pool_from` is the instant from which the customer is in the
pool: in the past when its last protection was ended or it never had one, in the future while a
deadline runs, None while it is held without one. A query compares it with its own instant, so an
answer is right at the deadline's microsecond, swept or not (design §3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from domain.events import (
    ClaimCorrected,
    Claimed,
    ClaimWithdrawn,
    HolderRemoved,
    Lapsed,
    Released,
    ReviewPassed,
    ReviewRefused,
    Stage,
)
from projections.view import LogEntry

POOL: Final = "pool"
PoolReason = Literal["lapsed", "released", "withdrawn", "removed"]
_ENDINGS: Final[Mapping[type, PoolReason]] = {
    Lapsed: "lapsed",
    Released: "released",
    ClaimWithdrawn: "withdrawn",
    HolderRemoved: "removed",
}


class Holding(msgspec.Struct, kw_only=True, gc=False):
    """The present protection, or the one that ended last with `stage` None."""

    customer_id: UUID
    holder: str | None = None
    stage: str | None = None
    claimed_at: datetime | None = None
    review_due: datetime | None = None
    pool_from: datetime | None


class PoolHolding(Holding, kw_only=True, gc=False):
    """Also why it is in the pool, who held it last and who is barred from it until when."""

    last_holder: str | None = None
    pool_reason: str | None = None
    bars: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Barred:
    """Who may not claim before `until` (S1-037, S1-045); member None: nobody may."""

    member: str | None
    until: datetime


def is_in_pool(row: Mapping[str, Any], now: datetime) -> bool:
    """True from the deadline instant on, which belongs to nobody (A-10)."""
    return row["pool_from"] is not None and row["pool_from"] <= now


def state_at(row: Mapping[str, Any], now: datetime) -> str:
    """`pool`, or the stage of the protection that is live at `now`."""
    return POOL if is_in_pool(row, now) else str(row["stage"])


def pool_reason_at(row: Mapping[str, Any], now: datetime) -> str | None:
    """Why it is in the pool at `now`: a passed deadline is a reason of itself (S1-035, S1-318).

    None while it is held, and where nobody ever held it.
    """
    if not is_in_pool(row, now):
        return None
    if row["holder"] is not None:
        return "removed" if row["stage"] == Stage.REJECTED else "lapsed"
    reason: str | None = row["pool_reason"]
    return reason


def bars_at(row: Mapping[str, Any], now: datetime) -> list[Barred]:
    """The bars that still run at `now`."""
    bars = [
        Barred(bar["member"], datetime.fromisoformat(bar["until"])) for bar in row["bars"] or ()
    ]
    return [bar for bar in bars if now < bar.until]


def _claimed(row: Holding, entry: LogEntry) -> None:
    event: Claimed = entry.event
    row.holder = event.holder
    row.stage = Stage.WAITING
    row.claimed_at = event.timestamp
    row.review_due = event.review_due
    row.pool_from = None


def _claim_corrected(row: Holding, entry: LogEntry) -> None:
    event: ClaimCorrected = entry.event
    row.stage = Stage.WAITING
    row.review_due = event.review_due
    row.pool_from = None


def _review_passed(row: Holding, entry: LogEntry) -> None:
    event: ReviewPassed = entry.event
    row.stage = Stage.POTENTIAL
    row.review_due = None
    row.pool_from = event.until


def _review_refused(row: Holding, entry: LogEntry) -> None:
    event: ReviewRefused = entry.event
    row.stage = Stage.REJECTED
    row.review_due = None
    row.pool_from = event.removal_due


def _ended(row: Holding, entry: LogEntry) -> None:
    row.holder = None
    row.stage = None
    row.claimed_at = None
    row.review_due = None
    row.pool_from = entry.event.timestamp


def _ended_to_pool(row: PoolHolding, entry: LogEntry) -> None:
    event = entry.event
    row.last_holder = event.holder
    row.pool_reason = _ENDINGS[type(event)]
    if event.bar is not None:
        row.bars = [
            *(bar for bar in row.bars or () if bar["member"] != event.bar.member),
            {"member": event.bar.member, "until": event.bar.until.isoformat()},
        ]
    _ended(row, entry)


HOLDING: Final[Mapping[type, Callable[[Any, LogEntry], None]]] = {
    Claimed: _claimed,
    ClaimCorrected: _claim_corrected,
    ReviewPassed: _review_passed,
    ReviewRefused: _review_refused,
    **dict.fromkeys(_ENDINGS, _ended),
}
"""What each event does to a `Holding`."""

POOL_HOLDING: Final[Mapping[type, Callable[[Any, LogEntry], None]]] = {
    **HOLDING,
    **dict.fromkeys(_ENDINGS, _ended_to_pool),
}
"""What each event does to a `PoolHolding`."""
