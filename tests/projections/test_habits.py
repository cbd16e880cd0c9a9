"""Every habit that a manager looks for is found, and its innocent twin is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.errors import Refused
from eventstore.connections import Database
from projections import agenda, audit, statistics
from projections.engine import Engine
from projections.habits import (
    CHARACTERS,
    KINDS,
    POSITIONS_MAX,
    SECONDS,
    SHARE,
    TIMES,
    Habit,
    HabitKind,
    Thresholds,
    habits,
)
from tests.application.house import CONTACT, DAY, MICROSECOND, MONDAY, Clock, House, a_house

SECOND = timedelta(seconds=1)


@dataclass
class Office:
    """A house whose views are followed, and the questions of its manager."""

    house: House
    engine: Engine

    def leads(self, kind: HabitKind, *members: str, **asked: Any) -> list[Habit]:
        """Leads that these members have a part in; all of them are new in each test."""
        while self.engine.step():
            pass
        given = {name: asked.pop(name) for name in list(asked) if name in Thresholds._fields}
        thresholds = Thresholds(3, SECONDS, TIMES[kind], SHARE, CHARACTERS)._replace(**given)
        span = {"start": date(2026, 3, 1), "end": date(2027, 3, 1)} | asked
        with self.house.database.autocommit() as cursor:
            found: list[Habit] = []
            for member in members:
                told = habits(
                    cursor, kind, thresholds, now=self.house.clock.at, member=member, **span
                )
                found += [lead for lead in told.items if lead not in found]
        return found

    def topics(self, lead: Habit) -> list[str]:
        """What the lead's events are, by the audit."""
        with self.house.database.autocommit() as cursor:
            page = audit.audit(cursor, positions=lead.positions, limit=500)
        assert [entry.position for entry in page.items] == lead.positions
        return [entry.topic.partition(".")[2] for entry in page.items]

    def release(self, member: str, customer: UUID) -> None:
        self.house.tenure.release(self.house.order(member), customer, reason="没有需求")

    def later(self, by: timedelta) -> None:
        self.house.clock.at += by

    def potential(self, member: str, customer: UUID | None = None) -> UUID:
        """Claimed and passed."""
        customer = customer or self.house.register(member)
        self.house.claim(member, customer)
        self.house.pass_review("zhao", customer)
        return customer


@pytest.fixture(scope="module")
def module_office(database_url: str) -> Iterator[Office]:
    clock = Clock()
    with closing(Database(database_url, clock=clock)) as database:
        house = a_house(database, clock)
        house.move_in()
        tenure = house.tenure
        views = (audit, agenda, statistics)
        engine = Engine(database, tenure.recorder, tenure.mapper.to_domain_event, views)
        with closing(engine):
            yield Office(house, engine)


@pytest.fixture
def office(module_office: Office) -> Office:
    module_office.house.clock.at = MONDAY
    return module_office


def test_claiming_and_giving_up_again_and_again_is_found(office: Office) -> None:
    cycles, once = office.house.hire("seller"), office.house.hire("seller")
    customer, other = office.house.register(cycles), office.house.register(once)
    for _ in range(2):
        office.potential(cycles, customer)
        office.later(DAY)
        office.release(cycles, customer)
        office.later(4 * DAY)
    # Whoever thinks better of it once, and then keeps the customer, has no such habit.
    office.potential(once, other)
    office.release(once, other)
    office.later(4 * DAY)
    office.potential(once, other)
    (lead,) = office.leads("claim-release-cycling", cycles)
    assert (lead.members, lead.customers) == ([cycles], [customer])
    assert lead.figures == {"claims": 2, "given_up": 2}
    assert office.topics(lead) == ["claimed", "released"] * 2
    assert office.leads("claim-release-cycling", once) == []


def test_claiming_again_what_lapsed_from_ones_own_hands_is_found(office: Office) -> None:
    keeps, waits, other = (office.house.hire("seller") for _ in range(3))
    customer, second, third = (office.potential(member) for member in (keeps, waits, other))
    office.later(30 * DAY + 2 * DAY)
    office.house.claim(keeps, customer)
    office.house.claim(keeps, third)
    office.later(2 * DAY)
    office.house.claim(waits, second)
    (lead,) = office.leads("reclaim-after-own-lapse", keeps)
    assert (lead.customers, office.topics(lead)) == ([customer], ["lapsed", "claimed"])
    assert lead.figures == {"reclaims": 1, "shortest_seconds": 2 * 86_400}
    assert office.leads("reclaim-after-own-lapse", waits, other) == []
    assert len(office.leads("reclaim-after-own-lapse", waits, days=5)) == 1


def test_two_members_who_take_turns_are_found(office: Office) -> None:
    first, second, third = (office.house.hire("seller") for _ in range(3))
    shared, free = office.house.register(first), office.house.register(first)
    for number in range(3):
        for customer, claimants in ((shared, [first, second]), (free, [first, second, third])):
            office.potential(claimants[number % len(claimants)], customer)
        office.later(31 * DAY)
    (lead,) = office.leads("taking-turns", first, second, third)
    assert (lead.members, lead.customers) == (sorted([first, second]), [shared])
    assert (lead.figures, office.topics(lead)) == ({"turns": 1}, ["claimed"] * 3)


@pytest.mark.clause("S1-035")
def test_claims_within_a_minute_of_anothers_deadline_are_found(office: Office) -> None:
    holder, quick, calm = (office.house.hire("seller") for _ in range(3))
    customers = [office.potential(holder) for _ in range(4)]
    deadline = MONDAY + 30 * DAY
    for at, member, customer in (
        (deadline - SECOND, quick, customers[0]),
        (deadline - 61 * SECOND, calm, customers[0]),
    ):
        office.house.clock.at = at
        with suppress(Refused):
            office.house.claim(member, customer)
    office.house.clock.at = deadline + 60 * SECOND
    office.house.claim(quick, customers[1])
    # One's own deadline is nobody's whom one could forestall.
    office.house.claim(holder, customers[2])
    office.later(MICROSECOND)
    office.house.claim(calm, customers[3])
    (lead,) = office.leads("claim-at-deadline", quick)
    assert set(lead.customers) == set(customers[:2])
    assert lead.figures == {"claims": 1, "refused": 1, "nearest_seconds": 1}
    assert sorted(office.topics(lead)) == ["claimed", "lapsed", "recorded"]
    assert office.leads("claim-at-deadline", calm, holder) == []
    assert len(office.leads("claim-at-deadline", calm, seconds=61)) == 1


def test_an_approver_who_grants_nearly_every_extension_is_found(office: Office) -> None:
    generous, strict = office.house.hire("manager"), office.house.hire("manager")
    seller = office.house.hire("seller")
    for approver, refuses in ((generous, ()), (strict, (1, 3))):
        for number in range(5):
            customer = office.potential(seller)
            office.house.ask_extension(seller, customer)
            decision = "refuse" if number in refuses else "grant"
            office.house.decide_extension(approver, customer, decision)
    (lead,) = office.leads("extensions-by-approver", generous)
    assert lead.figures == {"granted": 5, "refused": 0, "share": 1}
    assert office.topics(lead) == ["extension_granted"] * 5
    assert office.leads("extensions-by-approver", strict) == []
    assert len(office.leads("extensions-by-approver", strict, share=0.6)) == 1
    assert office.leads("extensions-by-approver", generous, times=6) == []


@pytest.mark.clause("S1-036")
def test_clocks_that_stood_still_are_found(office: Office) -> None:
    stops, decided = office.house.hire("seller"), office.house.hire("seller")
    held = {member: [office.potential(member) for _ in range(2)] for member in (stops, decided)}
    office.later(29 * DAY)
    for member, customers in held.items():
        for customer in customers:
            office.house.ask_extension(member, customer)
    for customer in held[decided]:
        office.house.decide_extension("wang", customer, "refuse")
    office.later(2 * DAY)
    office.house.decide_extension("wang", held[stops][0], "refuse")
    office.later(10 * DAY)
    # Who claims it next records what nobody decided in time.
    for customer in (held[stops][1], *held[decided]):
        office.house.claim("li", customer)
    (lead,) = office.leads("stopped-clocks", stops)
    assert set(lead.customers) == set(held[stops])
    assert (lead.figures["held_over"], lead.figures["undecided"]) == (2, 1)
    assert sorted(office.topics(lead)) == [
        "extension_refused",
        "extension_requested",
        "extension_requested",
        "lapsed",
    ]
    assert office.leads("stopped-clocks", decided) == []


@pytest.mark.clause("S1-173")
def test_an_override_that_was_merged_later_is_found(office: Office) -> None:
    liar, honest = office.house.hire("seller"), office.house.hire("seller")
    for member in (liar, honest):
        name = f"{'鑫淼' if member == liar else '森焱'}骉骉空调有限公司"
        first = office.house.register("li", name=f"靖江市{name}")
        second = office.house.register(
            member, name=f"泰州市{name}", override_reason="两地两家，法人不同"
        )
        office.later(DAY)
        number = office.house.report("wu", second, first)
        office.house.resolve("zhao", second, "merge" if member == liar else "different", number)
        if member == liar:
            merged, into = second, first
    (lead,) = office.leads("override-later-merged", liar)
    assert (lead.members, lead.customers) == ([liar, "zhao"], [merged, into])
    assert office.topics(lead) == ["registered", "merged"]
    assert lead.figures == {"seconds": 86_400}
    assert office.leads("override-later-merged", honest) == []


def test_a_record_merged_into_the_one_that_was_said_to_differ_is_found(office: Office) -> None:
    liar = office.house.hire("seller")
    first = office.house.register("li", name="靖江市犇犇焱焱空调有限公司")
    second = office.house.register(
        liar, name="泰州市犇犇焱焱空调有限公司", override_reason="两地两家，法人不同"
    )
    office.house.merge(first, second)
    (lead,) = office.leads("override-later-merged", liar)
    assert (lead.customers, office.topics(lead)) == (
        [second, first],
        ["registered", "duplicate_absorbed"],
    )


def test_a_transfer_just_before_a_signature_is_found(office: Office) -> None:
    builder, favourite, heir = (office.house.hire("seller") for _ in range(3))
    customers = []
    for to, days in ((favourite, 2), (heir, 4)):
        customer = office.house.intent(builder)
        office.house.transfer("gao", customer, to)
        office.later(days * DAY)
        office.house.complete(to, customer)
        customers.append(customer)
    (lead,) = office.leads("transfer-before-signature", favourite)
    assert (lead.members, lead.customers) == ([builder, favourite, "gao"], customers[:1])
    assert (lead.figures, office.topics(lead)) == (
        {"seconds": 2 * 86_400},
        ["transferred", "contract_signed"],
    )
    assert office.leads("transfer-before-signature", heir) == []
    assert len(office.leads("transfer-before-signature", builder, days=4)) == 2


@pytest.mark.clause("S1-057")
def test_contracts_that_are_drawn_and_never_confirmed_are_found(office: Office) -> None:
    hoards, signs = office.house.hire("seller"), office.house.hire("seller")
    numbers = [office.house.contract_number() for _ in range(2)]
    customer = office.house.intent(hoards)
    for number in numbers:
        office.house.draw(hoards, customer, number)
    for _ in range(2):
        office.house.formal(signs)
    # What is signed waits for somebody else.
    office.house.complete(signs, office.house.intent(signs))
    office.later(10 * DAY)
    (lead,) = office.leads("contracts-never-confirmed", hoards)
    assert lead.figures == {"drawn": 2, "never_signed": 2, "never_confirmed": 0, "expired": 0}
    office.later(30 * DAY)
    # A number that was given back and is another's now is no signature of the first draw.
    other = office.house.intent(signs)
    office.house.draw(signs, other, numbers[0])
    office.house.fill_in(signs, other, numbers[0])
    office.house.tenure.confirm_contract(office.house.order("he"), other, numbers[0])
    (lead,) = office.leads("contracts-never-confirmed", hoards)
    assert lead.figures == {"drawn": 2, "never_signed": 2, "never_confirmed": 0, "expired": 2}
    assert (lead.customers, office.topics(lead)) == ([customer], ["contract_drawn"] * 2)
    assert office.leads("contracts-never-confirmed", signs) == []


@pytest.mark.clause("S1-043", "S1-057")
def test_contracts_that_are_signed_and_end_without_confirmation_are_found(office: Office) -> None:
    stalls = office.house.hire("seller")
    customers = [office.house.intent(stalls) for _ in range(3)]
    numbers = [office.house.complete(stalls, customer) for customer in customers]
    office.later(10 * DAY)
    assert office.leads("contracts-never-confirmed", stalls) == []
    office.house.tenure.confirm_contract(office.house.order("he"), customers[2], numbers[2])
    for customer in customers[:2]:
        office.house.tenure.release(office.house.order(stalls), customer, reason="不再跟进")
    (lead,) = office.leads("contracts-never-confirmed", stalls)
    assert lead.figures == {"drawn": 3, "never_signed": 0, "never_confirmed": 2, "expired": 0}
    assert (lead.customers, office.topics(lead)) == (customers[:2], ["contract_drawn"] * 2)


@pytest.mark.clause("S1-030")
def test_equal_notes_are_found(office: Office) -> None:
    copies, writes = office.house.hire("seller"), office.house.hire("seller")
    spelt = ("电话沟通，报价3万！", "电话沟通 报价３万", "电话沟通，报价3万")
    for member, notes in (
        (copies, spelt),
        (writes, (*spelt[:2], "见面谈了报价，下月再约")),
        (writes, ("已联系",) * 4),
    ):
        customer = office.house.register(member)
        office.house.tenure.claim(
            office.house.order(member),
            customer,
            contact=CONTACT,
            follow_up=office.house.note(f"{member}第一次联系"),
        )
        for note in notes:
            office.house.tenure.follow_up(
                office.house.order(member), customer, follow_up=office.house.note(note)
            )
        if member == copies:
            copied = customer
    (lead,) = office.leads("equal-notes", copies)
    assert (lead.figures, lead.customers) == ({"notes": 3, "customers": 1}, [copied])
    assert office.topics(lead) == ["followed_up"] * 3
    assert office.leads("equal-notes", writes) == []
    assert len(office.leads("equal-notes", writes, characters=3)) == 1


def test_a_habit_is_told_of_the_days_and_the_department_that_are_asked_for(
    office: Office,
) -> None:
    member = office.house.hire("seller")
    customer = office.house.register(member)
    for _ in range(2):
        office.potential(member, customer)
        office.release(member, customer)
        office.later(4 * DAY)
    ask: Callable[..., list[Habit]] = office.leads
    assert len(ask("claim-release-cycling", member, department="一部")) == 1
    assert ask("claim-release-cycling", member, department="二部") == []
    assert ask("claim-release-cycling", member, end=date(2026, 3, 6)) == []
    assert ask("claim-release-cycling", member, start=date(2026, 3, 3)) == []
    assert len(ask("claim-release-cycling", member, times=1, start=date(2026, 3, 3))) == 1


def test_every_habit_can_be_asked_of_an_office_without_any(office: Office) -> None:
    for kind in KINDS:
        assert office.leads(kind, "nobody") == []


def test_a_lead_names_no_more_events_than_can_be_looked_up_at_once() -> None:
    assert POSITIONS_MAX <= 500


def test_the_events_of_a_lead_are_named_to_the_last(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = office.house.hire("seller")
    customer = office.potential(member)
    order, note = office.house.order(member), office.house.note("电话联系，客户暂无需求")
    for _ in range(5):
        office.house.tenure.follow_up(order, customer, follow_up=note)
    monkeypatch.setattr("projections.habits.POSITIONS_MAX", 2)
    beyond, named = 0, []
    for more in (3, 1, 0):
        (lead,) = office.leads("equal-notes", member, beyond=beyond)
        assert (lead.events, lead.more) == (5, more)
        named += lead.positions
        beyond = lead.positions[-1]
    assert named == sorted(set(named))
    assert len(named) == 5
