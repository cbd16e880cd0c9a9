"""Tenures: who held a customer, in which stage, from when until when, and how it ended.

One pure fold over a customer's own events, used by the as-of answers and by the ownership view,
so both say the same. A tenure with a deadline ends there by itself: a reader compares `until`
with its instant and needs no sweep (design §3).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.events import (
    ClaimCorrected,
    Claimed,
    ClaimWithdrawn,
    CustomerEvent,
    HolderRemoved,
    Lapsed,
    Released,
    ReviewPassed,
    ReviewRefused,
    Stage,
)

Ending = Literal[
    "lapsed", "released", "withdrawn", "removed", "review-passed", "review-refused", "corrected"
]
_ENDINGS: dict[type[CustomerEvent], Ending] = {
    Lapsed: "lapsed",
    Released: "released",
    ClaimWithdrawn: "withdrawn",
    HolderRemoved: "removed",
}


@dataclass(frozen=True, slots=True)
class Interval:
    """One holder in one stage, half-open [since, until).

    opened_version: stream version of the event that opened it. until: its end, or the deadline
    at which it ends by itself, or None while neither is known. ended: how, once an event says so.
    in_force_since: when the review of this protection passed. rulebook: version that granted it.
    grounds: stream versions of the events that granted and ended it.
    """

    customer_id: UUID
    opened_version: int
    holder: str
    stage: Stage
    claimed_at: datetime
    since: datetime
    until: datetime | None
    in_force_since: datetime | None
    ended: Ending | None
    rulebook: str
    grounds: tuple[int, ...]

    def holds(self, at: datetime) -> bool:
        """True where `at` lies in [since, until)."""
        return self.since <= at and (self.until is None or at < self.until)

    def ending_at(self, at: datetime) -> Ending | None:
        """How it had ended by `at`, swept or not: a passed deadline is an ending of itself."""
        if self.until is None or at < self.until:
            return None
        if self.ended is not None:
            return self.ended
        return "removed" if self.stage is Stage.REJECTED else "lapsed"


def fold(
    open_interval: Interval | None, event: CustomerEvent
) -> tuple[Interval | None, list[Interval]]:
    """The open tenure after `event`, and the tenures that it closed or opened."""
    match event:
        case Claimed():
            opened = Interval(
                customer_id=event.originator_id,
                opened_version=event.originator_version,
                holder=event.holder,
                stage=Stage.WAITING,
                claimed_at=event.timestamp,
                since=event.timestamp,
                until=None,
                in_force_since=None,
                ended=None,
                rulebook=event.rulebook,
                grounds=(event.originator_version,),
            )
            return opened, [opened]
        case ReviewPassed() if open_interval is not None:
            return _next_stage(
                open_interval,
                event,
                Stage.POTENTIAL,
                "review-passed",
                until=event.until,
                in_force_since=event.timestamp,
                rulebook=event.rulebook,
            )
        case ReviewRefused() if open_interval is not None:
            return _next_stage(
                open_interval, event, Stage.REJECTED, "review-refused", until=event.removal_due
            )
        case ClaimCorrected() if open_interval is not None:
            return _next_stage(open_interval, event, Stage.WAITING, "corrected", until=None)
        case Released() | Lapsed() | ClaimWithdrawn() | HolderRemoved() if open_interval:
            return None, [_closed(open_interval, event, _ENDINGS[type(event)])]
    return open_interval, []


def _closed(interval: Interval, event: CustomerEvent, ended: Ending) -> Interval:
    return replace(
        interval,
        until=event.timestamp,
        ended=ended,
        grounds=(*interval.grounds, event.originator_version),
    )


def _next_stage(
    interval: Interval,
    event: CustomerEvent,
    stage: Stage,
    ended: Ending,
    *,
    until: datetime | None,
    in_force_since: datetime | None = None,
    rulebook: str | None = None,
) -> tuple[Interval, list[Interval]]:
    """Close the stage at the event and open the next of the same protection."""
    opened = replace(
        interval,
        opened_version=event.originator_version,
        stage=stage,
        since=event.timestamp,
        until=until,
        in_force_since=in_force_since or interval.in_force_since,
        ended=None,
        rulebook=rulebook or interval.rulebook,
        grounds=(*interval.grounds, event.originator_version),
    )
    return opened, [_closed(interval, event, ended), opened]
