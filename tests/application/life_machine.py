"""A machine that drives random commands of several members through random instants.

It knows the rules a second time (`believed`). After every command the answer, and after every step
the log's as-of answers and the views, must say what it believes (`agreement`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import MultipleResults, initialize, multiple, precondition, rule

from domain.errors import DuplicateName, EarlierClaim, NothingPending, OwnDecision, Refused
from domain.orders import ContactInput
from tests.application.agreement import (
    AFTER_SALES,
    HOLDER,
    MANAGER,
    PRE_SALES,
    actors,
    customers,
    holders,
    managers,
    reviewers,
)
from tests.application.believed import Believed, Verdict, is_taken
from tests.application.believed_parts import STEPS, Hold, Terms
from tests.application.dealings import CONFIRMERS, Dealings
from tests.application.house import DAY, MICROSECOND, MONDAY
from tests.application.other_hands import OtherHands

SELLERS, MANAGERS, REVIEWERS = ("li", "chen", "lin"), ("wang", "ma"), ("zhao", "qian", "lin")
CUSTOMERS_MAX = 3
places = st.sampled_from(SELLERS)
ASKED = "what was asked for"
forks = st.integers(0, 15)
kinds = st.sampled_from(("intent", "extension"))
days = st.sampled_from((None, 1, 10, 15, 16, 31))
moments = st.sampled_from(
    [MICROSECOND, timedelta(hours=1), DAY, DAY, 3 * DAY, 3 * DAY, 7 * DAY, 15 * DAY, 31 * DAY]
)
TERMS = (
    Terms(),
    Terms(potential_days=5, intent_days=20, hold_over_days=1, drawn_days=3),
    Terms(potential_days=60, intent_days=30, hold_over_days=0),
    Terms(bar_after=("release", "withdrawal", "lapse", "removal"), hold_over_days=5),
    Terms(for_all=True, contract_stages=("potential", "intent", "formal")),
)


class LifeMachine(Dealings, OtherHands):
    """Set `house` and `engine` on a subclass."""

    versions: ClassVar = count(1)
    lives: ClassVar = count(1)

    # Beginnings.

    @initialize(target=customers, steps=st.integers(0, 9), others=st.integers(0, 9))
    def begin_with_two_customers(self, steps: int, others: int) -> MultipleResults[UUID]:
        """On a Monday, so that a life that failed fails again; some are well on their way."""
        weeks = (self.now - MONDAY) // (7 * DAY) + 1
        self.move_to(MONDAY + weeks * 7 * DAY)
        self.life = next(self.lives)
        self.alike, self.same_phone = [], set()
        self.adopt(Terms())
        return multiple(*(self.registered(SELLERS[n], (steps, others)[n], True) for n in (0, 1)))

    @precondition(lambda self: len(self.believed) < CUSTOMERS_MAX)
    @rule(
        target=customers,
        steps=st.integers(0, 9),
        place=places,
        is_alike=st.booleans(),
    )
    def register(self, steps: int, place: str, is_alike: bool) -> UUID:
        return self.registered(place, steps, is_alike)

    def registered(self, place: str, steps: int, is_alike: bool) -> UUID:
        """Those alike have one phone, and a written reason why they are different companies."""
        told = {"phone": self.phone, "override_reason": "两家不同的公司"} if is_alike else {}
        customer = self.house.register(self.person(place), **told)
        self.believed[customer] = Believed()
        if is_alike:
            self.alike.append(customer)
            self.same_phone.add(customer)
        self.live_on_as_most_do(customer, place, steps)
        return customer

    @property
    def phone(self) -> str:
        return f"0510-{80000000 + self.life}"

    @precondition(lambda self: self.alike)
    @rule(place=places)
    def register_without_a_reason(self, place: str) -> None:
        """Who is refused has a part in the record that was in the way."""
        member = self.person(place)
        in_the_way = self.alike[0]
        self.attempt(
            member,
            DuplicateName,
            lambda _: self.house.register(member, phone=self.phone),
            roles=PRE_SALES,
            about=in_the_way,
        )
        self.believed[self.alike[0]].sought.add(member)

    # Time and terms.

    @rule(moment=moments)
    def let_time_pass(self, moment: timedelta) -> None:
        self.move_to(self.now + moment)

    @rule(customer=customers, before=st.booleans(), which=st.integers(0, 5))
    def go_to_an_edge(self, customer: UUID, before: bool, which: int) -> None:
        """To the instant at which a right begins or ends, or to the microsecond before it."""
        ahead = sorted(edge for edge in self.edges(customer) if edge - MICROSECOND > self.now)
        if ahead:
            edge = ahead[which % len(ahead)]
            self.move_to(edge - MICROSECOND if before else edge)

    def edges(self, customer: UUID) -> list[datetime]:
        believed = self.believed[customer]
        hold = believed.hold
        edges = [*believed.bars.values(), *(paper.expires_at for paper in believed.papers.values())]
        if hold is not None:
            leaves_at = hold.leaving[0] if hold.leaving else None
            edges += [edge for edge in (hold.until, hold.ends_at, leaves_at) if edge is not None]
        return edges

    @rule(customer=customers, before=st.booleans(), which=st.integers(0, 5), actor=actors)
    def claim_at_an_edge(self, customer: UUID, before: bool, which: int, actor: str) -> None:
        """Where lives are decided: at the microsecond at which a right begins or ends."""
        self.go_to_an_edge(customer, before, which)
        self.claim(customer, actor, with_note=True)

    @rule(customer=customers, before=st.booleans(), which=st.integers(0, 5), fork=forks)
    def go_on_at_an_edge(self, customer: UUID, before: bool, which: int, fork: int) -> None:
        self.go_to_an_edge(customer, before, which)
        self.go_on(customer, SELLERS[0], fork)

    @rule(customer=customers, kind=kinds, actor=managers, grants=st.booleans(), days=days)
    def decide_when_held_over(
        self, customer: UUID, kind: str, actor: str, grants: bool, days: int | None
    ) -> None:
        """An application in time, decided after the deadline that it was made before."""
        hold = self.believed[customer].hold
        if hold is not None and hold.until is not None:
            self.ask(customer, HOLDER, kind, None)
            self.move_to(max(self.now, hold.until))
            self.decide(customer, actor, kind, grants, days)

    @rule(customer=customers, times=st.integers(1, 3), days=days)
    def extend(self, customer: UUID, times: int, days: int | None) -> None:
        """Again and again, until no extension is left."""
        for _ in range(times):
            self.ask(customer, HOLDER, "extension", days)
            manager = self.decider(customer, MANAGERS)
            self.decide(customer, manager, "extension", grants=True, days=None)

    @rule(
        customer=customers,
        other=customers,
        actor=managers,
        links=st.booleans(),
        seeks=st.booleans(),
        which=st.integers(0, 5),
    )
    def decide_after_seeking_it(
        self, customer: UUID, other: UUID, actor: str, links: bool, seeks: bool, which: int
    ) -> None:
        """Whoever sought it, or what may be the same company, decides nothing about it."""
        if links:
            self.report(customer, other, "li")
        if seeks:
            self.claim(other, actor, with_note=True)
        hold = self.believed[customer].hold
        number = self.a_number(customer, which)
        ways: list[Callable[[], None]] = [
            partial(self.decide, customer, actor, ASKED, True, None),
            partial(self.confirm, customer, actor, number),
            partial(self.void, customer, actor, which),
            partial(self.transfer, customer, actor, "chen"),
            partial(self.remove_holder, customer, actor),
            partial(self.leave, customer, HOLDER, actor, DAY, "chen", "all"),
        ]
        is_asked = hold is not None and hold.asked is not None
        ways[0 if is_asked and which % 2 else which]()

    @rule(terms=st.sampled_from(TERMS))
    def adopt(self, terms: Terms) -> None:
        version = f"v{next(self.versions)}"
        self.house.tenure.adopt_rulebook(
            self.house.order("root"), toml=terms.text(version), effective_from=None, reason="试行"
        )
        self.terms, self.rulebook = terms, self.house.tenure.rulebooks()

    @rule()
    def sweep(self) -> None:
        due = [customer for customer, believed in self.believed.items() if believed.owed]
        assert self.house.tenure.sweep(list(self.believed)) == len(due)
        for customer in due:
            self.record(customer, 0)

    # An ordinary life.

    @rule(customer=customers, place=places, forks=st.lists(forks, min_size=1, max_size=4))
    def live_on(self, customer: UUID, place: str, forks: list[int]) -> None:
        for fork in forks:
            self.go_on(customer, place, fork)

    @rule(customer=customers, place=places, steps=st.integers(2, 6))
    def live_on_as_most_do(self, customer: UUID, place: str, steps: int) -> None:
        for _ in range(steps):
            self.go_on(customer, place, fork=0)

    def go_on(self, customer: UUID, place: str, fork: int) -> None:
        """The next step, so that lives get somewhere. fork: which, where there are several."""
        hold = self.believed[customer].hold
        if hold is None:
            self.claim(customer, place, with_note=True)
            return
        ways = self.ways_on(customer, hold)
        if fork > 9:
            ways = [*self.ways_out(customer, hold), *self.ways_into_other_hands(customer, hold)]
        ways[fork % len(ways)]()

    def ways_on(self, customer: UUID, hold: Hold) -> list[Callable[[], None]]:
        """What ordinarily comes next, the most ordinary first."""
        ask = partial(self.ask, customer, HOLDER)
        wait = partial(self.wait_until, hold.until)
        match hold.stage:
            case "waiting":
                review = partial(self.review, customer, self.decider(customer, REVIEWERS))
                return [partial(review, True, True), partial(review, False, True)]
            case "rejected":
                return [partial(self.claim, customer, HOLDER, False)]
            case "formal" if hold.holder is None:
                return [partial(self.name_after_sales, customer, "an")]
            case "potential" | "intent" if hold.asked:
                decide = partial(self.decide, customer, self.decider(customer, MANAGERS), ASKED)
                return [partial(decide, True, None), wait, partial(decide, False, None)]
            case "potential":
                return [partial(ask, "intent", None), partial(ask, "extension", 10)]
        step = self.next_step(customer)
        return [step, partial(ask, "extension", None), wait] if hold.stage == "intent" else [step]

    def ways_out(self, customer: UUID, hold: Hold) -> list[Callable[[], None]]:
        """How the holder himself takes back what he can."""
        if hold.stage in ("waiting", "rejected") or hold.asked:
            what = ASKED if hold.asked else "claim"
            return [partial(self.withdraw, customer, HOLDER, what)]
        return [partial(self.release, customer, HOLDER)] if hold.stage != "formal" else []

    def wait_until(self, instant: datetime | None) -> None:
        """And an hour more."""
        if instant is not None and self.now < instant:
            self.move_to(instant + timedelta(hours=1))

    def next_step(self, customer: UUID) -> Callable[[], None]:
        """Of a contract."""
        papers = self.believed[customer].papers
        still_open = [number for number, paper in papers.items() if paper.is_open(self.now)]
        if not still_open:
            names = [self.a_name(which) for which in range(1, 9)]
            free = [name for name in names if not is_taken(name, self.believed, self.now)]
            return partial(self.draw_named, customer, HOLDER, (free or names)[0])
        number = still_open[0]
        if papers[number].done < len(STEPS):
            steps = STEPS[papers[number].done :][:3]
            return partial(self.fill_in, customer, HOLDER, number, steps)
        return partial(self.confirm, customer, self.decider(customer, CONFIRMERS), number)

    def ways_into_other_hands(self, customer: UUID, hold: Hold) -> list[Callable[[], None]]:
        manager = self.decider(customer, MANAGERS)
        if hold.stage == "formal":
            return [
                partial(self.name_after_sales, customer, "shi"),
                partial(self.leave, customer, HOLDER, manager, DAY, "shi", "all"),
                partial(self.leave, customer, HOLDER, manager, DAY, None, "all"),
            ]
        fit = [
            place
            for place in (*SELLERS, "wang")
            if self.may_receive(self.person(place), PRE_SALES) is None
            and self.person(place) not in (hold.holder, self.person(manager))
        ]
        receiver = (fit or ["li"])[0]
        return [
            partial(self.transfer, customer, manager, receiver),
            partial(self.leave, customer, HOLDER, manager, DAY, receiver, "all"),
            partial(self.leave, customer, HOLDER, manager, None, None, "all"),
            partial(self.remove_holder, customer, manager),
        ]

    def decider(self, customer: UUID, places: tuple[str, ...]) -> str:
        """The first of them who has no part in it."""
        free = [place for place in places if not self.is_own_case(customer, self.person(place))]
        return (free or places)[0]

    # Claims.

    @rule(customer=customers, actor=actors, with_note=st.booleans())
    def claim(self, customer: UUID, actor: str, with_note: bool) -> None:
        believed, member = self.believed[customer], self.member(customer, actor)
        contact = ContactInput("张伟", "采购经理", f"1380013{len(believed.claimants):04}")
        note = self.house.note() if with_note else None
        is_claimed = self.send(
            member,
            customer,
            believed.may_claim(member, self.now, with_note=with_note),
            lambda order: self.house.tenure.claim(order, customer, contact=contact, follow_up=note),
            roles=PRE_SALES,
            events=1 + with_note,
        )
        if is_claimed:
            believed.claim(member, self.now, self.terms, self.leaves.get(member))
        elif isinstance(self.error, Refused):
            believed.sought.add(member)

    @rule(customer=customers, actor=reviewers, passes=st.booleans(), explains=st.booleans())
    def review(self, customer: UUID, actor: str, passes: bool, explains: bool) -> None:
        believed, member = self.believed[customer], self.person(actor)
        similar = self.similar(customer)
        verdict: Verdict = None
        if believed.hold is None or believed.hold.stage != "waiting":
            verdict = NothingPending
        elif self.is_own_case(customer, member, also=similar):
            verdict = OwnDecision
        elif passes and not explains:
            claimed = [hold.claimed_at for one in similar if (hold := self.believed[one].hold)]
            is_later = min(claimed, default=self.now) < believed.hold.claimed_at
            verdict = EarlierClaim if is_later else None
        review = self.house.pass_review if passes else self.house.refuse_review
        more = {"different_company": "地址和法人都不同"} if passes and explains else {}
        if self.send(member, customer, verdict, lambda _: review(member, customer, **more)):
            believed.review(self.now, self.terms, passes=passes)

    def similar(self, customer: UUID) -> set[UUID]:
        """Those with the same phone, but for those of which one was declared different."""
        different = self.believed[customer].different
        return {
            other
            for other in (self.alike if customer in self.same_phone else ())
            if other not in different and customer not in self.believed[other].different
        }

    @rule(customer=customers, actor=holders)
    def follow_up(self, customer: UUID, actor: str) -> None:
        member = self.member(customer, actor)
        in_after_sales = not set(AFTER_SALES).isdisjoint(self.roles_of(member))
        self.send(
            member,
            customer,
            self.believed[customer].may_follow_up(member, in_after_sales=in_after_sales),
            lambda order: self.house.tenure.follow_up(order, customer, follow_up=self.house.note()),
            roles=(*PRE_SALES, *AFTER_SALES),
        )

    @rule(customer=customers, actor=holders)
    def release(self, customer: UUID, actor: str) -> None:
        believed, member = self.believed[customer], self.member(customer, actor)
        verdict = believed.held_in(("potential", "intent"), member)
        release = partial(self.house.tenure.release, reason="无预算")
        if self.send(member, customer, verdict, lambda o: release(o, customer), roles=PRE_SALES):
            believed.end(self.now, "release", self.terms)

    @rule(customer=customers, actor=holders, what=st.sampled_from(("claim", ASKED, ASKED)))
    def withdraw(self, customer: UUID, actor: str, what: str) -> None:
        believed, member = self.believed[customer], self.member(customer, actor)
        what = self.kind(customer, what)
        verdict = believed.may_withdraw(member, what)
        withdraw = partial(self.house.tenure.withdraw, what=what, reason="重新安排")
        if self.send(member, customer, verdict, lambda o: withdraw(o, customer), roles=PRE_SALES):
            if what == "claim":
                believed.end(self.now, "withdrawal", self.terms)
            else:
                believed.recorded += believed.close_application(self.now)

    # Applications.

    @rule(customer=customers, actor=holders, what=kinds, days=days)
    def ask(self, customer: UUID, actor: str, what: str, days: int | None) -> None:
        believed, member = self.believed[customer], self.member(customer, actor)

        def ask(order: Any) -> Any:
            if what == "intent":
                return self.house.tenure.request_intent(order, customer, reason="客户要报价")
            return self.house.tenure.request_extension(order, customer, reason="出差", days=days)

        verdict = believed.may_ask(member, what, days, self.now)
        if self.send(member, customer, verdict, ask, roles=PRE_SALES):
            believed.ask(member, what, days)

    def kind(self, customer: UUID, what: str) -> str:
        """Of an application; whatever was asked for, where `what` says so."""
        hold = self.believed[customer].hold
        asked = hold.asked[0] if hold is not None and hold.asked is not None else "extension"
        return asked if what == ASKED else what

    @rule(
        customer=customers,
        actor=managers,
        what=st.sampled_from((ASKED, ASKED, "intent")),
        grants=st.booleans(),
        days=days,
    )
    def decide(self, customer: UUID, actor: str, what: str, grants: bool, days: int | None) -> None:
        believed, member = self.believed[customer], self.person(actor)
        what = self.kind(customer, what)
        told: dict[str, Any] = {"decision": "grant" if grants else "refuse", "reason": "已核实"}

        def decide(order: Any) -> Any:
            if what == "intent":
                return self.house.tenure.decide_intent(order, customer, **told)
            return self.house.tenure.decide_extension(order, customer, days=days, **told)

        is_own = self.is_own_case(customer, member)
        verdict = believed.may_decide(what, days, self.now, is_own=is_own, grants=grants)
        if self.send(member, customer, verdict, decide, roles=MANAGER):
            if grants:
                believed.grant(what, days, self.now, self.terms)
            else:
                believed.recorded += believed.close_application(self.now)
