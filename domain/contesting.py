"""What a customer's own events say of a contested tenure, and of one that was lost (design §8).

A decision on a dispute looks back behind the state: it folds the stream as the as-of answers do,
so that the case and the replay cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.events.customer import CustomerEvent
from domain.events.disputes import Contested
from domain.protection import Protection
from domain.tenures import Ending, Interval, led_to

GOES_ON: Final[frozenset[Ending]] = frozenset(
    ("review-passed", "review-refused", "corrected", "intent-granted", "contract-confirmed")
)
"""Endings of a tenure after which the same protection goes on in another stage."""


@dataclass(frozen=True, slots=True)
class PastTenure:
    """A tenure, and the protection as it stood in the end."""

    interval: Interval
    protection: Protection


def tenures_of(events: Iterable[CustomerEvent]) -> list[PastTenure]:
    """Every tenure of a customer in order. events: its whole stream, the ends that are due too."""
    intervals: dict[int, Interval] = {}
    protections: dict[int, Protection] = {}
    current: Interval | None = None
    for event in events:
        before = current.protection if current is not None else None
        current, changed = led_to(current, event, event.protection_after(before))
        intervals.update({interval.opened_version: interval for interval in changed})
        if current is not None and current.protection is not None:
            protections[current.opened_version] = current.protection
    return [PastTenure(interval, protections[version]) for version, interval in intervals.items()]


def contested(tenures: Sequence[PastTenure], at: datetime) -> tuple[Contested | None, bool]:
    """The tenure that held at `at`, or else the one that had ended last, and whether it held."""
    intervals = [tenure.interval for tenure in reversed(tenures)]
    held = next((found for found in intervals if found.holds(at)), None)
    told = held or next((found for found in intervals if found.since <= at), None)
    if told is None:
        return None, False
    case = Contested(
        holder=told.holder,
        group=told.group,
        stage=told.stage,
        claimed_at=told.claimed_at,
        since=told.since,
        until=told.until,
        ended=told.ended,
        rulebook=told.rulebook,
        opened_version=told.opened_version,
        grounds=told.grounds,
    )
    return case, held is not None


def lost_by(tenures: Sequence[PastTenure], member: str) -> PastTenure | None:
    """The last tenure that `member` lost; None where he lost none."""
    following: Sequence[PastTenure | None] = (*tenures[1:], None)
    return next(
        (
            found
            for found, after in reversed(list(zip(tenures, following, strict=True)))
            if found.interval.holder == member and _is_lost(found.interval, after)
        ),
        None,
    )


def _is_lost(tenure: Interval, after: PastTenure | None) -> bool:
    """Its holder has the protection no more, nor the one that a ruling gave him back for it."""
    if tenure.ended is None or tenure.ended in GOES_ON:
        return False
    is_his = after is not None and after.interval.holder == tenure.holder
    return not (tenure.ended == "restored" and is_his)
