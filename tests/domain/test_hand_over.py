"""Other hands: transfer, removal, leaving, and after-sales."""

from datetime import timedelta

import pytest

from domain.customer import Customer
from domain.errors import (
    AlreadyProtected,
    Barred,
    Invalid,
    NothingPending,
    NotTheHolder,
    OwnDecision,
    WrongStage,
)
from domain.events import (
    Bar,
    FollowedUp,
    HandOverArranged,
    HolderRemoved,
    Lapsed,
    MovedToAfterSales,
    Stage,
    Transferred,
)
from domain.protection import AFTER_SALES
from tests.domain.stories import (
    DAY,
    MICROSECOND,
    MONDAY,
    NUMBER,
    RULES,
    a_contact,
    a_customer,
    arrange,
    ask_extension,
    ask_intent,
    claimed,
    complete,
    draw,
    fact,
    follow_up,
    formal,
    intent,
    name_person,
    new_events,
    potential,
    recorded,
    refused,
    replay_of,
    rules,
    rules_by_version,
    rules_of,
    state_of,
    take_step,
)

HOUR = timedelta(hours=1)
LATER = MONDAY + 5 * DAY
GROUP = frozenset((AFTER_SALES,))
HELD = [claimed, potential, intent]
"""How a seller holds what can be handed over."""
DEADLINES = {claimed: None, potential: MONDAY + 30 * DAY, intent: MONDAY + 15 * DAY}
STAGES = {
    claimed: Stage.WAITING,
    refused: Stage.REJECTED,
    potential: Stage.POTENTIAL,
    intent: Stage.INTENT,
    formal: Stage.FORMAL,
}


def transfer(customer: Customer, to: str = "zhou", actor: str = "sun", at=MONDAY) -> Customer:
    customer.transfer(actor=actor, to=to, department="二部", reason="区域调整", at=at, rules=RULES)
    return customer


def remove(customer: Customer, actor: str = "sun", at=MONDAY, by=RULES) -> Customer:
    customer.remove_holder(actor=actor, reason="长期未跟进", at=at, rules=by)
    return customer


def held_by_person(customer: Customer) -> Customer:
    """Formal, and `xu` of after-sales is responsible."""
    return name_person(formal(customer))


def given_up_by_zhou(customer: Customer) -> Customer:
    """`zhou` may not claim until Thursday."""
    potential(customer, "zhou", MONDAY).release(
        member="zhou", reason="无预算", at=MONDAY, rules=RULES
    )
    return customer


# Transfer.


@pytest.mark.clause("S1-283", "S1-284")
@pytest.mark.parametrize("hold", HELD)
def test_a_transfer_leaves_stage_and_deadline_as_they_are(hold) -> None:
    customer = hold(a_customer())
    before = customer.protection
    new_events(customer)
    transfer(customer, at=MONDAY + DAY)
    assert recorded(customer) == [
        fact(
            Transferred,
            MONDAY + DAY,
            "sun",
            holder="li",
            to="zhou",
            department="二部",
            stage=STAGES[hold],
            until=DEADLINES[hold],
            reason="区域调整",
            rulebook="2026-1",
        )
    ]
    after = customer.live_protection(MONDAY + DAY)
    assert before is not None
    assert after is not None
    assert (after.holder, after.department) == ("zhou", "二部")
    assert (after.stage, after.until, after.since) == (before.stage, before.until, before.since)
    assert (after.claimed_at, after.rulebook) == (before.claimed_at, before.rulebook)
    assert (after.review_due, after.group) == (before.review_due, None)


@pytest.mark.clause("S1-284")
@pytest.mark.parametrize("ask", [ask_intent, ask_extension])
def test_a_transfer_leaves_stage_deadline_and_open_application_as_they_are(ask) -> None:
    customer = ask(potential(a_customer()))
    before = customer.protection
    transfer(customer)
    after = customer.protection
    assert before is not None
    assert after is not None
    assert after.application == before.application
    assert after.application is not None
    assert after.application.applicant == "li"
    assert (after.held_over_by, after.ends_at) == (before.held_over_by, before.ends_at)
    kind = after.application.kind
    with pytest.raises(NotTheHolder):
        customer.withdraw_application(
            kind, member="li", reason="误提交", at=MONDAY, rules_of=rules_of
        )
    customer.withdraw_application(
        kind, member="zhou", reason="误提交", at=MONDAY, rules_of=rules_of
    )
    assert customer.state(MONDAY) == "potential"


@pytest.mark.clause("S1-284")
def test_after_a_transfer_the_receiver_acts_and_the_giver_does_not() -> None:
    customer = transfer(potential(a_customer()))
    with pytest.raises(NotTheHolder):
        follow_up(customer, "li")
    follow_up(customer, "zhou")
    customer.release(member="zhou", reason="无预算", at=MONDAY, rules=RULES)
    assert customer.barred_until("zhou", MONDAY) == MONDAY + 3 * DAY
    assert customer.barred_until("li", MONDAY) is None


@pytest.mark.clause("S1-284", "S1-310")
def test_a_transferred_claim_is_reviewed_by_none_of_its_two_claimants() -> None:
    customer = transfer(claimed(a_customer()))
    for party in ("li", "zhou"):
        with pytest.raises(OwnDecision):
            customer.pass_review(reviewer=party, different_company=None, at=MONDAY, rules=RULES)
    customer.pass_review(reviewer="zhao", different_company=None, at=MONDAY, rules=RULES)
    assert customer.protection is not None
    assert (customer.protection.holder, customer.protection.claimed_at) == ("zhou", MONDAY)


@pytest.mark.clause("S1-284")
@pytest.mark.parametrize("hold", HELD)
def test_nobody_transfers_a_customer_to_himself(hold) -> None:
    customer = hold(a_customer())
    with pytest.raises(OwnDecision) as refusal:
        transfer(customer, to="sun", actor="sun")
    assert refusal.value.applicant == "sun"


@pytest.mark.clause("S1-284")
def test_no_party_transfers_the_customer() -> None:
    customer = potential(a_customer(), "chen", MONDAY - 40 * DAY)
    customer.expire(MONDAY, rules_of)
    potential(customer, "li")
    for party in ("li", "chen"):
        with pytest.raises(OwnDecision) as refusal:
            transfer(customer, actor=party)
        assert refusal.value.applicant == "li"


@pytest.mark.clause("S1-284", "S1-310")
def test_who_was_given_the_customer_once_stays_a_party() -> None:
    customer = transfer(transfer(ask_intent(potential(a_customer()))), "feng")
    for party in ("li", "zhou", "feng"):
        with pytest.raises(OwnDecision):
            customer.grant_intent(decider=party, at=MONDAY, rules=RULES)


@pytest.mark.clause("S1-284")
def test_a_transfer_to_the_holder_changes_nothing() -> None:
    customer = potential(a_customer())
    new_events(customer)
    with pytest.raises(Invalid) as refusal:
        transfer(customer, to="li")
    assert (refusal.value.problems[0].field, refusal.value.problems[0].code) == (
        "to",
        "same-holder",
    )
    assert recorded(customer) == []


@pytest.mark.clause("S1-037", "S1-284")
def test_nobody_is_given_a_customer_whom_he_may_not_claim() -> None:
    customer = potential(given_up_by_zhou(a_customer()), "li")
    barred_until = MONDAY + 3 * DAY
    with pytest.raises(Barred) as refusal:
        transfer(customer, at=barred_until - MICROSECOND)
    assert refusal.value.until == barred_until
    transfer(customer, at=barred_until)
    assert customer.state(barred_until) == "potential"


@pytest.mark.clause("S1-284")
@pytest.mark.parametrize("hold", [refused, formal, held_by_person])
def test_neither_a_refused_claim_nor_a_formal_customer_is_transferred(hold) -> None:
    with pytest.raises(WrongStage) as refusal:
        transfer(hold(a_customer()))
    assert refusal.value.allowed == ["waiting", "potential", "intent"]


@pytest.mark.clause("S1-284")
def test_a_pool_customer_is_claimed_not_transferred() -> None:
    with pytest.raises(NotTheHolder) as refusal:
        transfer(a_customer())
    assert refusal.value.holder is None


# Removal by a manager.


@pytest.mark.clause("S1-319", "S1-320")
@pytest.mark.parametrize("hold", [*HELD, refused])
def test_a_manager_removes_the_holder_and_the_customer_is_public(hold) -> None:
    customer = hold(a_customer())
    new_events(customer)
    remove(customer, at=MONDAY + DAY)
    assert recorded(customer) == [
        fact(
            HolderRemoved,
            MONDAY + DAY,
            "sun",
            holder="li",
            stage=STAGES[hold],
            cause="manager",
            bar=None,
            rulebook="2026-1",
            reason="长期未跟进",
        )
    ]
    assert customer.state(MONDAY + DAY) == "pool"
    claimed(customer, "li", MONDAY + DAY)


@pytest.mark.clause("S1-037")
def test_the_rulebook_may_bar_whom_a_manager_removed() -> None:
    strict = rules(bar__after=("removal",))
    customer = remove(potential(a_customer()), by=strict)
    assert new_events(customer)[-1].bar == Bar("li", MONDAY + 3 * DAY)
    with pytest.raises(Barred):
        claimed(customer, "li", MONDAY, strict)


def test_no_party_removes_the_holder() -> None:
    customer = potential(a_customer(), "chen", MONDAY - 40 * DAY)
    customer.expire(MONDAY, rules_of)
    potential(customer, "li")
    for party in ("li", "chen"):
        with pytest.raises(OwnDecision) as refusal:
            remove(customer, party)
        assert refusal.value.applicant == "li"


@pytest.mark.clause("S1-047")
def test_only_a_holder_before_formal_is_removed() -> None:
    with pytest.raises(NotTheHolder):
        remove(a_customer())
    for hold in (formal, held_by_person):
        with pytest.raises(WrongStage) as refusal:
            remove(hold(a_customer()))
        assert refusal.value.allowed == ["waiting", "potential", "intent", "rejected"]


# After-sales.


@pytest.mark.clause("S1-048")
def test_a_person_of_after_sales_is_named_for_a_formal_customer() -> None:
    customer = formal(a_customer())
    new_events(customer)
    name_person(customer, "xu", MONDAY + DAY)
    assert recorded(customer) == [
        fact(
            MovedToAfterSales,
            MONDAY + DAY,
            "lin",
            holder=None,
            to="xu",
            department="售后部",
            rulebook="2026-1",
        )
    ]
    held = customer.live_protection(MONDAY + DAY)
    assert held is not None
    assert (held.holder, held.group, held.department) == ("xu", None, "售后部")
    assert (held.stage, held.until) == (Stage.FORMAL, None)


@pytest.mark.clause("S1-048")
def test_another_person_may_be_named_later() -> None:
    customer = held_by_person(a_customer())
    with pytest.raises(Invalid) as refusal:
        name_person(customer, "xu")
    assert refusal.value.problems[0].code == "same-holder"
    new_events(customer)
    name_person(customer, "feng")
    (event,) = new_events(customer)
    assert isinstance(event, MovedToAfterSales)
    assert (event.holder, event.to) == ("xu", "feng")


@pytest.mark.clause("S1-048")
def test_who_names_the_person_does_not_name_himself() -> None:
    with pytest.raises(OwnDecision):
        name_person(formal(a_customer()), "lin")


@pytest.mark.clause("S1-048")
@pytest.mark.parametrize("hold", [*HELD, refused])
def test_before_it_is_formal_no_person_of_after_sales_is_named(hold) -> None:
    with pytest.raises(WrongStage) as refusal:
        name_person(hold(a_customer()))
    assert refusal.value.allowed == ["formal"]
    with pytest.raises(NotTheHolder):
        name_person(a_customer())


@pytest.mark.clause("S1-048")
def test_a_bar_is_no_hindrance_for_a_formal_customer() -> None:
    """It keeps sellers from claiming; nobody claims a formal customer."""
    customer = given_up_by_zhou(a_customer())
    name_person(formal(customer), "zhou")
    assert customer.protection is not None
    assert customer.protection.holder == "zhou"


@pytest.mark.clause("S1-049", "S1-048")
def test_until_a_person_is_named_all_of_after_sales_follows_up() -> None:
    customer = formal(a_customer())
    for member, groups in (("li", frozenset()), ("he", frozenset())):
        with pytest.raises(NotTheHolder) as refusal:
            follow_up(customer, member, groups=groups)
        assert (refusal.value.holder, refusal.value.group) == (None, AFTER_SALES)
    new_events(customer)
    for member in ("xu", "feng"):
        follow_up(customer, member, groups=GROUP)
    assert [(event.actor, event.holder) for event in new_events(customer)] == [
        ("xu", None),
        ("feng", None),
    ]
    customer.add_contact(a_contact(), actor="feng", at=MONDAY, groups=GROUP)
    with pytest.raises(NotTheHolder):
        customer.add_contact(a_contact(), actor="li", at=MONDAY)


@pytest.mark.clause("S1-049")
def test_once_a_person_is_named_nobody_else_follows_up() -> None:
    customer = held_by_person(a_customer())
    for member in ("feng", "li"):
        with pytest.raises(NotTheHolder) as refusal:
            follow_up(customer, member, groups=GROUP)
        assert (refusal.value.holder, refusal.value.group) == ("xu", None)
        with pytest.raises(NotTheHolder):
            customer.add_contact(a_contact(), actor=member, at=MONDAY, groups=GROUP)
    new_events(customer)
    follow_up(customer, "xu", groups=GROUP)
    (event,) = new_events(customer)
    assert isinstance(event, FollowedUp)
    assert (event.holder, event.stage) == ("xu", Stage.FORMAL)


@pytest.mark.clause("S1-049")
def test_after_sales_as_a_group_has_no_part_in_what_a_seller_holds() -> None:
    with pytest.raises(NotTheHolder):
        follow_up(potential(a_customer()), "xu", groups=GROUP)
    with pytest.raises(NotTheHolder):
        potential(a_customer()).add_contact(a_contact(), actor="xu", at=MONDAY, groups=GROUP)


# Leaving, with a successor.


@pytest.mark.clause("S1-283")
def test_that_the_holder_will_leave_is_recorded_with_who_takes_over() -> None:
    customer = potential(a_customer())
    new_events(customer)
    arrange(customer, LATER, "zhou", MONDAY + DAY)
    assert recorded(customer) == [
        fact(
            HandOverArranged,
            MONDAY + DAY,
            "sun",
            holder="li",
            stage=Stage.POTENTIAL,
            leaves_at=LATER,
            to="zhou",
            department="二部",
            reason="离职",
        )
    ]


@pytest.mark.clause("S1-283", "S1-284")
@pytest.mark.parametrize("hold", HELD)
def test_from_the_leaving_on_the_successor_has_it(hold) -> None:
    customer = arrange(hold(a_customer()), LATER, "zhou")
    before = customer.live_protection(LATER - MICROSECOND)
    after = customer.live_protection(LATER)
    assert before is not None
    assert after is not None
    assert (before.holder, before.department) == ("li", "一部")
    assert (after.holder, after.department, after.leaving) == ("zhou", "二部", None)
    assert (after.stage, after.until) == (STAGES[hold], DEADLINES[hold])
    new_events(customer)
    assert not customer.expire(LATER - MICROSECOND, rules_of)
    assert customer.expire(LATER + 2 * DAY, rules_of)
    assert recorded(customer) == [
        fact(
            Transferred,
            LATER,
            "sun",
            holder="li",
            to="zhou",
            department="二部",
            stage=STAGES[hold],
            until=DEADLINES[hold],
            reason="离职",
            rulebook="2026-1",
        )
    ]
    assert customer.protection == after
    assert customer.is_party("zhou")
    assert not customer.expire(LATER + 2 * DAY, rules_of)


@pytest.mark.clause("S1-284")
def test_until_the_leaving_the_leaver_acts_and_from_then_on_the_successor() -> None:
    customer = arrange(ask_extension(potential(a_customer())), LATER, "zhou")
    follow_up(customer, "li", LATER - MICROSECOND)
    with pytest.raises(NotTheHolder):
        follow_up(customer, "zhou", LATER - MICROSECOND)
    follow_up(customer, "zhou", LATER)
    with pytest.raises(NotTheHolder) as refusal:
        follow_up(customer, "li", LATER)
    assert refusal.value.holder == "zhou"
    held = customer.live_protection(LATER)
    assert held is not None
    assert held.application is not None
    assert held.application.applicant == "li"


@pytest.mark.clause("S1-283", "S1-284")
def test_who_leaves_now_has_handed_over_at_this_instant() -> None:
    customer = arrange(potential(a_customer()), MONDAY, "zhou")
    new_events(customer)
    assert customer.expire(MONDAY, rules_of)
    (event,) = new_events(customer)
    assert isinstance(event, Transferred)
    assert event.timestamp == MONDAY


@pytest.mark.clause("S1-284", "S1-035")
@pytest.mark.parametrize("to", [None, "zhou"])
@pytest.mark.parametrize("leaves_at", [MONDAY + 30 * DAY, MONDAY + 31 * DAY])
def test_a_deadline_before_or_at_the_leaving_ends_it_first(to, leaves_at) -> None:
    customer = arrange(potential(a_customer()), leaves_at, to)
    assert customer.state(MONDAY + 30 * DAY - MICROSECOND) == "potential"
    assert customer.state(MONDAY + 30 * DAY) == "pool"
    new_events(customer)
    assert customer.expire(MONDAY + 40 * DAY, rules_of)
    (event,) = new_events(customer)
    assert isinstance(event, Lapsed)
    assert (event.holder, event.timestamp) == ("li", MONDAY + 30 * DAY)


@pytest.mark.clause("S1-284", "S1-035")
def test_a_deadline_after_the_leaving_ends_it_for_the_successor() -> None:
    customer = arrange(potential(a_customer()), MONDAY + 30 * DAY - MICROSECOND, "zhou")
    assert customer.state(MONDAY + 30 * DAY) == "pool"
    new_events(customer)
    assert customer.expire(MONDAY + 40 * DAY, rules_of)
    handed_over, over = new_events(customer)
    assert isinstance(handed_over, Transferred)
    assert isinstance(over, Lapsed)
    assert (over.holder, over.timestamp) == ("zhou", MONDAY + 30 * DAY)


@pytest.mark.clause("S1-284")
def test_what_is_held_over_is_handed_over_in_the_hold_over_too() -> None:
    customer = arrange(ask_intent(potential(a_customer())), MONDAY + 31 * DAY, "zhou")
    held = customer.live_protection(MONDAY + 31 * DAY)
    assert held is not None
    assert (held.holder, held.held_over_by) == ("zhou", "intent")
    customer.expire(MONDAY + 31 * DAY, rules_of)
    customer.refuse_application(
        "intent", decider="sun", reason="没有进展", at=MONDAY + 31 * DAY, rules_of=rules_of
    )
    over = new_events(customer)[-1]
    assert (over.cause, over.holder) == ("application-refused", "zhou")


@pytest.mark.clause("S1-283")
@pytest.mark.parametrize("decide", ["pass", "refuse", "grant", "extend"])
def test_what_is_decided_meanwhile_leaves_the_arrangement_as_it_is(decide) -> None:
    customer = claimed(a_customer()) if decide in ("pass", "refuse") else potential(a_customer())
    arrange(customer, LATER, "zhou")
    if decide == "pass":
        customer.pass_review(reviewer="zhao", different_company=None, at=MONDAY, rules=RULES)
    elif decide == "refuse":
        customer.refuse_review(reviewer="zhao", reason="有误", at=MONDAY, rules=RULES)
        claimed(customer, "li", MONDAY + HOUR)
    elif decide == "grant":
        ask_intent(customer).grant_intent(decider="sun", at=MONDAY, rules=RULES)
    else:
        ask_extension(customer)
        customer.grant_extension(decider="sun", days=None, at=MONDAY, rules_of=rules_of)
    held = customer.live_protection(LATER)
    assert held is not None
    assert held.holder == "zhou"


@pytest.mark.clause("S1-283", "S1-318")
def test_a_claim_that_is_refused_meanwhile_is_the_successors_to_correct() -> None:
    leaves_at = MONDAY + 2 * DAY
    customer = arrange(claimed(a_customer()), leaves_at, "zhou")
    customer.refuse_review(reviewer="zhao", reason="有误", at=MONDAY, rules=RULES)
    customer.expire(leaves_at, rules_of)
    with pytest.raises(AlreadyProtected):
        claimed(customer, "li", leaves_at)
    claimed(customer, "zhou", leaves_at)
    assert customer.protection is not None
    assert (customer.protection.holder, customer.protection.claimed_at) == ("zhou", MONDAY)


def test_a_transfer_meanwhile_ends_the_arrangement() -> None:
    customer = transfer(arrange(potential(a_customer()), LATER), "zhou")
    held = customer.live_protection(LATER)
    assert held is not None
    assert (held.holder, held.leaving) == ("zhou", None)


@pytest.mark.clause("S1-283")
def test_the_confirmation_meanwhile_ends_the_arrangement() -> None:
    customer = arrange(complete(intent(a_customer())), LATER)
    customer.confirm_contract(confirmer="he", number=NUMBER, at=MONDAY, rules=RULES)
    assert not customer.expire(LATER, rules_of)
    held = customer.live_protection(LATER)
    assert held is not None
    assert (held.holder, held.group, held.leaving) == (None, AFTER_SALES, None)


@pytest.mark.clause("S1-283")
def test_a_hand_over_is_for_what_a_successor_can_hold() -> None:
    with pytest.raises(WrongStage) as refusal:
        arrange(refused(a_customer()), LATER, "zhou")
    assert refusal.value.allowed == ["waiting", "potential", "intent", "formal"]
    with pytest.raises(NotTheHolder):
        arrange(a_customer(), LATER)


@pytest.mark.clause("S1-283", "S1-284")
def test_who_arranges_neither_has_a_part_nor_takes_over_himself() -> None:
    customer = potential(a_customer(), "chen", MONDAY - 40 * DAY)
    customer.expire(MONDAY, rules_of)
    potential(customer, "li")
    for party in ("li", "chen"):
        with pytest.raises(OwnDecision):
            arrange(customer, LATER, "zhou", actor=party)
    with pytest.raises(OwnDecision):
        arrange(customer, LATER, "sun")
    with pytest.raises(Invalid):
        arrange(customer, LATER, "li")
    arrange(customer, LATER, actor="chen")
    assert customer.protection is not None
    assert customer.protection.leaving is not None


@pytest.mark.clause("S1-037", "S1-284")
def test_a_bar_of_the_successor_counts_at_the_leaving() -> None:
    customer = potential(given_up_by_zhou(a_customer()), "li")
    with pytest.raises(Barred):
        arrange(customer, MONDAY + 3 * DAY - MICROSECOND, "zhou")
    arrange(customer, MONDAY + 3 * DAY, "zhou")
    assert customer.protection is not None
    assert customer.protection.leaving is not None


# Leaving, without a successor.


@pytest.mark.clause("S1-283", "S1-319")
@pytest.mark.parametrize("hold", [*HELD, refused])
def test_without_a_successor_it_ends_with_the_leaving(hold) -> None:
    leaves_at = MONDAY + 2 * DAY
    customer = arrange(hold(a_customer()), leaves_at)
    assert customer.state(leaves_at - MICROSECOND) == STAGES[hold]
    assert customer.state(leaves_at) == "pool"
    new_events(customer)
    assert customer.expire(leaves_at + 300 * DAY, rules_of)
    assert recorded(customer) == [
        fact(
            HolderRemoved,
            leaves_at,
            "system",
            holder="li",
            stage=STAGES[hold],
            cause="left",
            bar=None,
            rulebook="2026-1",
            reason="离职",
        )
    ]


@pytest.mark.clause("S1-318")
def test_a_refused_claim_whose_removal_comes_first_ends_by_its_removal() -> None:
    customer = arrange(refused(a_customer()), MONDAY + 20 * DAY)
    new_events(customer)
    assert customer.expire(MONDAY + 20 * DAY, rules_of)
    (event,) = new_events(customer)
    assert isinstance(event, HolderRemoved)
    assert event.cause == "review-refused"


@pytest.mark.clause("S1-302")
def test_a_rival_is_told_that_it_ends_with_the_leaving() -> None:
    for hold in (claimed, potential):
        customer = arrange(hold(a_customer()), LATER)
        with pytest.raises(AlreadyProtected) as refusal:
            claimed(customer, "chen", LATER - MICROSECOND)
        assert refusal.value.until == LATER
        customer.expire(LATER, rules_of)
        claimed(customer, "chen", LATER)


@pytest.mark.clause("S1-037")
def test_the_rulebook_may_bar_after_a_leaving_by_the_version_that_granted() -> None:
    strict = rules(version="strict", bar__after=("removal",))
    customer = arrange(potential(a_customer(), by=strict), LATER)
    new_events(customer)
    customer.expire(LATER, rules_by_version(RULES, strict))
    (event,) = new_events(customer)
    assert event.bar == Bar("li", LATER + 3 * DAY)


@pytest.mark.clause("S1-283")
def test_an_application_of_one_who_left_is_decided_no_more() -> None:
    customer = arrange(ask_intent(potential(a_customer())), LATER)
    customer.expire(LATER, rules_of)
    with pytest.raises(NothingPending):
        customer.grant_intent(decider="sun", at=LATER, rules=RULES)


@pytest.mark.clause("S1-283")
def test_a_claim_of_one_whose_leaving_is_arranged_ends_with_it() -> None:
    customer = a_customer()
    customer.claim(
        member="li",
        department="一部",
        contact=a_contact(),
        collision=[],
        at=MONDAY,
        rules=RULES,
        leaves_at=LATER,
    )
    assert new_events(customer)[-1].leaves_at == LATER
    customer.pass_review(reviewer="zhao", different_company=None, at=MONDAY, rules=RULES)
    assert customer.state(LATER - MICROSECOND) == "potential"
    assert customer.state(LATER) == "pool"
    new_events(customer)
    assert customer.expire(LATER, rules_of)
    (event,) = new_events(customer)
    assert isinstance(event, HolderRemoved)
    assert (event.actor, event.cause, event.reason) == ("system", "left", None)


# Leaving from after-sales.


@pytest.mark.clause("S1-048", "S1-283")
def test_a_formal_customer_falls_to_the_group_when_its_person_leaves() -> None:
    customer = arrange(held_by_person(a_customer()), LATER)
    assert customer.state(LATER) == "formal"
    after = customer.live_protection(LATER)
    assert after is not None
    assert (after.holder, after.group, after.ends_at) == (None, AFTER_SALES, None)
    with pytest.raises(NotTheHolder):
        follow_up(customer, "feng", LATER - MICROSECOND, groups=GROUP)
    follow_up(customer, "feng", LATER, groups=GROUP)
    new_events(customer)
    assert customer.expire(LATER + DAY, rules_of)
    assert recorded(customer) == [
        fact(
            MovedToAfterSales,
            LATER,
            "sun",
            holder="xu",
            to=None,
            department=None,
            rulebook="2026-1",
        )
    ]
    assert customer.protection == after


@pytest.mark.clause("S1-048", "S1-284")
def test_a_formal_customer_is_handed_over_to_another_person() -> None:
    customer = arrange(held_by_person(a_customer()), LATER, "feng")
    new_events(customer)
    assert customer.expire(LATER, rules_of)
    (event,) = new_events(customer)
    assert isinstance(event, MovedToAfterSales)
    assert (event.holder, event.to, event.department) == ("xu", "feng", "二部")
    follow_up(customer, "feng", LATER, groups=GROUP)


@pytest.mark.clause("S1-048", "S1-283")
def test_nobody_claims_a_formal_customer_whose_person_has_left() -> None:
    customer = arrange(held_by_person(a_customer()), LATER)
    with pytest.raises(AlreadyProtected) as refusal:
        claimed(customer, "chen", LATER)
    assert (refusal.value.holder, refusal.value.group, refusal.value.until) == (
        None,
        AFTER_SALES,
        None,
    )


def test_what_was_drawn_goes_along_to_the_successor_and_not_into_the_pool() -> None:
    customer = arrange(draw(intent(a_customer())), LATER, "zhou")
    customer.expire(LATER, rules_of)
    take_step(customer, "type", "zhou", LATER)
    gone = arrange(draw(intent(a_customer())), LATER)
    gone.expire(LATER, rules_of)
    assert gone.contract(NUMBER).state(LATER) == "dropped"


def test_a_replay_of_hand_overs_gives_the_same_state() -> None:
    customer = transfer(complete(intent(a_customer())))
    arrange(customer, LATER, "feng")
    customer.expire(LATER, rules_of)
    customer.confirm_contract(confirmer="he", number=NUMBER, at=LATER, rules=RULES)
    name_person(customer, "xu", LATER)
    arrange(customer, LATER + DAY, at=LATER)
    customer.expire(LATER + DAY, rules_of)
    assert state_of(replay_of(customer)) == state_of(customer)
