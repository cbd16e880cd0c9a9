"""A machine that drives random commands of several members through random instants.

It knows the rules a second time, in the plainest words it can: one record a customer, one
dictionary of bars. After every step the application, the log's as-of answers and the views must say
what it says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from domain.errors import (
    AlreadyProtected,
    Barred,
    Invalid,
    NothingPending,
    NotTheHolder,
    OwnDecision,
    Refused,
    WrongStage,
)
from domain.orders import CONSOLE, Order
from domain.rulebook import default_text
from domain.working_days import end_of_working_day
from projections import customer_search, pool, tenures
from projections.engine import Engine
from tests.application.house import CONTACT, DAY, MICROSECOND, House

SELLERS = ("li", "chen", "wang")
REVIEWERS = ("zhao", "qian")
BAR = 3 * DAY
CUSTOMERS_MAX = 3
HOLDER, GIVER_UP = "the holder", "who gave up last"
actors = st.sampled_from((*SELLERS, HOLDER, HOLDER, GIVER_UP))
"""A seller by name, or by the part in the matter, so that rare rules are met often."""
moments = st.sampled_from(
    [MICROSECOND, timedelta(hours=1), DAY, 3 * DAY, 7 * DAY, 15 * DAY, 31 * DAY]
)


@dataclass
class Believed:
    """What the machine believes of one customer."""

    holder: str | None = None
    stage: str = "pool"
    until: datetime | None = None
    corrections: int = 0
    claimants: set[str] = field(default_factory=set)
    bars: dict[str, datetime] = field(default_factory=dict)
    recorded: int = 1
    refused: int = 0

    def at(self, now: datetime) -> tuple[str, str | None, datetime | None]:
        """State, holder and deadline at an instant."""
        if self.holder is None or (self.until is not None and self.until <= now):
            return "pool", None, None
        return self.stage, self.holder, self.until

    def is_due(self, now: datetime) -> bool:
        return self.holder is not None and self.at(now)[1] is None

    def end(self) -> None:
        self.holder, self.stage, self.until, self.corrections = None, "pool", None, 0


class LifeMachine(RuleBasedStateMachine):
    """Set `house` and `engine` on a subclass."""

    house: House
    engine: Engine
    versions = 0
    customers = Bundle("customers")

    def __init__(self) -> None:
        super().__init__()
        self.believed: dict[UUID, Believed] = {}
        self.days = 30

    @property
    def now(self) -> datetime:
        return self.house.clock.at

    @initialize()
    def begin_with_thirty_days(self) -> None:
        self.adopt(30)

    @initialize(target=customers, member=st.sampled_from(SELLERS))
    def begin_with_a_customer(self, member: str) -> UUID:
        return self.registered(member)

    @precondition(lambda self: len(self.believed) < CUSTOMERS_MAX)
    @rule(target=customers, member=st.sampled_from(SELLERS))
    def register(self, member: str) -> UUID:
        return self.registered(member)

    def registered(self, member: str) -> UUID:
        customer = self.house.register(member)
        self.believed[customer] = Believed()
        return customer

    @rule(moment=moments)
    def let_time_pass(self, moment: timedelta) -> None:
        self.house.clock.at += moment

    @rule(customer=customers, before=st.booleans(), which=st.integers(0, 5))
    def go_to_an_edge(self, customer: UUID, before: bool, which: int) -> None:
        """To a deadline or the end of a bar, or to the microsecond before it."""
        believed = self.believed[customer]
        edges = [edge for edge in (believed.until, *believed.bars.values()) if edge is not None]
        ahead = sorted(edge for edge in edges if edge - MICROSECOND > self.now)
        if ahead:
            edge = ahead[which % len(ahead)]
            self.house.clock.at = edge - MICROSECOND if before else edge

    @rule(customer=customers, before=st.booleans(), which=st.integers(0, 5), actor=actors)
    def claim_at_an_edge(self, customer: UUID, before: bool, which: int, actor: str) -> None:
        """Where lives are decided: at the microsecond at which a right begins or ends."""
        self.go_to_an_edge(customer, before, which)
        self.claim(customer, actor, with_note=True)

    @rule(customer=customers, member=st.sampled_from(SELLERS), releases=st.booleans())
    def go_on(self, customer: UUID, member: str, releases: bool) -> None:
        """The next step of an ordinary life, so that lives get somewhere."""
        state, holder, _ = self.believed[customer].at(self.now)
        match state:
            case "pool":
                self.claim(customer, member, with_note=True)
            case "waiting":
                self.review(customer, REVIEWERS[0], passes=not releases)
            case "rejected" if holder is not None:
                self.claim(customer, holder, with_note=False)
            case _ if holder is not None and releases:
                self.release(customer, holder)

    @rule(days=st.sampled_from([5, 20, 30, 60]))
    def adopt_other_terms(self, days: int) -> None:
        self.adopt(days)

    @rule(customer=customers, actor=actors, with_note=st.booleans())
    def claim(self, customer: UUID, actor: str, with_note: bool) -> None:
        believed, member = self.believed[customer], self.member(customer, actor)
        state, holder, _ = believed.at(self.now)
        expected: type[Exception] | None = None
        if holder is not None and not (holder == member and state == "rejected"):
            expected = AlreadyProtected
        elif holder is not None:
            expected = WrongStage if believed.corrections >= 1 else None
        elif believed.bars.get(member, self.now) > self.now:
            expected = Barred
        elif believed.claimants and not with_note:
            expected = Invalid
        is_correction = holder is not None

        def carry_out() -> Any:
            note = self.house.note() if with_note else None
            return self.house.tenure.claim(
                self.house.order(member), customer, contact=CONTACT, follow_up=note
            )

        if self.expect(customer, expected, carry_out, events=1 + with_note):
            believed.corrections = 1 if is_correction else 0
            believed.holder, believed.stage, believed.until = member, "waiting", None
            believed.claimants.add(member)

    @rule(customer=customers, member=st.sampled_from(REVIEWERS), passes=st.booleans())
    def review(self, customer: UUID, member: str, passes: bool) -> None:
        believed = self.believed[customer]
        expected = None if believed.at(self.now)[0] == "waiting" else NothingPending
        review = self.house.pass_review if passes else self.house.refuse_review
        if self.expect(customer, expected, lambda: review(member, customer)):
            believed.stage = "potential" if passes else "rejected"
            believed.until = (
                self.now + self.days * DAY if passes else end_of_working_day(self.now, 3).at
            )

    @rule(customer=customers, member=st.sampled_from(SELLERS))
    def review_ones_own(self, customer: UUID, member: str) -> None:
        believed = self.believed[customer]
        if believed.at(self.now)[:2] != ("waiting", member):
            return
        roles = ["manager" if member == "wang" else "seller"]
        self.house.tenure.change_member(Order(CONSOLE), member, roles=[*roles, "reviewer"])
        self.expect(customer, OwnDecision, lambda: self.house.pass_review(member, customer))
        self.house.tenure.change_member(Order(CONSOLE), member, roles=roles)

    @rule(customer=customers, actor=actors)
    def follow_up(self, customer: UUID, actor: str) -> None:
        member = self.member(customer, actor)
        expected = None if self.believed[customer].at(self.now)[1] == member else NotTheHolder
        self.expect(
            customer,
            expected,
            lambda: self.house.tenure.follow_up(
                self.house.order(member), customer, follow_up=self.house.note()
            ),
        )

    @rule(customer=customers, actor=actors)
    def release(self, customer: UUID, actor: str) -> None:
        self.give_up(
            customer, self.member(customer, actor), ("potential",), self.house.tenure.release
        )

    @rule(customer=customers, actor=actors)
    def withdraw(self, customer: UUID, actor: str) -> None:
        def withdraw(order: Order, customer_id: UUID, *, reason: str) -> Any:
            return self.house.tenure.withdraw(order, customer_id, what="claim", reason=reason)

        member = self.member(customer, actor)
        self.give_up(customer, member, ("waiting", "rejected"), withdraw)

    def give_up(self, customer: UUID, member: str, stages: tuple[str, ...], command: Any) -> None:
        believed = self.believed[customer]
        state, holder, _ = believed.at(self.now)
        expected: type[Exception] | None = None
        if holder != member:
            expected = NotTheHolder
        elif state not in stages:
            expected = WrongStage
        order = self.house.order(member)
        if self.expect(customer, expected, lambda: command(order, customer, reason="无预算")):
            believed.bars.pop(member, None)
            believed.bars[member] = self.now + BAR
            believed.end()

    @rule()
    def sweep(self) -> None:
        due = [customer for customer, known in self.believed.items() if known.is_due(self.now)]
        assert self.house.tenure.sweep(list(self.believed)) == len(due)
        for customer in due:
            self.believed[customer].recorded += 1
            self.believed[customer].end()

    def member(self, customer: UUID, actor: str) -> str:
        """The seller who has this part in the matter; the first one where nobody has."""
        believed = self.believed[customer]
        parts = {HOLDER: believed.holder, GIVER_UP: next(reversed(believed.bars), None)}
        return parts.get(actor, actor) or SELLERS[0]

    def adopt(self, days: int) -> None:
        type(self).versions += 1
        text = default_text().replace('version = "2026-1"', f'version = "v{self.versions}"')
        text = text.replace("[potential]\ndays = 30", f"[potential]\ndays = {days}")
        self.house.tenure.adopt_rulebook(
            self.house.order("root"), toml=text, effective_from=None, reason="试行"
        )
        self.days = days

    def expect(
        self,
        customer: UUID,
        expected: type[Exception] | None,
        command: Any,
        *,
        events: int = 1,
    ) -> bool:
        """Carry a command out; True where it was to be, and was, allowed."""
        believed = self.believed[customer]
        was_due = believed.is_due(self.now)
        try:
            command()
        except (Refused, Invalid) as error:
            assert type(error) is expected, error  # noqa: PT017 - the rule says which
            believed.refused += isinstance(error, Refused)
            return False
        assert expected is None, expected
        if was_due:
            believed.end()
        believed.recorded += events + was_due
        return True

    @invariant()
    def the_log_says_the_same(self) -> None:
        """At most one holder, the deadline as it was given, nothing recorded but what was done."""
        for customer, believed in self.believed.items():
            state, holder, until = believed.at(self.now)
            answer = self.house.tenure.holder_at(customer)
            assert (answer.holder, answer.stage or "pool") == (holder, state)
            if answer.interval is not None:
                assert answer.interval.until == until
            history = self.house.tenure.history(customer)
            assert len(history.events) == believed.recorded
            holding = [found for found in history.intervals() if found.holds(self.now)]
            assert len(holding) == (holder is not None)

    @invariant()
    def the_views_say_the_same(self) -> None:
        """Card, pool, tenures and history equal the fold of the log, before and after sweeps."""
        while self.engine.step():
            pass
        with self.house.database.transaction() as cursor:
            in_pool = set()
            page = pool.in_pool(cursor, now=self.now, limit=500)
            in_pool = {entry.customer_id for entry in page.items}
            for customer, believed in self.believed.items():
                state, holder, until = believed.at(self.now)
                card, _ = customer_search.card(cursor, customer, now=self.now)
                assert card is not None
                assert (card.state, card.holder, card.until) == (state, holder, until)
                assert (customer in in_pool) == (state == "pool")
                held = tenures.tenures(cursor, now=self.now, customer_id=customer, at=self.now)
                assert [entry.holder for entry in held.items] == ([holder] if holder else [])
                told = tenures.tenures(cursor, now=self.now, customer_id=customer, limit=500)
                folded = self.house.tenure.history(customer).intervals()
                assert [(t.since, t.until, t.stage, t.holder) for t in told.items] == [
                    (i.since, i.until, i.stage, i.holder) for i in folded
                ]

    def teardown(self) -> None:
        for customer, believed in self.believed.items():
            assert len(self.house.refusals(customer)) == believed.refused
