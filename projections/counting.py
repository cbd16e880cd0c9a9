"""What each event counts as: under which figure, for whom, in which department, after what wait.

The row of an event also says in whose hands the customer is after it. So the last row of a customer
is all that the next event needs, and no row is ever written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from domain.events import (
    ApplicationWithdrawn,
    ClaimCorrected,
    Claimed,
    ClaimWithdrawn,
    ContractConfirmed,
    ContractDrawn,
    ContractSigned,
    ContractVoided,
    DisputeMoved,
    DuplicateAbsorbed,
    ExtensionGranted,
    ExtensionRefused,
    ExtensionRequested,
    HolderRemoved,
    IntentGranted,
    IntentRefused,
    IntentRequested,
    Lapsed,
    Merged,
    MovedToAfterSales,
    ProfileChanged,
    Registered,
    Released,
    Restored,
    ReviewPassed,
    ReviewRefused,
    Stage,
    Transferred,
)
from domain.protection import Protection
from projections.view import LogEntry

_OFFSET: Final = timedelta(hours=8)
"""Of Asia/Shanghai, which has known no summer time since 1991."""
FORMAL: Final = "formal"
"""The rule of a confirmation that made the customer formal."""


class Hands(NamedTuple):
    """Where a customer stands: who holds it, in which department, since when a review or an
    application waits, and the deadline that was given."""

    holder: str | None = None
    department: str | None = None
    waiting_since: datetime | None = None
    until: datetime | None = None


NOBODYS: Final = Hands()


class CountedEvent(msgspec.Struct, kw_only=True, gc=False):
    """One event under its figure, a row of `statistics_events`.

    day: in Asia/Shanghai. member, department: for whom it counts, in which department he held the
    customer, or was. version: in the customer's stream; None for events of other streams. rule: of
    a refusal; why a protection ended; what was taken back. waited_seconds: from the claim or the
    application to what was decided. due_at: when a drawn contract expires, an application's
    hold-over ends, or the protection ended that a refused claim met. others: records that this one
    resembled, or became one with. held, held_max: of a quota. The rest: `Hands` after the event.
    """

    position: int
    at: datetime
    day: date
    figure: str
    member: str | None
    department: str | None
    actor: str
    customer_id: UUID | None
    version: int | None = None
    rule: str | None = None
    waited_seconds: float | None = None
    due_at: datetime | None = None
    number: str | None = None
    others: list[UUID] | None = None
    held: int | None = None
    held_max: int | None = None
    holder: str | None = None
    holder_department: str | None = None
    waiting_since: datetime | None = None
    until: datetime | None = None


class Count(NamedTuple):
    """What an event counts as, and the hands that it leads to. facts: columns of its own."""

    figure: str
    member: str | None
    after: Hands
    facts: Mapping[str, Any] = {}


def local_day(at: datetime) -> date:
    """The calendar day in Asia/Shanghai."""
    return (at + _OFFSET - (at.utcoffset() or timedelta())).date()


def counted(entry: LogEntry, before: Hands) -> tuple[CountedEvent, Hands] | None:
    """The row of an event of a customer's stream; None where it counts as nothing."""
    event = entry.event
    count = COUNTS[type(event)](event, before)
    if count is None:
        return None
    facts = dict(count.facts)
    after = count.after
    row = CountedEvent(
        position=entry.position,
        at=event.timestamp,
        day=local_day(event.timestamp),
        figure=count.figure,
        member=count.member,
        department=facts.pop("department", before.department),
        actor=event.actor,
        customer_id=event.originator_id,
        version=event.originator_version,
        holder=after.holder,
        holder_department=after.department,
        waiting_since=after.waiting_since,
        until=after.until,
        **facts,
    )
    return row, after


def _claimed(event: Claimed, _: Hands) -> Count:
    after = Hands(event.holder, event.department, event.timestamp)
    return Count("claims", event.holder, after, {"department": event.department})


def _corrected(event: ClaimCorrected, before: Hands) -> Count:
    after = before._replace(waiting_since=event.timestamp, until=None)
    return Count("corrections", event.holder, after)


def _ended(figure: str) -> Callable[[Any, Hands], Count]:
    def count(event: Any, _: Hands) -> Count:
        cause = getattr(event, "cause", None)
        due_at = event.deadline if isinstance(event, Lapsed) else None
        return Count(figure, event.holder, NOBODYS, {"rule": cause, "due_at": due_at})

    return count


def _reviewed(figure: str, until: str) -> Callable[[Any, Hands], Count]:
    def count(event: Any, before: Hands) -> Count:
        after = before._replace(waiting_since=None, until=getattr(event, until))
        return Count(figure, event.holder, after, _waited(event, before))

    return count


def _asked(figure: str) -> Callable[[Any, Hands], Count]:
    def count(event: Any, before: Hands) -> Count:
        after = before._replace(waiting_since=event.timestamp)
        return Count(figure, event.holder, after, {"due_at": event.held_over_until})

    return count


def _granted(figure: str) -> Callable[[Any, Hands], Count]:
    def count(event: Any, before: Hands) -> Count:
        after = before._replace(waiting_since=None, until=event.until)
        return Count(figure, event.holder, after, _waited(event, before))

    return count


def _came_to_nothing(figure: str) -> Callable[[Any, Hands], Count]:
    def count(event: Any, before: Hands) -> Count:
        facts = {**_waited(event, before), "rule": getattr(event, "kind", None)}
        return Count(figure, event.holder, before._replace(waiting_since=None), facts)

    return count


def _transferred(event: Transferred, before: Hands) -> Count:
    after = before._replace(holder=event.to, department=event.department)
    return Count("transfers", event.holder, after)


def _moved(event: MovedToAfterSales, before: Hands) -> Count:
    after = before._replace(holder=event.to, department=event.department)
    return Count("moves_to_after_sales", event.holder, after)


def _awarded(figure: str) -> Callable[[Any, Hands], Count]:
    def count(event: Any, _: Hands) -> Count:
        waiting_since = event.timestamp if event.stage is Stage.WAITING else None
        after = Hands(event.to, event.department, waiting_since, event.until)
        return Count(figure, event.to, after, {"department": event.department})

    return count


def _drawn(event: ContractDrawn, before: Hands) -> Count:
    facts = {"number": event.number, "due_at": event.expires_at}
    return Count("contracts_drawn", event.holder, before, facts)


def _signed(event: ContractSigned, before: Hands) -> Count:
    return Count("contracts_signed", event.holder, before, {"number": event.number})


def _confirmed(event: ContractConfirmed, before: Hands) -> Count:
    """What was formal already stays in its hands."""
    becomes_formal = event.group is not None
    facts = {"number": event.number, "rule": FORMAL if becomes_formal else None}
    after = NOBODYS if becomes_formal else before
    return Count("contracts_confirmed", event.holder, after, facts)


def _voided(event: ContractVoided, before: Hands) -> Count:
    return Count("contracts_voided", before.holder, before, {"number": event.number})


def _merged(event: Merged, _: Hands) -> Count:
    return Count("merges", event.holder, NOBODYS, {"others": [event.into]})


def _absorbed(event: DuplicateAbsorbed, before: Hands) -> Count:
    after = hands_of(event.protection)
    return Count("absorptions", before.holder, after, {"others": [event.absorbed]})


def _overridden(event: Registered | ProfileChanged, before: Hands) -> Count | None:
    """Only where somebody said in writing that it is another company (A-11)."""
    if event.override_reason is None:
        return None
    others = [likeness.customer_id for likeness in event.collision]
    after = NOBODYS if isinstance(event, Registered) else before
    return Count("overrides", event.actor, after, {"others": others, "department": None})


def hands_of(held: Protection | None) -> Hands:
    """Whose it is by a protection that an event tells whole."""
    if held is None:
        return NOBODYS
    waiting_since = held.since if held.stage is Stage.WAITING else None
    if held.application is not None:
        waiting_since = held.application.asked_at
    return Hands(held.holder, held.department, waiting_since, held.until)


def _waited(event: Any, before: Hands) -> dict[str, Any]:
    since = before.waiting_since
    return {"waited_seconds": since and (event.timestamp - since).total_seconds()}


COUNTS: Final[Mapping[type, Callable[[Any, Hands], Count | None]]] = {
    Registered: _overridden,
    ProfileChanged: _overridden,
    Claimed: _claimed,
    ClaimCorrected: _corrected,
    ClaimWithdrawn: _ended("withdrawals"),
    ReviewPassed: _reviewed("reviews_passed", "until"),
    ReviewRefused: _reviewed("reviews_refused", "removal_due"),
    IntentRequested: _asked("intents_requested"),
    IntentGranted: _granted("intents_granted"),
    IntentRefused: _came_to_nothing("intents_refused"),
    ExtensionRequested: _asked("extensions_requested"),
    ExtensionGranted: _granted("extensions_granted"),
    ExtensionRefused: _came_to_nothing("extensions_refused"),
    ApplicationWithdrawn: _came_to_nothing("applications_withdrawn"),
    Released: _ended("releases"),
    Lapsed: _ended("lapses"),
    HolderRemoved: _ended("removals"),
    Transferred: _transferred,
    MovedToAfterSales: _moved,
    ContractDrawn: _drawn,
    ContractSigned: _signed,
    ContractConfirmed: _confirmed,
    ContractVoided: _voided,
    Merged: _merged,
    DuplicateAbsorbed: _absorbed,
    DisputeMoved: _awarded("dispute_moves"),
    Restored: _awarded("restorations"),
}
BEGINS_ANEW: Final = frozenset((Claimed, Registered))
"""Events for which nothing before them matters."""
