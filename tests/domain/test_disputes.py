"""A contested tenure: what the events say of it, who rules, and what a ruling makes of the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest

from domain.citations import CITABLE, FIRST_VALID_CLAIM
from domain.contesting import contested, lost_by, tenures_of
from domain.customer import Customer
from domain.customer.disputes import Award
from domain.errors import (
    AlreadyPending,
    Invalid,
    NotAParty,
    NotFound,
    NothingPending,
    OwnDecision,
    WrongStage,
)
from domain.events import (
    DisputeMoved,
    DisputeOpened,
    DisputeRuled,
    Restored,
    Stage,
    StatementMade,
)
from domain.protection import Protection
from domain.tenures import fold
from domain.words import describe
from tests.domain.stories import (
    DAY,
    MICROSECOND,
    MONDAY,
    NUMBER,
    RULES,
    a_customer,
    arrange,
    ask_extension,
    ask_intent,
    claimed,
    complete,
    draw,
    fact,
    formal,
    intent,
    name_person,
    new_events,
    potential,
    recorded,
    refused,
    replay_of,
    rules_of,
    sign,
    state_of,
)

AT = MONDAY + DAY
UNTIL = AT + 20 * DAY


def contest(customer: Customer, opener: str = "chen", **changed: Any) -> Customer:
    facts: dict[str, Any] = {
        "contested_at": AT,
        "statement": "先联系",
        "contested": None,
        "is_held": False,
        "rule": None,
        "actor": opener,
        "at": AT,
    }
    customer.open_dispute(**{**facts, **changed})
    return customer


def award(to: str = "chen", **changed: Any) -> Award:
    facts: dict[str, Any] = {
        "department": "二部",
        "stage": Stage.POTENTIAL,
        "claimed_at": AT,
        "in_force_since": AT,
        "until": UNTIL,
        "granted_by": RULES.version,
    }
    return Award(to, **{**facts, **changed})


def rule(
    customer: Customer,
    ruling: Any = "move",
    given: Award | None = None,
    actor: str = "shen",
    number: int = 1,
) -> Customer:
    customer.rule_dispute(
        number,
        ruling,
        rule=FIRST_VALID_CLAIM,
        reason="先申请者有效",
        award=given if given is not None or ruling == "uphold" else award(),
        actor=actor,
        at=AT,
        rules=RULES,
    )
    return customer


def pooled(customer: Customer) -> Customer:
    potential(customer).release(member="li", reason="无预算", at=MONDAY, rules=RULES)
    return customer


# What is contested.


@pytest.mark.clause("S1-035", "S1-053")
def test_the_tenure_that_held_at_the_instant_is_the_contested_one() -> None:
    """Half-open: the instant of the claim is in it, the deadline is not (A-10)."""
    customer = a_customer()
    new_events(customer)
    intent(customer, at=MONDAY)
    customer.expire(MONDAY + 40 * DAY, rules_of)
    tenures = tenures_of(new_events(customer))
    deadline = MONDAY + 15 * DAY
    assert contested(tenures, MONDAY - MICROSECOND) == (None, False)
    for at, is_held in ((MONDAY, True), (deadline - MICROSECOND, True), (deadline, False)):
        told, held = contested(tenures, at)
        assert told is not None
        assert (told.holder, told.stage, held) == ("li", Stage.INTENT, is_held), at
        assert (told.until, told.ended, told.rulebook) == (deadline, "lapsed", RULES.version)
        assert told.opened_version == told.grounds[-2]


def test_a_protection_is_remembered_as_it_stood_in_the_end() -> None:
    customer = a_customer()
    ask_extension(potential(customer))
    customer.grant_extension(decider="sun", days=7, at=MONDAY, rules_of=rules_of)
    held = customer.protection
    customer.remove_holder(actor="sun", reason="误认", at=AT, rules=RULES)
    potential(customer, "chen", AT)
    tenures = tenures_of(new_events(customer))
    lost = lost_by(tenures, "li")
    assert lost is not None
    assert (lost.protection, lost.interval.ended) == (held, "removed")
    assert lost_by(tenures, "chen") is None
    assert lost_by(tenures, "wu") is None


def test_a_stage_that_leads_to_the_next_is_not_lost() -> None:
    assert lost_by(tenures_of(new_events(intent(a_customer()))), "li") is None


# Opened.


def test_to_open_a_dispute_moves_nothing_and_makes_a_party() -> None:
    customer = potential(a_customer())
    held = customer.protection
    new_events(customer)
    contest(customer, rule="S1-053")
    assert recorded(customer) == [
        fact(
            DisputeOpened,
            AT,
            "chen",
            number=1,
            contested_at=AT,
            statement="先联系",
            contested=None,
            is_held=False,
            rule="S1-053",
        )
    ]
    assert customer.protection == held
    assert customer.is_party("chen")
    assert not customer.is_party("shen")
    assert customer.has_been_claimed
    assert not contest(a_customer()).has_been_claimed


def test_one_case_of_a_member_and_a_tenure_is_open_at_a_time() -> None:
    customer = potential(a_customer())
    tenure, is_held = contested(tenures_of(new_events(customer)), AT)
    contest(customer)
    contest(customer, contested=tenure, is_held=is_held)
    for again in (None, tenure):
        with pytest.raises(AlreadyPending):
            contest(customer, contested=again)
    contest(customer, "wu", contested=tenure)
    assert [dispute.number for dispute in customer.open_disputes] == [1, 2, 3]
    rule(customer, "uphold")
    contest(customer)
    assert sorted(customer.disputes) == [1, 2, 3, 4]


# Stated.


def state(customer: Customer, actor: str, number: int = 1, *, has_part: bool = False) -> Customer:
    customer.state_in_dispute(number, "当日已联系", has_part=has_part, actor=actor, at=AT)
    return customer


def test_a_party_tells_its_side_and_nothing_moves() -> None:
    customer = contest(potential(a_customer()))
    held = customer.protection
    new_events(customer)
    state(state(customer, "li"), "chen")
    assert recorded(customer) == [
        fact(StatementMade, AT, member, number=1, statement="当日已联系")
        for member in ("li", "chen")
    ]
    assert (customer.protection, len(customer.open_disputes)) == (held, 1)


def test_nobody_else_tells_a_side_and_who_has_a_part_elsewhere_does() -> None:
    customer = contest(pooled(a_customer()))
    with pytest.raises(NotAParty) as refusal:
        state(customer, "shen")
    assert refusal.value.customer_id == customer.id
    assert not customer.is_party("shen")
    state(customer, "li")
    state(customer, "wu", has_part=True)


def test_a_side_is_told_while_the_case_is_open() -> None:
    customer = contest(potential(a_customer()))
    with pytest.raises(NotFound):
        state(customer, "li", 2)
    rule(customer, "uphold")
    with pytest.raises(NothingPending):
        state(customer, "li")


# Who rules.


@pytest.mark.clause("S1-310")
def test_no_party_rules_whoever_it_is() -> None:
    customer = pooled(a_customer())
    potential(customer, "wang", MONDAY)
    contest(contest(customer), "wu")
    for party in ("chen", "wu", "li", "wang"):
        with pytest.raises(OwnDecision) as refusal:
            rule(customer, "uphold", actor=party)
        assert refusal.value.applicant == "chen"
    with pytest.raises(OwnDecision):
        rule(customer, given=award("shen"))
    rule(customer, "uphold")


def test_a_case_is_ruled_once_and_only_where_there_is_one() -> None:
    customer = rule(contest(a_customer()), "uphold")
    with pytest.raises(NothingPending):
        rule(customer)
    with pytest.raises(NotFound) as refusal:
        rule(customer, number=2)
    assert (refusal.value.kind, refusal.value.identifier) == ("dispute", "2")


# What a ruling makes of the rest.


def test_a_ruling_and_the_move_by_it_are_two_facts_of_one_instant() -> None:
    customer = contest(potential(a_customer()))
    new_events(customer)
    rule(customer)
    ruled, moved = recorded(customer)
    assert ruled == fact(
        DisputeRuled,
        AT,
        "shen",
        number=1,
        opener="chen",
        ruling="move",
        rule=FIRST_VALID_CLAIM,
        reason="先申请者有效",
        rulebook=RULES.version,
    )
    assert moved == fact(
        DisputeMoved,
        AT,
        "shen",
        number=1,
        holder="li",
        rulebook=RULES.version,
        **asdict(award()),
    )


@pytest.mark.parametrize("ruling", ["move", "restore"])
@pytest.mark.parametrize(
    "given",
    [a_customer, pooled, claimed, refused, potential, ask_intent, ask_extension, intent, sign],
    ids=lambda made: made.__name__,
)
def test_whoever_had_it_the_one_who_wins_has_it_under_a_protection_of_his_own(
    given: Callable[..., Customer], ruling: str
) -> None:
    prepared = {ask_intent: potential, ask_extension: potential, sign: intent}.get(given)
    customer = a_customer()
    if prepared is not None:
        prepared(customer)
    if given is not a_customer:
        given(customer)
    events = list(new_events(customer))
    rule(contest(customer), ruling, award(extensions=1 if ruling == "restore" else 0))
    held = customer.protection
    assert held == Protection(
        holder="chen",
        stage=Stage.POTENTIAL,
        claimed_at=AT,
        since=AT,
        in_force_since=AT,
        until=UNTIL,
        review_due=None,
        corrections=0,
        rulebook=RULES.version,
        department="二部",
        extensions=1 if ruling == "restore" else 0,
    )
    assert customer.barred_until("li", AT) == (AT + 2 * DAY if given is pooled else None)
    current = None
    closed: list[Any] = []
    for event in (*events, *new_events(customer)):
        current, changed = fold(current, event)
        closed += [interval for interval in changed if interval.ended in ENDED]
    assert current is not None
    assert (current.holder, current.since, current.until) == ("chen", AT, UNTIL)
    was_held = given not in (a_customer, pooled)
    assert [interval.ended for interval in closed] == (
        ["restored" if ruling == "restore" else "dispute-moved"] if was_held else []
    )


ENDED = ("restored", "dispute-moved")


@pytest.mark.clause("S1-037")
def test_a_bar_on_the_winner_is_lifted_and_the_others_stay() -> None:
    customer = pooled(a_customer())
    potential(customer, "chen", MONDAY)
    customer.release(member="chen", reason="让出", at=MONDAY, rules=RULES)
    rule(contest(customer, "wu"), given=award("li"))
    assert customer.barred_until("li", AT) is None
    assert customer.barred_until("chen", AT) == MONDAY + 3 * DAY


def test_unconfirmed_contracts_end_with_the_protection_that_gives_way() -> None:
    customer = contest(sign(intent(a_customer())))
    draw(customer, number="HT-2")
    rule(customer)
    assert {number: one.status for number, one in customer.contracts.items()} == {
        NUMBER: "dropped",
        "HT-2": "dropped",
    }
    assert customer.protection is not None
    assert customer.protection.signatures == ()


def test_a_holder_whose_earlier_protection_comes_back_keeps_his_contracts() -> None:
    customer = contest(complete(intent(a_customer())))
    rule(customer, "restore", award("li", stage=Stage.INTENT, held_over_until=UNTIL + DAY))
    assert customer.contracts[NUMBER].status == "open"
    assert customer.protection is not None
    assert customer.protection.signatures == (NUMBER,)
    assert (customer.protection.held_over_by, customer.protection.deadline) == (
        "contract",
        UNTIL + DAY,
    )


def test_what_was_arranged_for_a_leaver_goes_with_his_protection() -> None:
    customer = contest(arrange(potential(a_customer()), AT + DAY, "wang"))
    rule(customer)
    customer.expire(AT + 2 * DAY, rules_of)
    assert customer.protection is not None
    assert (customer.protection.holder, customer.protection.leaving) == ("chen", None)


@pytest.mark.clause("S1-046", "S1-048")
@pytest.mark.parametrize("given", [formal, lambda one: name_person(formal(one))])
def test_a_formal_customer_is_upheld_or_nothing(given: Callable[[Customer], Customer]) -> None:
    customer = contest(given(a_customer()))
    for ruling in ("move", "restore"):
        with pytest.raises(WrongStage) as refusal:
            rule(customer, ruling)
        assert refusal.value.stage == "formal"
        assert "formal" not in refusal.value.allowed
        assert "pool" in refusal.value.allowed
    rule(customer, "uphold")
    assert customer.state(AT) == "formal"


def test_nobody_is_moved_to_who_holds_it_already() -> None:
    customer = contest(potential(a_customer()))
    with pytest.raises(Invalid):
        rule(customer, given=award("li"))
    assert customer.disputes[1].ruling is None


@pytest.mark.clause("S1-020")
def test_a_record_with_an_open_case_is_not_merged_away() -> None:
    customer = contest(a_customer())
    with pytest.raises(AlreadyPending):
        customer.require_mergeable(1)
    rule(customer, "uphold")
    customer.require_mergeable(1)


def test_a_customer_is_what_its_disputes_make_it_however_often_they_are_folded() -> None:
    customer = a_customer()
    rule(contest(contest(potential(customer)), "wu"), "restore")
    rule(customer, "move", award("zhou"), number=2)
    assert state_of(replay_of(customer)) == {**state_of(customer)}


# In words, and by which rule.


def test_each_fact_is_told_in_both_languages() -> None:
    customer = pooled(a_customer())
    tenure, _ = contested(tenures_of(new_events(customer)), AT)
    contest(customer, contested=tenure, rule="S1-037")
    rule(customer, "restore", award("li", stage=Stage.INTENT))
    told = [describe(event) for event in new_events(customer)]
    assert [words.zh for words in told] == [
        "chen对2026年3月3日09:00:00的归属提出争议（第1号），此前由li保护（潜在客户）"
        "；所涉规则：S1-037；说明：先联系",
        "shen就chen提出的第1号争议裁决：恢复保护，依据S1-053，理由：先申请者有效",
        "shen依第1号争议的裁决，恢复li（二部）的保护（意向客户），至2026年3月23日09:00:00止",
    ]
    assert told[1].en == (
        "shen ruled dispute 1 of chen: restored, by S1-053, because: 先申请者有效"
    )
    rule(contest(customer, "wu"), given=award("zhou"), number=2)
    assert describe(new_events(customer)[-1]).en == (
        "shen gave the customer to zhou (二部), potential, by the ruling of dispute 2, until"
        " 2026-03-23 01:00:00 UTC; the protection of li ends here, without a bar"
    )


def test_a_case_names_rules_that_decide() -> None:
    assert {"already-protected", "S1-302", "S1-033", "A-27", FIRST_VALID_CLAIM} <= CITABLE
    assert all(rule for rule in CITABLE)
    assert "not-allowed" not in CITABLE


def test_restored_is_another_fact_than_moved() -> None:
    customer = contest(potential(a_customer()))
    new_events(customer)
    rule(customer, "restore")
    assert [type(event) for event in new_events(customer)] == [DisputeRuled, Restored]


@pytest.mark.clause("S1-302")
def test_from_the_ruling_on_others_are_blocked_until_the_stated_deadline() -> None:
    customer = rule(contest(potential(a_customer())))
    assert customer.state(UNTIL - MICROSECOND) == "potential"
    assert customer.state(UNTIL) == "pool"
    assert customer.state(AT + timedelta(hours=1)) == "potential"
