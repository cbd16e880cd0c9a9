"""What the machine holds after every command and step: all who answer say what it believes."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from itertools import count
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant

from domain.customer import Customer
from domain.errors import MergedAway, NotAllowed, NotSignedIn, Refused, TenureError
from domain.orders import CONSOLE, Order, Receipt
from domain.replay import History, holder_at
from domain.replaying import customer_at
from domain.rulebook import RulebookStream
from domain.snapshots import CustomerSnapshot
from projections import agenda, customer_search, pool, tenures
from projections.engine import Engine
from tests.application.believed import Believed, Verdict
from tests.application.believed_parts import Standing, Terms
from tests.application.house import House, credentials_of

ROLES = {
    "li": ("seller",),
    "chen": ("seller",),
    "lin": ("seller", "reviewer"),
    "wang": ("manager",),
    "ma": ("manager",),
    "zhao": ("reviewer",),
    "qian": ("reviewer",),
    "shen": ("director",),
    "gu": ("director",),
    "feng": ("finance",),
    "an": ("after-sales",),
    "shi": ("after-sales",),
    "xue": ("after-sales-manager",),
}
"""Places in the company. Who leaves one is followed by somebody new with the same roles."""
HOLDER, GIVER_UP, LEAVER = "the holder", "who gave up last", "who left last"
"""Members by their part in the matter, so that rare rules are met often."""
PRE_SALES = ("seller", "manager")
AFTER_SALES = ("after-sales", "after-sales-manager")
DEALING = (*PRE_SALES, *AFTER_SALES)
EVERYBODY = (*DEALING, "reviewer", "finance")
MANAGER = ("manager",)
customers = Bundle("customers")
actors = st.sampled_from(
    ("li", "chen", "lin", "wang", HOLDER, HOLDER, HOLDER, GIVER_UP, LEAVER, "an")
)
holders = st.one_of(st.just(HOLDER), st.just(HOLDER), actors)
managers, reviewers = st.sampled_from(("wang", "ma")), st.sampled_from(("zhao", "qian", "lin"))


class Memory(NamedTuple):
    """How a customer stood, after so many events; when that was to change, by what was known."""

    standing: Standing
    recorded: int
    changes_at: datetime | None


class Agreement(RuleBasedStateMachine):
    """Set `house` and `engine` on a subclass. The log and its clock go on from life to life."""

    house: House
    engine: Engine
    rulebook: RulebookStream
    newcomers: ClassVar = count(1)
    reached: ClassVar[Counter[str]] = Counter()
    """In how many lives a customer came to stand so."""
    staff: ClassVar[dict[str, str]] = {}
    leaves: ClassVar[dict[str, datetime]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.believed: dict[UUID, Believed] = {}
        self.terms = Terms()
        for place, member in list(self.staff.items()):
            if member in self.leaves:
                del self.staff[place]
        self.leaves.clear()
        self.error: TenureError | None = None
        self.answer: tuple[UUID, Receipt] | None = None
        self.remembered: dict[UUID, dict[datetime, Memory]] = {}
        self.histories: dict[UUID, History] = {}
        self.steps = 0
        self.came_to: set[str] = set()

    @property
    def now(self) -> datetime:
        return self.house.clock.at

    def move_to(self, instant: datetime) -> None:
        self.require_same_answer()
        self.remember()
        self.house.clock.at = instant
        self.settle()

    def remember(self) -> None:
        """How all customers stand when an instant is over: the log must say so for ever."""
        for customer, believed in self.believed.items():
            standing = believed.at(self.now)
            memory = Memory(standing, believed.recorded, believed.changes_at)
            self.remembered.setdefault(customer, {})[self.now] = memory
            self.came_to.add(standing.state)
            if standing.deadline is not None and standing.deadline <= self.now:
                self.came_to.add("held over")
            if believed.passed:
                self.came_to.add("handed over")

    def settle(self) -> None:
        for believed in self.believed.values():
            believed.settle(self.now)

    # Who acts.

    def person(self, place: str) -> str:
        """Who has the place now: somebody new, where the last one has left."""
        member = self.staff.get(place, "")
        if member not in self.house.credentials or self.has_left(member):
            name = f"{place}-{next(self.newcomers)}"
            self.house.tenure.add_member(
                Order(CONSOLE), member=name, name=name, roles=ROLES[place], department="一部"
            )
            issued = self.house.tenure.issue_token(Order(CONSOLE), name)
            self.house.credentials[name] = credentials_of(issued.extra["token"])
            self.staff[place] = name
        return self.staff[place]

    def member(self, customer: UUID, actor: str) -> str:
        """Who has this place, or this part in the matter; the first seller where nobody has."""
        believed = self.believed[customer]
        parts = {
            HOLDER: believed.holder,
            GIVER_UP: next(reversed(believed.bars), None),
            LEAVER: next(reversed(self.leaves), None),
        }
        return (parts[actor] if actor in parts else self.person(actor)) or self.person("li")

    def roles_of(self, member: str) -> tuple[str, ...]:
        return ROLES[member.partition("-")[0]]

    def has_left(self, member: str) -> bool:
        return member in self.leaves and self.leaves[member] <= self.now

    def has_role(self, member: str, roles: Collection[str]) -> bool:
        return not self.has_left(member) and not set(roles).isdisjoint(self.roles_of(member))

    def is_own_case(self, customer: UUID, member: str, *, also: Collection[UUID] = ()) -> bool:
        """The member has a part in the customer, or in a record that may be the same company."""
        matters = {customer, *self.believed[customer].linked, *also}
        matters |= {self.surviving(matter) for matter in matters}
        return any(self.believed[matter].is_party(member) for matter in matters)

    def surviving(self, customer: UUID) -> UUID:
        """The record that answers for this one."""
        into = self.believed[customer].merged_into
        return customer if into is None else self.surviving(into)

    def send(
        self,
        member: str,
        customer: UUID,
        verdict: Verdict,
        command: Callable[[Order], Receipt],
        *,
        roles: Collection[str] = EVERYBODY,
        events: int = 1,
    ) -> bool:
        """Carry a command out; True where it was to be, and was, allowed."""
        believed = self.believed[customer]
        expected = MergedAway if believed.merged_into is not None else verdict
        is_done = self.attempt(member, expected, command, roles=roles, about=customer)
        if is_done:
            self.record(customer, events)
        return is_done

    def attempt(
        self,
        member: str,
        verdict: Verdict,
        command: Callable[[Order], Receipt],
        *,
        roles: Collection[str],
        about: UUID,
    ) -> bool:
        """The same, and nothing is believed to be recorded but a refusal."""
        expected = verdict if self.has_role(member, roles) else NotAllowed
        expected = NotSignedIn if self.has_left(member) else expected
        self.error, self.answer = None, None
        try:
            receipt = command(self.house.order(member))
        except TenureError as error:
            assert type(error) is expected, (expected, error)  # noqa: PT017
            self.error = error
            self.came_to.add(error.slug)
            if isinstance(error, Refused):
                self.believed[about].refused.append(error.slug)
            return False
        assert expected is None, expected
        self.answer = about, receipt
        return True

    def record(self, customer: UUID, events: int) -> None:
        """So many events were recorded, after those that were owed."""
        believed = self.believed[customer]
        believed.recorded += believed.owed + events
        believed.owed = 0

    # What is held.

    @invariant()
    def the_command_answered_the_same(self) -> None:
        self.require_same_answer()

    def require_same_answer(self) -> None:
        """The last command's, before its instant is over."""
        if self.answer is None:
            return
        customer, receipt = self.answer
        if receipt.customer_id is not None:
            answered = (receipt.state, receipt.holder, receipt.group, receipt.until)
            wanted = self.believed[customer].at(self.now)
            assert (*answered, receipt.held_over_until) == wanted, (receipt, wanted)
        self.answer = None

    @invariant()
    def the_log_says_the_same(self) -> None:
        """At most one holder, the deadline as it was given, nothing recorded but what was done."""
        self.steps += 1
        self.remember()
        for customer, believed in self.believed.items():
            history = self.history(customer)
            self.require_answer(history, self.now, self.remembered[customer][self.now])
            found = customer_at(history, self.now, self.rulebook.rules_of)
            papers = {number: paper.state(self.now) for number, paper in believed.papers.items()}
            told = {number: known.state(self.now) for number, known in found.contracts.items()}
            assert told == papers, (told, papers)
            bars = {who: until for who, until in believed.bars.items() if self.now < until}
            assert {who: until for who, until in found.bars.items() if self.now < until} == bars
            assert set(found.signers) == believed.signers

    @invariant()
    def history_and_snapshots_say_the_same(self) -> None:
        """Of one customer after another: of an instant before, and from a version before."""
        self.remember()
        customer = self.in_turn
        history = self.history(customer)
        remembered = list(self.remembered[customer].items())
        self.require_answer(history, *remembered[self.steps % len(remembered)])
        events = [past.event for past in history.events]
        middle = self.steps % len(events) + 1
        restored = self.through_the_store(folded(events[:middle]))
        assert vars(folded(events[middle:], restored)) == vars(folded(events)), customer

    @property
    def in_turn(self) -> UUID:
        return list(self.believed)[self.steps % len(self.believed)]

    def history(self, customer: UUID) -> History:
        """What the log says, read again where something was recorded, and now and then."""
        believed, known = self.believed[customer], self.histories.get(customer)
        if known is None or len(known.events) != believed.recorded or self.steps % 4 == 0:
            known = self.histories[customer] = self.house.tenure.history(customer)
            assert len(known.events) == believed.recorded, known.events[-3:]
            instants = [past.event.timestamp for past in known.events]
            assert instants == sorted(instants), known.events[-3:]
        return known

    def require_answer(self, history: History, at: datetime, memory: Memory) -> None:
        """The log answers the same about `at` whenever it is asked, and what was known then."""
        wanted = memory.standing
        found = standing(customer_at(history, at, self.rulebook.rules_of), at)
        assert found == wanted, (at, found, wanted)
        state = "pool" if wanted.state == "merged" else wanted.state
        known_position = history.events[memory.recorded - 1].position
        known_then = holder_at(history, at=at, known_position=known_position)
        for answer in (holder_at(history, at=at), known_then):
            told = (answer.stage or "pool", answer.holder, answer.group)
            assert told == (state, wanted.holder, wanted.group), (at, told, wanted)
        until = known_then.interval.until if known_then.interval else None
        assert until == memory.changes_at, (at, known_then, memory)
        holding = [found for found in history.intervals() if found.holds(at)]
        assert len(holding) == (state != "pool"), (at, holding)

    @invariant()
    def the_views_say_the_same(self) -> None:
        """Views equal what is believed and the fold of the log, before and after sweeps."""
        while self.engine.step():
            pass
        with self.house.database.transaction() as cursor:
            newest = len(self.believed)
            cards = customer_search.customers(cursor, now=self.now, descending=True, limit=newest)
            told = {
                card.customer_id: Standing(
                    card.state, card.holder, card.group, card.until, card.held_over_until
                )
                for card in cards.items
            }
            wanted = {customer: known.at(self.now) for customer, known in self.believed.items()}
            assert told == wanted, (told, wanted)
            in_pool = pool.in_pool(cursor, now=self.now, limit=500)
            self.require_these(in_pool.items, lambda known: known.at(self.now).state == "pool")
            due, _ = agenda.due_deadlines(cursor, now=self.now, limit=100_000)
            owing = {customer for customer, known in self.believed.items() if known.owed}
            assert set(due) & set(self.believed) == owing
            if self.steps % 2:
                self.require_tenures(cursor, self.in_turn)
            else:
                self.require_portfolio(cursor, wanted[self.in_turn])

    def require_these(self, found: Iterable[Any], is_wanted: Callable[[Believed], bool]) -> None:
        """Of this life's customers the view found those, and no others."""
        told = {entry.customer_id for entry in found} & set(self.believed)
        wanted = {customer for customer, known in self.believed.items() if is_wanted(known)}
        assert told == wanted, (told, wanted)

    def require_tenures(self, cursor: Any, customer: UUID) -> None:
        wanted = self.believed[customer].at(self.now)
        now = tenures.tenures(cursor, now=self.now, customer_id=customer, at=self.now)
        held = [(wanted.state, wanted.holder, wanted.group)] if wanted.is_held else []
        assert [(tenure.stage, tenure.holder, tenure.group) for tenure in now.items] == held
        told = tenures.tenures(cursor, now=self.now, customer_id=customer, limit=500)
        folded = [one for one in self.history(customer).intervals() if one.since <= self.now]
        in_view, in_log = (
            [(one.since, one.until, one.stage, one.holder, one.group) for one in intervals]
            for intervals in (told.items, folded)
        )
        assert in_view == in_log, (in_view, in_log)

    def require_portfolio(self, cursor: Any, held: Standing) -> None:
        """Whatever the same member or group holds, and when it ends."""
        if not held.is_held:
            return
        whose = {"holder": held.holder, "group": held.group}
        found = customer_search.customers(cursor, now=self.now, **whose, descending=True, limit=500)
        self.require_these(found.items, lambda known: known.at(self.now)[1:3] == held[1:3])
        if held.holder is not None:
            kinds: tuple[agenda.Kind, ...] = ("deadline", "removal")
            items = agenda.agenda(
                cursor, now=self.now, member=held.holder, kinds=kinds, limit=500
            ).items
            told = {item.customer_id: item.due_at for item in items}
            told = {one: due_at for one, due_at in told.items() if one in self.believed}
            over_at = {
                one: known.over_at
                for one, known in self.believed.items()
                if known.holder == held.holder and known.over_at is not None
            }
            assert told == over_at, (told, over_at)

    def through_the_store(self, customer: Customer) -> Customer:
        mapper = self.house.tenure.mapper
        snapshot: Any = mapper.to_domain_event(
            mapper.to_stored_event(CustomerSnapshot.take(customer))  # type: ignore[arg-type]
        )
        return snapshot.restored()

    def teardown(self) -> None:
        """History never changes, and every refusal was kept, once and in order."""
        if sys.exc_info()[0] is not None:
            self.staff.clear()  # Whoever left by mistake is believed to be here.
            return
        self.reached.update(self.came_to)
        for customer, believed in self.believed.items():
            refusals = [refusal["rule"] for refusal in self.house.refusals(customer)]
            assert refusals == believed.refused, (refusals, believed.refused)
            self.histories.clear()
            history = self.history(customer)
            for at, memory in self.remembered.get(customer, {}).items():
                self.require_answer(history, at, memory)


def standing(customer: Customer, at: datetime) -> Standing:
    live = customer.live_protection(at)
    if live is None:
        return Standing(customer.state(at), None, None, None, None)
    held_over_until = live.held_over_until if live.held_over_by else None
    return Standing(live.stage, live.holder, live.group, live.until, held_over_until)


def folded(events: list[Any], onto: Customer | None = None) -> Customer:
    for event in events:
        onto = event.mutate(onto)
    assert onto is not None
    return onto
