"""A dry run: whom changed rules would have let fall to the pool, and when (design §8).

Every customer's facts are put to the changed rules as in `domain.supposing`. A protection falls
when its deadline, a hold-over included, or the removal of a refused claim ends it; who gives up or
is removed by a manager does not fall. Pure, and in memory bounded by days and members: the
protections themselves go by one at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.customer import RulesOf
from domain.events.customer import CustomerEvent, HolderRemoved, Lapsed, Registered
from domain.protection import Protection
from domain.rulebook_text import Rulebook
from domain.stage import Stage
from domain.supposing import Supposition
from domain.tenures import Ending, ending_by, implied_ending
from domain.working_days import ZONE

Change = Literal["same", "earlier", "later", "spared", "added", "never-begun"]
"""What becomes of a fall. `same`: it stays; `earlier`, `later`: at another instant; `spared`: the
protection falls and would not; `added`: it would fall and does not; `never-begun`: it falls and
would never have been."""
SPAN_DAYS_MAX: Final = 366
IRRELEVANT_TOPICS: Final = (
    "customer.followed_up",
    "customer.contact_added",
    "customer.profile_changed",
    "customer.duplicate_reported",
    "customer.duplicate_linked",
    "customer.duplicate_resolved",
    "customer.likeness_ended",
    "customer.classified",
    "customer.data_restricted",
    "customer.data_restriction_lifted",
    "customer.data_erased",
)
"""Events that move no protection under any rules: a dry run need not read them."""
WITHOUT_EFFECT: Final = (
    "version",
    "profile",
    "claims.held_max",
    "applications.decided_by",
    "follow_up.next_contact_required_stages",
    "follow_up.next_contact_days_max",
    "follow_up.note_characters_max",
    "names.similar",
    "names.phone",
    "contracts.types",
    "contracts.confirmed_by",
    "agenda.no_contact_days",
    "agenda.warning_days",
    "disclosure.deadline_to_strangers",
    "disclosure.details_a_day",
    "disclosure.burst_details_min",
    "disclosure.burst_times",
)
"""Values that a supposition does not put to the facts: they rest on other streams, or move none."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` until `end`, half-open, with filters; None for everybody."""

    start: datetime
    end: datetime
    department: str | None = None
    member: str | None = None


@dataclass(frozen=True, slots=True)
class End:
    """How a protection ended, or will by what is known. is_fall: by its deadline."""

    at: datetime
    ending: Ending
    is_fall: bool
    holder: str | None
    department: str | None
    stage: Stage


@dataclass(frozen=True, slots=True)
class Fall:
    """A protection that falls in the span, under the rules that held or under the others.

    holder, department, stage: of the recorded fall, else of the supposed one. ended and
    would_have_ended: None where no end is known, or there would have been no such protection.
    """

    customer_id: UUID
    holder: str | None
    department: str | None
    stage: Stage
    claimed_at: datetime
    ended: End | None
    would_have_ended: End | None
    change: Change


def falls(
    events: Sequence[CustomerEvent], rules: Rulebook, rules_of: RulesOf, now: datetime, span: Span
) -> list[Fall]:
    """The falls of one customer in the span, in the order in which the claims were made.

    events: of its stream, from the registration on; those of IRRELEVANT_TOPICS may be missing.
    rules_of: the adopted versions. now: what is recorded reaches so far; behind it everything goes
    on as nobody did anything more.
    """
    supposition = Supposition(cast(Registered, events[0]), rules)
    was, would_be = _Protections(), _Protections()
    for event in events[1:]:
        taken = supposition.take(event)
        was.follow((event,), supposition.was.protection)
        would_be.follow((*taken.due, *taken.made), supposition.would_be.protection)
    horizon = max(now, span.end)
    for event in supposition.implied(horizon, rules_of):
        was.follow((event,), event.protection_after(was.held))
    would_be.follow(supposition.reach(horizon), supposition.would_be.protection)
    found = [
        _fall(events[0].originator_id, claimed_at, was, would_be, span)
        for claimed_at in sorted(was.begun | would_be.begun)
    ]
    return [fall for fall in found if fall is not None]


class _Protections:
    """The protections of one customer, each known by the instant of its claim, and their ends."""

    def __init__(self) -> None:
        self.begun: set[datetime] = set()
        self._ends: dict[datetime, End] = {}
        self.held: Protection | None = None

    def follow(self, made: Sequence[CustomerEvent], leads_to: Protection | None) -> None:
        """The next events. leads_to: the protection after the last of them, which is known: to
        compute it again would take a quarter of the time of a dry run."""
        for event in made[:-1]:
            self._move(event, event.protection_after(self.held))
        for event in made[-1:]:
            self._move(event, leads_to)

    def _move(self, event: CustomerEvent, after: Protection | None) -> None:
        before = self.held
        if after is before:
            return
        self.held = after
        if after is not None:
            self.begun.add(after.claimed_at)
        if before is not None and (after is None or after.claimed_at != before.claimed_at):
            self._ends[before.claimed_at] = _end(before, event)

    def end(self, claimed_at: datetime) -> End | None:
        """How the protection ended, or will; None where that is not known."""
        held = self.held
        if held is None or held.claimed_at != claimed_at:
            return self._ends.get(claimed_at)
        if held.ends_at is None:
            return None
        ending = implied_ending(held)
        is_fall = ending in ("lapsed", "undecided", "removed")
        return End(held.ends_at, ending, is_fall, held.holder, held.department, held.stage)


def _end(before: Protection, event: CustomerEvent) -> End:
    match event:
        case Lapsed():
            is_fall = True
        case HolderRemoved(cause=cause):
            is_fall = cause == "review-refused"
        case _:
            is_fall = False
    return End(
        event.timestamp, ending_by(event), is_fall, before.holder, before.department, before.stage
    )


def _fall(
    customer_id: UUID, claimed_at: datetime, was: _Protections, would_be: _Protections, span: Span
) -> Fall | None:
    """None where it falls under neither rules in the span, or it is nobody's who is asked about."""
    ended, would_have = was.end(claimed_at), would_be.end(claimed_at)
    fell = ended if _is_in(ended, span) else None
    would_fall = would_have if _is_in(would_have, span) else None
    told = fell or would_fall
    if told is None:
        return None
    return Fall(
        customer_id,
        told.holder,
        told.department,
        told.stage,
        claimed_at,
        ended,
        would_have,
        _change(ended, would_have, would_have_begun=claimed_at in would_be.begun),
    )


def _is_in(end: End | None, span: Span) -> bool:
    return (
        end is not None
        and end.is_fall
        and span.start <= end.at < span.end
        and span.department in (None, end.department)
        and span.member in (None, end.holder)
    )


def _change(ended: End | None, would_have: End | None, *, would_have_begun: bool) -> Change:
    falls_now = ended is not None and ended.is_fall
    would_fall = would_have is not None and would_have.is_fall
    if ended is not None and would_have is not None and falls_now and would_fall:
        if ended.at == would_have.at:
            return "same"
        return "earlier" if would_have.at < ended.at else "later"
    if would_fall:
        return "added"
    return "spared" if would_have_begun else "never-begun"


@dataclass(slots=True)
class Tally:
    """Counts over all customers that were looked at. Of falls in the span: those that are recorded
    or known to come, and those that would have been. customers_fell, customers_would_have_fallen:
    each customer counted once, however often it falls."""

    span: Span
    customers: int = 0
    customers_fell: int = 0
    customers_would_have_fallen: int = 0
    fell: int = 0
    would_have_fallen: int = 0
    changes: Counter[Change] = field(default_factory=Counter)
    days: dict[date, list[int]] = field(default_factory=dict)
    holders: dict[tuple[str | None, str | None], list[int]] = field(default_factory=dict)

    def count(self, found: Sequence[Fall]) -> None:
        """One more customer, and its falls."""
        self.customers += 1
        self.customers_fell += any(_is_in(fall.ended, self.span) for fall in found)
        self.customers_would_have_fallen += any(
            _is_in(fall.would_have_ended, self.span) for fall in found
        )
        for fall in found:
            self.changes[fall.change] += 1
            for place, end in enumerate((fall.ended, fall.would_have_ended)):
                if end is not None and _is_in(end, self.span):
                    self.fell += place == 0
                    self.would_have_fallen += place == 1
                    self.days.setdefault(_day(end.at), [0, 0])[place] += 1
                    self.holders.setdefault((end.department, end.holder), [0, 0])[place] += 1

    def departments(self) -> dict[str | None, list[int]]:
        """The falls of each department."""
        told: dict[str | None, list[int]] = {}
        for (department, _), counts in self.holders.items():
            sums = told.setdefault(department, [0, 0])
            for place, count in enumerate(counts):
                sums[place] += count
        return told


def _day(at: datetime) -> date:
    """In Asia/Shanghai."""
    return at.astimezone(ZoneInfo(ZONE)).date()


def reach_days(rules: Rulebook) -> int:
    """How many days a fact may lie before the end that it leads to, at most, by these rules.

    Working days of a hold-over or a removal stretch over the longest holidays.
    """
    stages = (rules.potential, rules.intent)
    terms = sum(terms.days + terms.extensions * terms.extension_days_max for terms in stages)
    working_days = rules.hold_over.working_days + rules.claims.removal_working_days
    return terms + rules.claims.review_due_days + 3 * working_days + 15


def asked_about(span: Span, rules: Rulebook) -> tuple[datetime, datetime]:
    """The time in which a customer must have been held for anything of it to fall in the span."""
    try:
        return span.start - timedelta(days=reach_days(rules)), span.end
    except OverflowError:
        return datetime.min.replace(tzinfo=span.start.tzinfo), span.end
