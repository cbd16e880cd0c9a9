"""Tenures: who held a customer, in which stage, from when until when, and how it ended.

One pure fold over a customer's own events, used by the as-of answers and by the ownership view,
so both say the same. What each event makes of a protection is the event's own rule
(`CustomerEvent.protection_after`); here that becomes intervals. A tenure that ends by itself, at
a deadline or with its holder's leaving, says so in `until`: a reader compares that with its
instant and needs no sweep (design §3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from domain.events import (
    ClaimCorrected,
    Claimed,
    ClaimWithdrawn,
    ContractConfirmed,
    CustomerEvent,
    DisputeMoved,
    DuplicateAbsorbed,
    HolderRemoved,
    IntentGranted,
    Lapsed,
    Merged,
    MovedToAfterSales,
    Released,
    Restored,
    ReviewPassed,
    ReviewRefused,
    Stage,
    Transferred,
)
from domain.protection import Leaving, Protection

Ending = Literal[
    "lapsed",
    "undecided",
    "released",
    "withdrawn",
    "removed",
    "left",
    "review-passed",
    "review-refused",
    "corrected",
    "intent-granted",
    "contract-confirmed",
    "transferred",
    "moved",
    "merged",
    "dispute-moved",
    "restored",
]
_ENDINGS: Final[Mapping[type[CustomerEvent], Ending]] = {
    Lapsed: "lapsed",
    Released: "released",
    ClaimWithdrawn: "withdrawn",
    HolderRemoved: "removed",
    ReviewPassed: "review-passed",
    ReviewRefused: "review-refused",
    ClaimCorrected: "corrected",
    IntentGranted: "intent-granted",
    ContractConfirmed: "contract-confirmed",
    Transferred: "transferred",
    MovedToAfterSales: "moved",
    Merged: "merged",
    DuplicateAbsorbed: "merged",
    DisputeMoved: "dispute-moved",
    Restored: "restored",
}
AWARDS: Final = (DisputeMoved, Restored)
"""Facts that end a protection, where there is one, and begin another (design §8)."""
PROTECTION_ENDS: Final = frozenset((Released, Lapsed, ClaimWithdrawn, HolderRemoved, Merged))
"""Facts after which nobody holds the customer."""


@dataclass(frozen=True, slots=True)
class Interval:
    """One holder in one stage, half-open [since, until).

    opened_version: stream version of the event that opened it. holder: None while `group` holds it.
    until: its end, or the instant at which it ends by itself, or None while neither is known.
    ended: how, once an event says so. in_force_since: when the review of this protection passed.
    rulebook: version that granted it. grounds: stream versions of the events that granted it,
    moved its end, and ended it. protection: as it stands; None once an event ended the interval.
    arranged_version: of the event that arranged for the holder's leaving; None: nothing is.
    """

    customer_id: UUID
    opened_version: int
    holder: str | None
    group: str | None
    department: str | None
    stage: Stage
    claimed_at: datetime
    since: datetime
    until: datetime | None
    in_force_since: datetime | None
    ended: Ending | None
    rulebook: str
    grounds: tuple[int, ...]
    protection: Protection | None
    arranged_version: int | None

    def holds(self, at: datetime) -> bool:
        """True where `at` lies in [since, until)."""
        return self.since <= at and (self.until is None or at < self.until)

    def ending_at(self, at: datetime) -> Ending | None:
        """How it had ended by `at`, swept or not: what a recorded fact implies is an ending."""
        if self.until is None or at < self.until:
            return None
        if self.ended is not None or self.protection is None:
            return self.ended
        return implied_ending(self.protection)


def is_moving(kind: type[CustomerEvent]) -> bool:
    """True for the facts that may lead to another protection than there was."""
    return kind.protection_after is not CustomerEvent.protection_after


def ending_by(event: CustomerEvent) -> Ending:
    """How the tenure ended that `event` ended."""
    match event:
        case Lapsed(cause="undecided"):
            return "undecided"
        case HolderRemoved(cause="left"):
            return "left"
    return _ENDINGS.get(type(event), "lapsed")


def passing(protection: Protection) -> Leaving | None:
    """The holder's leaving, where it puts the protection into other hands: those of the successor,
    or of after-sales for a formal customer (S1-284, A-31)."""
    leaving = protection.leaving
    if leaving is None or (leaving.to is None and protection.stage is not Stage.FORMAL):
        return None
    deadline = protection.deadline
    return leaving if deadline is None or leaving.at < deadline else None


def changes_at(protection: Protection) -> datetime | None:
    """The instant from which its present holder has it no more, by what is known: an end, or the
    handing over. None: neither is known."""
    passes = passing(protection)
    return protection.ends_at if passes is None else passes.at


def implied_ending(protection: Protection) -> Ending:
    """How the present holder's tenure ends by itself at `changes_at`."""
    if passing(protection) is not None:
        return "moved" if protection.stage is Stage.FORMAL else "transferred"
    deadline, leaving = protection.deadline, protection.leaving
    if leaving is not None and (deadline is None or leaving.at < deadline):
        return "left"
    if protection.stage is Stage.REJECTED:
        return "removed"
    return "undecided" if protection.held_over_by is not None else "lapsed"


def successor(interval: Interval) -> Interval | None:
    """The tenure that follows by itself when the holder leaves and somebody is to take over, before
    an event says so (S1-284); None where nobody will."""
    held = interval.protection
    if held is None or interval.until is None or interval.arranged_version is None:
        return None
    passes = passing(held)
    if passes is None:
        return None
    passed_on = held.handed_over(passes.to, passes.department)
    return _opened(
        interval.customer_id,
        interval.arranged_version,
        passed_on,
        since=interval.until,
        grounds=(interval.arranged_version,),
        arranged_version=None,
    )


def fold(
    open_interval: Interval | None, event: CustomerEvent
) -> tuple[Interval | None, list[Interval]]:
    """The open tenure after `event`, and the tenures that it closed, moved or opened."""
    before = open_interval.protection if open_interval is not None else None
    return led_to(open_interval, event, event.protection_after(before))


def led_to(
    open_interval: Interval | None, event: CustomerEvent, after: Protection | None
) -> tuple[Interval | None, list[Interval]]:
    """What `fold` tells, for one who knows already which protection the event leads to."""
    before = open_interval.protection if open_interval is not None else None
    if open_interval is not None and before is not None:
        if after is before:
            return open_interval, []
        if after is not None and _is_same_tenure(before, after, event):
            moved = _moved(open_interval, before, after, event)
            return moved, [] if moved is open_interval else [moved]
    changed = []
    if open_interval is not None:
        changed.append(_closed(open_interval, event))
    opened = None
    if after is not None:
        opened = _next(open_interval, before, after, event)
        changed.append(opened)
    return opened, changed


def _is_same_tenure(before: Protection, after: Protection, event: CustomerEvent) -> bool:
    """One tenure is one holder in one stage of one protection; two are never one (A-11)."""
    if isinstance(event, (Claimed, *AWARDS)) or (
        isinstance(event, DuplicateAbsorbed) and event.moved
    ):
        return False
    return (before.holder, before.group, before.stage, before.claimed_at) == (
        after.holder,
        after.group,
        after.stage,
        after.claimed_at,
    )


def _moved(
    interval: Interval, before: Protection, after: Protection, event: CustomerEvent
) -> Interval:
    """The same tenure; an event that bears on how it ends is one of its grounds."""
    if before == after:
        return interval
    grounds = interval.grounds
    if _what_ends(before) != _what_ends(after):
        grounds = (*grounds, event.originator_version)
    return replace(
        interval,
        until=_until(after, interval.since),
        rulebook=after.rulebook,
        grounds=grounds,
        protection=after,
        arranged_version=_arranged_version(interval, before, after, event),
    )


def _what_ends(protection: Protection) -> tuple[object, ...]:
    """What decides when it ends."""
    return (
        protection.until,
        protection.application,
        protection.signatures,
        protection.held_over_until,
        protection.leaving,
    )


def _next(
    interval: Interval | None, before: Protection | None, after: Protection, event: CustomerEvent
) -> Interval:
    """The tenure that the event opens; one of the same protection keeps its grounds."""
    version = event.originator_version
    goes_on = interval is not None and before is not None and after.claimed_at == before.claimed_at
    if isinstance(event, DuplicateAbsorbed) or not goes_on:
        earlier: tuple[int, ...] = ()
    else:
        earlier = interval.grounds if interval is not None else ()
    return _opened(
        event.originator_id,
        version,
        after,
        since=event.timestamp,
        grounds=(*earlier, version),
        arranged_version=_arranged_version(interval, before, after, event),
    )


def _opened(
    customer_id: UUID,
    version: int,
    protection: Protection,
    *,
    since: datetime,
    grounds: tuple[int, ...],
    arranged_version: int | None,
) -> Interval:
    return Interval(
        customer_id=customer_id,
        opened_version=version,
        holder=protection.holder,
        group=protection.group,
        department=protection.department,
        stage=protection.stage,
        claimed_at=protection.claimed_at,
        since=since,
        until=_until(protection, since),
        in_force_since=protection.in_force_since,
        ended=None,
        rulebook=protection.rulebook,
        grounds=grounds,
        protection=protection,
        arranged_version=arranged_version,
    )


def _closed(interval: Interval, event: CustomerEvent) -> Interval:
    return replace(
        interval,
        until=max(interval.since, event.timestamp),
        ended=ending_by(event),
        grounds=(*interval.grounds, event.originator_version),
        protection=None,
        arranged_version=None,
    )


def _until(protection: Protection, since: datetime) -> datetime | None:
    """When the tenure ends by itself, which is never before it began: a refusal may bring back a
    deadline that passed in another holder's time, until the event after it ends the protection."""
    at = changes_at(protection)
    return at if at is None else max(since, at)


def _arranged_version(
    interval: Interval | None, before: Protection | None, after: Protection, event: CustomerEvent
) -> int | None:
    """The version of the event that arranged for the leaving which now stands."""
    if after.leaving is None:
        return None
    if interval is not None and before is not None and before.leaving == after.leaving:
        return interval.arranged_version
    return event.originator_version
