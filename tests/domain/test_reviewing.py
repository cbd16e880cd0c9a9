"""Reviews: the service centre passes or refuses a claim; what is refused ends by itself."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import NothingPending, OwnDecision
from domain.events import HolderRemoved, ReviewPassed, ReviewRefused, Stage
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

HOUR = timedelta(hours=1)


@pytest.mark.clause("S1-313", "S1-033", "S1-316")
def test_protection_is_in_force_from_the_pass_for_thirty_days() -> None:
    customer = claimed(a_customer(), "li", MONDAY)
    passed_at = MONDAY + 2 * DAY
    new_events(customer)
    customer.pass_review(reviewer="zhao", different_company=None, at=passed_at, rules=rules())
    (event,) = new_events(customer)
    assert isinstance(event, ReviewPassed)
    assert (event.actor, event.holder) == ("zhao", "li")
    assert event.until == passed_at + 30 * DAY
    held = customer.live_protection(passed_at)
    assert held is not None
    assert (held.stage, held.in_force_since) == (Stage.POTENTIAL, passed_at)
    assert held.claimed_at == MONDAY


@pytest.mark.clause("S1-033")
@pytest.mark.parametrize(
    ("counts_from", "expected"),
    [
        ("pass", MONDAY + 5 * DAY),
        ("earlier-of-pass-and-review-due", MONDAY + 3 * DAY),
        ("claim", MONDAY),
    ],
)
def test_the_rulebook_says_from_when_the_thirty_days_run(counts_from, expected) -> None:
    by = rules(claims__potential_counts_from=counts_from)
    customer = claimed(a_customer(), "li", MONDAY, by)
    customer.pass_review(reviewer="zhao", different_company=None, at=MONDAY + 5 * DAY, rules=by)
    held = customer.live_protection(MONDAY + 5 * DAY)
    assert held is not None
    assert held.until == expected + 30 * DAY


@pytest.mark.clause("S1-310")
def test_the_claimant_never_reviews_his_own_claim() -> None:
    customer = claimed(a_customer(), "li")
    with pytest.raises(OwnDecision) as refusal:
        customer.pass_review(reviewer="li", different_company=None, at=MONDAY, rules=rules())
    assert refusal.value.applicant == "li"


@pytest.mark.clause("S1-310")
def test_who_claimed_the_customer_before_does_not_review_a_rivals_claim() -> None:
    customer = potential(a_customer(), "li", MONDAY)
    customer.expire(MONDAY + 30 * DAY, rules_of)
    claimed(customer, "chen", MONDAY + 30 * DAY)
    with pytest.raises(OwnDecision):
        customer.refuse_review(reviewer="li", reason="不实", at=MONDAY + 31 * DAY, rules=rules())


@pytest.mark.clause("S1-309")
@pytest.mark.parametrize("state", [lambda c: c, potential, refused])
def test_without_an_open_claim_there_is_nothing_to_review(state) -> None:
    customer = state(a_customer())
    with pytest.raises(NothingPending):
        customer.pass_review(
            reviewer="zhao", different_company=None, at=MONDAY + HOUR, rules=rules()
        )


@pytest.mark.clause("S1-315")
def test_an_undecided_claim_has_no_automatic_outcome() -> None:
    customer = claimed(a_customer(), "li", MONDAY)
    held = customer.live_protection(MONDAY + 3650 * DAY)
    assert held is not None
    assert held.review_due == MONDAY + 3 * DAY
    assert not customer.expire(MONDAY + 3650 * DAY, rules_of)


@pytest.mark.clause("S1-317", "S1-318")
def test_a_refused_claim_still_blocks_until_the_end_of_the_third_working_day() -> None:
    customer = refused(a_customer(), "li", MONDAY)
    end = datetime(2026, 3, 5, 16, 0, tzinfo=UTC)
    """Midnight after Thursday, 5 March, in Shanghai: the refusal's Monday does not count."""
    refusal = new_events(customer)[-1]
    assert isinstance(refusal, ReviewRefused)
    assert (refusal.removal_due, refusal.provisional) == (end, False)
    assert customer.state(end - MICROSECOND) == "rejected"
    assert customer.state(end) == "pool"


@pytest.mark.clause("S1-318", "S1-319", "S1-320")
def test_after_the_removal_the_customer_is_public_and_its_record_stays() -> None:
    customer = refused(a_customer(), "li", MONDAY)
    new_events(customer)
    assert customer.expire(MONDAY + 10 * DAY, rules_of)
    (removed,) = new_events(customer)
    assert isinstance(removed, HolderRemoved)
    assert removed.timestamp == datetime(2026, 3, 5, 16, 0, tzinfo=UTC)
    assert (removed.actor, removed.cause) == ("system", "review-refused")
    assert removed.bar is None
    assert customer.name == "靖江市春意空调有限公司"
    assert customer.contacts


@pytest.mark.clause("S1-318")
@pytest.mark.parametrize(
    ("refused_at", "removal_due"),
    [
        # Friday, 13 February 2026; 14 February works, then the Spring Festival to the 23rd.
        (datetime(2026, 2, 13, 2, tzinfo=UTC), datetime(2026, 2, 25, 16, tzinfo=UTC)),
        # 23:30 in Shanghai counts as its own day, half an hour later as the next.
        (datetime(2026, 3, 2, 15, 30, tzinfo=UTC), datetime(2026, 3, 5, 16, tzinfo=UTC)),
        (datetime(2026, 3, 2, 16, 30, tzinfo=UTC), datetime(2026, 3, 6, 16, tzinfo=UTC)),
    ],
)
def test_the_removal_counts_chinese_working_days(refused_at, removal_due) -> None:
    customer = refused(a_customer(), "li", refused_at)
    held = customer.live_protection(refused_at)
    assert held is not None
    assert held.until == removal_due


@pytest.mark.clause("S1-318")
def test_a_delay_of_no_days_removes_at_the_end_of_the_same_day() -> None:
    customer = refused(a_customer(), "li", MONDAY, rules(claims__removal_working_days=1))
    held = customer.live_protection(MONDAY)
    assert held is not None
    assert held.until == datetime(2026, 3, 3, 16, tzinfo=UTC)
