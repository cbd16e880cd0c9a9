"""Claims: who may ask for protection, and what blocks others from when on."""

from datetime import time, timedelta

import pytest

from domain.errors import AlreadyProtected, Barred, PoolClosed, WrongStage
from domain.events import ClaimCorrected, Claimed, Lapsed, ReviewPassed, Stage
from tests.domain.stories import (
    DAY,
    MICROSECOND,
    MONDAY,
    a_customer,
    claimed,
    new_events,
    potential,
    refused,
    rules,
    rules_of,
)


@pytest.mark.clause("S1-303", "S1-304", "S1-300")
def test_a_registered_customer_is_held_by_nobody() -> None:
    customer = a_customer()
    assert customer.live_protection(MONDAY) is None
    assert customer.state(MONDAY) == "pool"


@pytest.mark.clause("S1-026", "S1-306", "S1-314", "S1-301")
def test_a_claim_blocks_others_from_the_instant_it_is_recorded() -> None:
    customer = claimed(a_customer(), "li")
    with pytest.raises(AlreadyProtected) as refusal:
        claimed(customer, "chen", MONDAY)
    assert (refusal.value.holder, refusal.value.stage) == ("li", Stage.WAITING)
    assert refusal.value.claimed_at == MONDAY
    assert refusal.value.until is None


@pytest.mark.clause("S1-023", "S1-302", "S1-053")
@pytest.mark.parametrize("hold", [claimed, refused, potential])
def test_no_one_else_claims_a_held_customer_in_any_stage(hold) -> None:
    customer = hold(a_customer(), "li")
    with pytest.raises(AlreadyProtected):
        claimed(customer, "chen", MONDAY + timedelta(hours=1))


def test_the_holder_cannot_claim_what_he_holds() -> None:
    customer = potential(a_customer(), "li")
    with pytest.raises(AlreadyProtected) as refusal:
        claimed(customer, "li", MONDAY + DAY)
    assert refusal.value.holder == "li"


@pytest.mark.clause("S1-307")
def test_a_claim_is_for_the_one_who_sends_it() -> None:
    customer = claimed(a_customer(), "li")
    (event,) = new_events(customer)
    assert isinstance(event, Claimed)
    assert event.holder == event.actor == "li"
    assert event.department == "一部"


@pytest.mark.clause("S1-306", "S1-027")
def test_the_contact_of_a_claim_joins_the_customers_contacts() -> None:
    customer = claimed(a_customer())
    (event,) = new_events(customer)
    assert isinstance(event, Claimed)
    assert customer.contacts == {event.contact.id: event.contact}


@pytest.mark.clause("S1-033", "S1-313")
def test_a_customer_old_and_never_followed_up_is_held_for_its_full_term() -> None:
    customer = potential(a_customer(at=MONDAY - 1000 * DAY), at=MONDAY)
    held = customer.live_protection(MONDAY)
    assert held is not None
    assert held.until == MONDAY + 30 * DAY


@pytest.mark.clause("S1-035", "S1-053")
def test_at_the_deadline_instant_the_old_protection_is_over_and_a_claim_wins() -> None:
    customer = potential(a_customer(), "li", MONDAY)
    deadline = MONDAY + 30 * DAY
    with pytest.raises(AlreadyProtected):
        claimed(customer, "chen", deadline - MICROSECOND)
    new_events(customer)
    customer.expire(deadline, rules_of)
    claimed(customer, "chen", deadline)
    lapsed, claim = new_events(customer)
    assert isinstance(lapsed, Lapsed)
    assert isinstance(claim, Claimed)
    assert lapsed.timestamp == deadline == claim.timestamp
    assert claim.from_pool


@pytest.mark.clause("S1-051")
def test_reclaiming_after_a_lapse_starts_a_new_full_term() -> None:
    customer = potential(a_customer(), "li", MONDAY)
    again = MONDAY + 30 * DAY + MICROSECOND
    customer.expire(again, rules_of)
    potential(customer, "li", again)
    held = customer.live_protection(again)
    assert held is not None
    assert held.until == again + 30 * DAY


@pytest.mark.clause("S1-037", "S1-038")
def test_who_gave_up_may_not_claim_for_three_days_to_the_microsecond() -> None:
    customer = potential(a_customer(), "li", MONDAY)
    given_up = MONDAY + DAY
    customer.release(member="li", reason="无意向", at=given_up, rules=rules())
    barred_until = given_up + 3 * DAY
    with pytest.raises(Barred) as refusal:
        claimed(customer, "li", barred_until - MICROSECOND)
    assert refusal.value.until == barred_until
    claimed(customer, "li", barred_until)
    assert customer.state(barred_until) == "waiting"


@pytest.mark.clause("S1-037", "S1-050")
def test_the_bar_binds_only_the_one_who_gave_up() -> None:
    customer = potential(a_customer(), "li", MONDAY)
    customer.release(member="li", reason="无意向", at=MONDAY + DAY, rules=rules())
    claimed(customer, "chen", MONDAY + DAY)
    assert customer.state(MONDAY + DAY) == "waiting"


@pytest.mark.clause("S1-037")
def test_the_rulebook_may_bar_everybody_after_giving_up() -> None:
    everybody = rules(bar__applies_to="everyone")
    customer = potential(a_customer(), "li", MONDAY, everybody)
    customer.release(member="li", reason="无意向", at=MONDAY + DAY, rules=everybody)
    with pytest.raises(Barred):
        claimed(customer, "chen", MONDAY + 2 * DAY, everybody)


@pytest.mark.clause("S1-037")
def test_a_lapse_bars_nobody_unless_the_rulebook_says_so() -> None:
    customer = potential(a_customer(), "li", MONDAY)
    deadline = MONDAY + 30 * DAY
    customer.expire(deadline, rules_of)
    claimed(customer, "li", deadline)
    assert customer.state(deadline) == "waiting"

    strict = rules(bar__after=("release", "withdrawal", "lapse"))
    customer = potential(a_customer(), "li", MONDAY, strict)
    customer.expire(deadline, lambda _: strict)
    with pytest.raises(Barred):
        claimed(customer, "li", deadline, strict)


@pytest.mark.clause("S1-051")
def test_without_review_a_pool_claim_is_in_force_at_once() -> None:
    direct = rules(claims__review_on_pool_claim=False)
    customer = potential(a_customer(), "li", MONDAY)
    deadline = MONDAY + 30 * DAY
    customer.expire(deadline, rules_of)
    new_events(customer)
    claimed(customer, "chen", deadline, direct)
    claim, passed = new_events(customer)
    assert isinstance(claim, Claimed)
    assert isinstance(passed, ReviewPassed)
    assert passed.actor == "system"
    assert customer.state(deadline) == "potential"


@pytest.mark.clause("S1-317", "S1-318")
def test_the_claimant_of_a_refused_claim_corrects_it_and_keeps_its_time() -> None:
    customer = refused(a_customer(), "li", MONDAY)
    new_events(customer)
    claimed(customer, "li", MONDAY + timedelta(hours=5))
    (event,) = new_events(customer)
    assert isinstance(event, ClaimCorrected)
    held = customer.live_protection(MONDAY + DAY)
    assert held is not None
    assert (held.stage, held.claimed_at) == (Stage.WAITING, MONDAY)


@pytest.mark.clause("S1-318")
def test_a_claim_is_corrected_only_as_often_as_the_rulebook_allows() -> None:
    customer = claimed(refused(a_customer(), "li", MONDAY), "li", MONDAY + timedelta(hours=1))
    customer.refuse_review(
        reviewer="zhao", reason="仍有误", at=MONDAY + timedelta(hours=2), rules=rules()
    )
    with pytest.raises(WrongStage) as refusal:
        claimed(customer, "li", MONDAY + timedelta(hours=3))
    assert refusal.value.stage == "rejected"


@pytest.mark.clause("S1-050")
def test_where_the_pool_has_hours_a_pool_customer_is_claimed_within_them_only() -> None:
    hours = rules(pool__opens_at=time(9), pool__closes_at=time(18))
    customer = potential(a_customer(), "li", MONDAY, hours)
    deadline = MONDAY + 30 * DAY
    customer.expire(deadline, lambda _: hours)
    before = deadline.replace(hour=0, minute=59)
    evening = deadline.replace(hour=10) - DAY
    for closed in (before, evening + DAY):
        with pytest.raises(PoolClosed) as refusal:
            claimed(customer, "chen", closed, hours)
        assert refusal.value.opens_at.hour == 1
    claimed(customer, "chen", deadline.replace(hour=1), hours)
    new = a_customer()
    claimed(new, "chen", evening, hours)
    assert new.state(evening) == "waiting"
