"""Holding: follow-ups, giving up, and the end that a deadline is."""

from datetime import timedelta

import pytest

from domain.errors import Invalid, NotTheHolder, WrongStage
from domain.events import ClaimWithdrawn, FollowedUp, Lapsed, Released
from tests.domain.stories import (
    DAY,
    MICROSECOND,
    MONDAY,
    RULES,
    a_contact,
    a_customer,
    an_id,
    claimed,
    follow_up,
    new_events,
    potential,
    refused,
    rules,
    rules_of,
)

HOUR = timedelta(hours=1)


@pytest.mark.clause("S1-029", "S1-030", "S1-031")
def test_the_holder_notes_a_contact_with_the_next_time() -> None:
    customer = potential(a_customer(), "li")
    new_events(customer)
    follow_up(customer, "li", MONDAY + HOUR, note="报价已发", contacted_at=MONDAY)
    (event,) = new_events(customer)
    assert isinstance(event, FollowedUp)
    assert (event.note, event.contacted_at) == ("报价已发", MONDAY)
    assert event.timestamp == MONDAY + HOUR


@pytest.mark.clause("S1-034")
def test_a_follow_up_moves_no_deadline() -> None:
    customer = potential(a_customer(), "li")
    for day in range(1, 30):
        follow_up(customer, "li", MONDAY + day * DAY)
    assert customer.state(MONDAY + 30 * DAY - MICROSECOND) == "potential"
    assert customer.state(MONDAY + 30 * DAY) == "pool"


@pytest.mark.clause("S1-029")
@pytest.mark.parametrize("member", ["chen", "zhao"])
def test_only_the_holder_follows_up(member) -> None:
    customer = potential(a_customer(), "li")
    with pytest.raises(NotTheHolder) as refusal:
        follow_up(customer, member)
    assert refusal.value.holder == "li"


@pytest.mark.clause("S1-031", "S1-032")
def test_the_next_contact_time_is_required() -> None:
    customer = potential(a_customer(), "li")
    with pytest.raises(Invalid) as refusal:
        follow_up(customer, next_contact_at=None)
    assert refusal.value.problems[0].field == "next_contact_at"


@pytest.mark.clause("S1-031")
@pytest.mark.parametrize("next_contact_at", [MONDAY, MONDAY - DAY, MONDAY + 366 * DAY])
def test_the_next_contact_lies_in_the_future_at_most_a_year_ahead(next_contact_at) -> None:
    customer = potential(a_customer(), "li")
    with pytest.raises(Invalid):
        follow_up(customer, at=MONDAY, next_contact_at=next_contact_at)
    follow_up(customer, at=MONDAY, next_contact_at=MONDAY + 365 * DAY)


def test_a_contact_time_in_the_future_is_refused() -> None:
    customer = potential(a_customer(), "li")
    with pytest.raises(Invalid) as refusal:
        follow_up(customer, contacted_at=MONDAY + MICROSECOND)
    assert refusal.value.problems[0].field == "contacted_at"


def test_a_follow_up_names_only_contacts_of_the_customer() -> None:
    customer = potential(a_customer(), "li")
    with pytest.raises(Invalid):
        follow_up(customer, contact_id=an_id())
    (known,) = customer.contacts
    follow_up(customer, contact_id=known)


@pytest.mark.clause("S1-038")
def test_the_holder_gives_up_a_potential_customer_and_it_is_public_at_once() -> None:
    customer = potential(a_customer(), "li")
    new_events(customer)
    customer.release(member="li", reason="无预算", at=MONDAY + DAY, rules=RULES)
    (event,) = new_events(customer)
    assert isinstance(event, Released)
    assert event.bar is not None
    assert (event.bar.member, event.bar.until) == ("li", MONDAY + 4 * DAY)
    assert customer.state(MONDAY + DAY) == "pool"


@pytest.mark.clause("S1-038")
def test_only_the_holder_gives_up() -> None:
    customer = potential(a_customer(), "li")
    with pytest.raises(NotTheHolder):
        customer.release(member="chen", reason="无预算", at=MONDAY, rules=RULES)


@pytest.mark.clause("S1-038")
@pytest.mark.parametrize("state", [claimed, refused])
def test_a_claim_that_is_not_in_force_is_withdrawn_not_released(state) -> None:
    customer = state(a_customer(), "li")
    with pytest.raises(WrongStage) as refusal:
        customer.release(member="li", reason="无预算", at=MONDAY, rules=RULES)
    assert refusal.value.allowed == ["potential", "intent"]
    new_events(customer)
    customer.withdraw_claim(member="li", reason="填错", at=MONDAY, rules=RULES)
    (event,) = new_events(customer)
    assert isinstance(event, ClaimWithdrawn)
    assert customer.barred_until("li", MONDAY) == MONDAY + 3 * DAY


@pytest.mark.clause("S1-313")
def test_a_protection_in_force_cannot_be_withdrawn() -> None:
    customer = potential(a_customer(), "li")
    with pytest.raises(WrongStage):
        customer.withdraw_claim(member="li", reason="填错", at=MONDAY, rules=RULES)


@pytest.mark.clause("S1-035")
def test_the_lapse_is_dated_at_the_deadline_however_late_it_is_recorded() -> None:
    customer = potential(a_customer(), "li", MONDAY)
    new_events(customer)
    assert not customer.expire(MONDAY + 30 * DAY - MICROSECOND, rules_of)
    assert customer.expire(MONDAY + 400 * DAY, rules_of)
    (event,) = new_events(customer)
    assert isinstance(event, Lapsed)
    assert event.timestamp == event.deadline == MONDAY + 30 * DAY
    assert event.actor == "system"
    assert not customer.expire(MONDAY + 401 * DAY, rules_of)


@pytest.mark.clause("S1-033", "S1-035")
def test_a_later_rulebook_moves_no_deadline_already_given() -> None:
    customer = potential(a_customer(), "li", MONDAY)
    asked = []

    def of(version):
        asked.append(version)
        return rules(potential__days=5)

    assert not customer.expire(MONDAY + 20 * DAY, of)
    assert customer.expire(MONDAY + 30 * DAY, of)
    assert asked == [RULES.version]
    assert new_events(customer)[-1].timestamp == MONDAY + 30 * DAY


@pytest.mark.clause("S1-027")
def test_while_it_is_held_only_the_holder_edits_the_record() -> None:
    customer = potential(a_customer(), "li")
    with pytest.raises(NotTheHolder):
        customer.add_contact(a_contact(), actor="chen", at=MONDAY)
    customer.add_contact(a_contact(), actor="li", at=MONDAY)
    customer.expire(MONDAY + 30 * DAY, rules_of)
    customer.add_contact(a_contact(), actor="chen", at=MONDAY + 30 * DAY)
    assert len(customer.contacts) == 3


def test_a_replay_gives_the_same_state() -> None:
    customer = refused(a_customer(), "li")
    claimed(customer, "li", MONDAY + HOUR)
    customer.pass_review(reviewer="zhao", different_company=None, at=MONDAY + 2 * HOUR, rules=RULES)
    follow_up(customer, "li", MONDAY + 3 * HOUR)
    customer.release(member="li", reason="无预算", at=MONDAY + 4 * HOUR, rules=RULES)
    claimed(customer, "chen", MONDAY + 5 * HOUR)
    again = a_customer()
    again._id = customer.id
    for event in customer.collect_events():
        event.mutate(again)
    assert again.protection == customer.protection
    assert (again.bars, again.claimants) == (customer.bars, customer.claimants)
    assert again.version == customer.version
