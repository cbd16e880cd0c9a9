"""What deciding would lead to, told before it is decided, is what the decision then does."""

from datetime import datetime

import pytest

from domain.customer import Customer
from domain.may import Asker, Right, rights
from domain.outcomes import Outcome
from domain.rulebook import RulebookStream
from tests.domain.stories import (
    DAY,
    MONDAY,
    RULES,
    a_customer,
    ask_extension,
    ask_intent,
    claimed,
    potential,
    rules_of,
)

RULEBOOK = RulebookStream.open(at=MONDAY - 500 * DAY)


def right(customer: Customer, command: str, role: str, at: datetime = MONDAY) -> Right:
    asker = Asker("sun", frozenset((role,)), False, frozenset(("一部",)))
    found = rights(customer, asker, at, RULEBOOK)
    return next(one for one in found if one.command == command)


def outcomes(
    customer: Customer, command: str, role: str, at: datetime = MONDAY
) -> dict[str, Outcome]:
    return {one.decision: one for one in right(customer, command, role, at).outcomes}


@pytest.mark.clause("S1-313", "S1-317")
def test_a_review_tells_both_ends_and_changes_nothing() -> None:
    customer = claimed(a_customer())
    version, waiting = customer.version, customer.protection
    told = outcomes(customer, "review", "reviewer")
    assert (told["pass"].state, told["pass"].until) == ("potential", MONDAY + 30 * DAY)
    assert told["refuse"].state == "rejected"
    assert (customer.version, customer.protection) == (version, waiting)
    customer.pass_review(reviewer="sun", different_company=None, at=MONDAY, rules=RULES)
    assert customer.protection is not None
    assert customer.protection.until == told["pass"].until


@pytest.mark.clause("S1-041")
def test_an_application_tells_what_granting_it_and_refusing_it_would_do() -> None:
    customer = ask_intent(potential(a_customer()))
    deadline = customer.protection.until if customer.protection else None
    told = outcomes(customer, "decide-intent", "director")
    assert told["refuse"] == Outcome("refuse", "potential", "li", deadline)
    customer.grant_intent(decider="sun", at=MONDAY, rules=RULES)
    assert customer.protection is not None
    assert told["grant"] == Outcome("grant", "intent", "li", customer.protection.until)


def test_past_its_deadline_a_refused_application_frees_the_customer() -> None:
    customer = ask_extension(potential(a_customer()))
    late = MONDAY + 31 * DAY
    told = outcomes(customer, "decide-extension", "director", late)
    assert told["refuse"] == Outcome("refuse", "pool", None, None)
    customer.grant_extension(decider="sun", days=None, at=late, rules_of=rules_of)
    assert customer.protection is not None
    assert told["grant"].until == customer.protection.until


def test_a_way_that_is_not_open_any_more_is_left_out() -> None:
    customer = potential(a_customer())
    customer.request_extension(member="li", reason="月底定案", days=1, at=MONDAY, rules_of=rules_of)
    told = outcomes(customer, "decide-extension", "director", MONDAY + 33 * DAY)
    assert set(told) == {"refuse"}


def test_who_may_not_decide_is_told_no_outcome() -> None:
    customer = claimed(a_customer())
    assert right(customer, "review", "seller").outcomes == ()
    assert right(customer, "follow-up", "seller").outcomes == ()
