"""A machine that drives random commands of several members through random instants.

It knows the rules a second time (`believed`). After every command the answer, and after every step
the log's as-of answers and the views, must say what it believes (`agreement`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import MultipleResults, initialize, multiple, precondition, rule

from domain.errors import DuplicateName
from tests.application.agreement import (
    HOLDER,
    PRE_SALES,
    actors,
    customers,
    managers,
)
from tests.application.believed import Believed, is_taken
from tests.application.believed_parts import STEPS, Hold, Terms
from tests.application.claiming import ASKED, days, kinds
from tests.application.contesting import Contesting
from tests.application.dealings import CONFIRMERS, Dealings
from tests.application.house import DAY, MICROSECOND, MONDAY

SELLERS, MANAGERS, REVIEWERS = ("li", "chen", "lin"), ("wang", "ma"), ("zhao", "qian", "lin")
CUSTOMERS_MAX = 4
places = st.sampled_from(SELLERS)
forks = st.integers(0, 15)
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


class LifeMachine(Dealings, Contesting):
    """Set `house` and `engine` on a subclass."""

    versions: ClassVar = count(1)
    lives: ClassVar = count(1)

    # Beginnings.

    @initialize(
        target=customers,
        terms=st.sampled_from(TERMS),
        steps=st.integers(0, 6),
        others=st.integers(0, 9),
    )
    def begin_with_two_customers(
        self, terms: Terms, steps: int, others: int
    ) -> MultipleResults[UUID]:
        """On a Monday, so that a life that failed fails again; some are well on their way."""
        weeks = (self.now - MONDAY) // (7 * DAY) + 1
        self.move_to(MONDAY + weeks * 7 * DAY)
        self.life = next(self.lives)
        self.alike, self.same_phone = [], set()
        self.adopt(terms)
        return multiple(*(self.registered(SELLERS[n], (steps, others)[n], True) for n in (0, 1)))

    @precondition(lambda self: len(self.believed) < CUSTOMERS_MAX)
    @rule(
        target=customers,
        steps=st.integers(0, 6),
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
        customer = self.surviving(customer)
        self.come_into_force(customer)
        hold = self.believed[customer].hold
        if hold is not None and hold.until is not None:
            self.ask(customer, HOLDER, kind, None)
            self.move_to(max(self.now, hold.until))
            self.decide(customer, actor, kind, grants, days)

    @rule(customer=customers, times=st.integers(1, 3), days=days)
    def extend(self, customer: UUID, times: int, days: int | None) -> None:
        """Again and again, until no extension is left."""
        customer = self.surviving(customer)
        self.come_into_force(customer)
        for _ in range(times):
            self.ask(customer, HOLDER, "extension", days)
            manager = self.decider(customer, MANAGERS)
            self.decide(customer, manager, "extension", grants=True, days=None)

    @rule(
        customer=customers,
        other=customers,
        actor=st.sampled_from(("wang", "ma", "lin")),
        links=st.booleans(),
        seeks=st.booleans(),
        which=st.integers(0, 11),
    )
    def decide_after_seeking_it(
        self, customer: UUID, other: UUID, actor: str, links: bool, seeks: bool, which: int
    ) -> None:
        """Whoever sought it, or what may be the same company, decides nothing about it."""
        customer = self.surviving(customer)
        if links:
            self.report(customer, other, "li")
        if seeks:
            self.claim(other, actor, with_note=True)
            self.withdraw(other, actor, "claim")
        if self.believed[customer].hold is None:
            self.live_on_as_most_do(customer, "chen", 1 if actor == "lin" else 1 + which % 3)
        hold = self.believed[customer].hold
        if hold is not None and actor == "lin" and hold.stage == "waiting":
            self.review(customer, actor, passes=True, explains=True)
            return
        if hold is not None and hold.asked and which % 2:
            self.decide(customer, actor, ASKED, grants=True, days=None)
            return
        ways: list[Callable[[], None]] = [
            partial(self.confirm, customer, actor, self.a_number(customer, which)),
            partial(self.void, customer, actor, which),
            partial(self.transfer, customer, actor, "chen"),
            partial(self.remove_holder, customer, actor),
            partial(self.leave, customer, HOLDER, actor, DAY, "chen", "all"),
            partial(self.report_and_resolve, customer, other, actor, True, False),
        ]
        ways[which % len(ways)]()

    @rule(customer=customers, actor=managers, takes_over=st.booleans(), before=st.booleans())
    def leave_on_the_deadline(
        self, customer: UUID, actor: str, takes_over: bool, before: bool
    ) -> None:
        """At one instant the protection ends and its holder has left: it is over."""
        customer = self.surviving(customer)
        self.come_into_force(customer)
        receiver = self.receiver(customer, actor) if takes_over else None
        self.leave(customer, HOLDER, actor, None, receiver, "all")
        hold = self.believed[customer].hold
        if hold is not None and hold.leaving is not None:
            self.move_to(max(self.now, hold.leaving[0] - MICROSECOND * before))
            self.sweep()

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

    @rule(customer=customers, place=places, steps=st.integers(1, 4))
    def live_on_as_most_do(self, customer: UUID, place: str, steps: int) -> None:
        for _ in range(steps):
            self.go_on(customer, place, fork=0)

    def go_on(self, customer: UUID, place: str, fork: int) -> None:
        """The next step, so that lives get somewhere. fork: which, where there are several."""
        customer = self.surviving(customer)
        hold = self.believed[customer].hold
        if hold is None:
            self.claim(customer, place, with_note=True)
            return
        ways = self.ways_on(customer, hold)
        if fork > 9:
            ways = [*self.ways_out(customer, hold), *self.ways_into_other_hands(customer, hold)]
        ways[fork % len(ways)]()

    def come_into_force(self, customer: UUID) -> None:
        for state in ("pool", "rejected", "waiting"):
            if self.believed[customer].at(self.now).state == state:
                self.go_on(customer, SELLERS[0], fork=0)

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
        ways = [self.next_step(customer), partial(self.draw_a_number_that_is_taken, customer)]
        if hold.stage == "intent":
            ways += [partial(ask, "extension", None), wait]
        return ways

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
            names = [self.a_name(which) for which in range(1, 40)]
            free = [name for name in names if not is_taken(name, self.believed, self.now)]
            return partial(self.draw_named, customer, HOLDER, (free or names)[0])
        number = still_open[0]
        if papers[number].done < len(STEPS):
            steps = STEPS[papers[number].done :][:3]
            return partial(self.fill_in, customer, HOLDER, number, steps)
        return partial(self.confirm, customer, self.decider(customer, CONFIRMERS), number)

    def draw_a_number_that_is_taken(self, customer: UUID) -> None:
        others = [known.papers for one, known in self.believed.items() if one != customer]
        numbers = [*self.believed[customer].papers, *(name for one in others for name in one)]
        if numbers:
            self.draw_named(customer, HOLDER, numbers[-1].swapcase())

    def ways_into_other_hands(self, customer: UUID, hold: Hold) -> list[Callable[[], None]]:
        manager = self.decider(customer, MANAGERS)
        if hold.stage == "formal":
            return [
                partial(self.name_after_sales, customer, "shi"),
                partial(self.leave, customer, HOLDER, manager, DAY, "shi", "all"),
                partial(self.leave, customer, HOLDER, manager, DAY, None, "all"),
            ]
        receiver = self.receiver(customer, manager)
        return [
            partial(self.transfer, customer, manager, receiver),
            partial(self.leave, customer, HOLDER, manager, DAY, receiver, "all"),
            partial(self.leave, customer, HOLDER, manager, None, receiver, "all"),
            partial(self.leave, customer, HOLDER, manager, DAY, None, "all"),
            partial(self.remove_holder, customer, manager),
            partial(self.contest_and_move, customer, "an", receiver, None),
        ]

    def receiver(self, customer: UUID, manager: str) -> str:
        """The first who can take it over."""
        unfit = (self.believed[customer].holder, self.person(manager))
        fit = [
            place
            for place in (*SELLERS, "wang")
            if self.may_receive(self.person(place), PRE_SALES) is None
            and self.person(place) not in unfit
        ]
        return (fit or SELLERS)[0]

    def decider(self, customer: UUID, places: tuple[str, ...]) -> str:
        """The first of them who has no part in it."""
        free = [place for place in places if not self.is_own_case(customer, self.person(place))]
        return (free or places)[0]
