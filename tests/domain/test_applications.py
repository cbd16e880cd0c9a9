"""Applications for intent and for more time: asked for, decided, withdrawn, and held over.

Which test holds which row of Appendix 2.1 of the clauses (the life of a protection):

| from | trigger | tests |
|---|---|---|
| (none) | query | test_life: who_skips_the_query_gets_the_same_check |
| (none) | create record | test_claiming: a_registered_customer_is_held_by_nobody; \
test_life: a_similar_name_needs_a_written_reason_and_the_same_name_never_passes |
| registered / public | protect | test_claiming: \
a_claim_blocks_others_from_the_instant_it_is_recorded, \
who_gave_up_may_not_claim_for_three_days_to_the_microsecond; \
test_command_path: a_malformed_claim_is_no_event |
| public (pool) | protect from pool | test_life: \
a_pool_customer_is_claimed_with_contact_and_follow_up; \
test_claiming: without_review_a_pool_claim_is_in_force_at_once |
| waiting | review passed | test_reviewing: \
protection_is_in_force_from_the_pass_for_thirty_days, \
the_claimant_never_reviews_his_own_claim; \
test_life: a_pass_against_an_earlier_claim_on_a_likeness_needs_a_statement |
| waiting | review refused | test_reviewing: \
a_refused_claim_still_blocks_until_the_end_of_the_third_working_day |
| rejected | correct and save again | test_claiming: \
the_claimant_of_a_refused_claim_corrects_it_and_keeps_its_time, \
a_claim_is_corrected_only_as_often_as_the_rulebook_allows |
| rejected | automatic removal | test_reviewing: \
after_the_removal_the_customer_is_public_and_its_record_stays |
| potential | give up | test_holding: \
the_holder_gives_up_a_potential_customer_and_it_is_public_at_once |
| potential | 30 days over | test_holding: \
the_lapse_is_dated_at_the_deadline_however_late_it_is_recorded |
| potential | extension | here: the_holder_asks_for_more_time, \
an_extension_counts_from_the_old_deadline, only_so_many_extensions_are_granted |
| potential | intent applied | here: the_holder_asks_for_intent, \
an_application_made_in_time_keeps_the_protection_alive_until_the_end_of_the_hold_over |
| potential + application | approved | here: intent_runs_for_fifteen_days_from_its_grant |
| potential + application | refused | here: \
refused_before_the_deadline_the_old_deadline_stands, refused_past_the_deadline_it_is_over_at_once |
| intent | give up | here: giving_up_an_intent_customer_bars_for_three_days |
| intent | 15 days over | here: \
an_intent_customer_falls_to_the_pool_after_fifteen_days_without_a_contract |
| intent | extension | here: \
an_intent_customer_is_extended_within_thirty_days_of_becoming_one |
| intent / formal | contract confirmed | test_contracts: \
the_confirmation_makes_the_customer_formal_and_the_groups, \
a_further_contract_of_a_formal_customer_is_its_after_sales_holders |
| formal | responsibility moved | test_hand_over: \
a_person_of_after_sales_is_named_for_a_formal_customer, \
until_a_person_is_named_all_of_after_sales_follows_up |
| any held | employee leaves | test_hand_over: \
a_transfer_leaves_stage_deadline_and_open_application_as_they_are, \
from_the_leaving_on_the_successor_has_it, without_a_successor_it_ends_with_the_leaving |
| any held | other user protects | test_claiming: \
no_one_else_claims_a_held_customer_in_any_stage; here: \
what_is_held_over_blocks_others_to_the_end_of_the_hold_over; test_contracts: \
a_formal_customer_is_never_claimed; \
test_command_path: a_refusal_is_kept_and_moves_no_version |
| side state | barred | test_claiming: the_bar_binds_only_the_one_who_gave_up, \
the_rulebook_may_bar_everybody_after_giving_up |
"""

from datetime import UTC, datetime, timedelta

import pytest

from domain.customer import Customer
from domain.errors import (
    AlreadyPending,
    AlreadyProtected,
    Barred,
    ExtensionsUsedUp,
    Invalid,
    NothingPending,
    NotTheHolder,
    OwnDecision,
    TooLate,
    WrongStage,
)
from domain.events import (
    ApplicationWithdrawn,
    Bar,
    ExtensionGranted,
    ExtensionRefused,
    ExtensionRequested,
    IntentGranted,
    IntentRefused,
    IntentRequested,
    Lapsed,
    Released,
    Stage,
)
from domain.permissions import DECIDERS, ROLES, permitted
from domain.rulebook import default_text
from domain.rulebook_text import InvalidRulebook, parse
from tests.domain.stories import (
    DAY,
    MICROSECOND,
    MONDAY,
    RULES,
    a_customer,
    ask_extension,
    ask_intent,
    claimed,
    fact,
    formal,
    intent,
    new_events,
    potential,
    recorded,
    refused,
    replay_of,
    rules,
    rules_by_version,
    rules_of,
    sign,
    state_of,
)

HOUR = timedelta(hours=1)
DEADLINE = MONDAY + 30 * DAY
"""Wednesday, 1 April 2026, nine o'clock in Shanghai."""
HOLD_OVER_END = datetime(2026, 4, 7, 16, tzinfo=UTC)
"""Midnight after Tuesday, 7 April, in Shanghai: 4 to 6 April is Qingming."""
INTENT_DEADLINE = MONDAY + 15 * DAY
"""Tuesday, 17 March."""
INTENT_HOLD_OVER_END = datetime(2026, 3, 20, 16, tzinfo=UTC)
"""Midnight after Friday, 20 March."""
PAST_IT = DEADLINE + 2 * DAY
ASKS = {"intent": ask_intent, "extension": ask_extension}
KINDS = tuple(ASKS)
REFUSED = {"intent": IntentRefused, "extension": ExtensionRefused}


def asked(kind: str, at: datetime = MONDAY + DAY) -> Customer:
    """Potential from Monday on, with an application of the kind; earlier events are forgotten."""
    customer = ASKS[kind](potential(a_customer()), "li", at)
    new_events(customer)
    return customer


def refuse(customer: Customer, kind: str, at: datetime, decider: str = "sun") -> None:
    customer.refuse_application(kind, decider=decider, reason="没有进展", at=at, rules_of=rules_of)


def withdraw(customer: Customer, kind: str, at: datetime, member: str = "li") -> None:
    customer.withdraw_application(kind, member=member, reason="改期", at=at, rules_of=rules_of)


def grant(customer: Customer, kind: str, at: datetime, decider: str = "sun") -> None:
    if kind == "intent":
        customer.grant_intent(decider=decider, at=at, rules=RULES)
    else:
        customer.grant_extension(decider=decider, days=None, at=at, rules_of=rules_of)


DECISIONS = [grant, refuse]


# Asking.


@pytest.mark.clause("S1-039", "S1-040", "S1-034")
def test_the_holder_asks_for_intent() -> None:
    customer = potential(a_customer())
    new_events(customer)
    ask_intent(customer, "li", MONDAY + DAY)
    assert recorded(customer) == [
        fact(
            IntentRequested,
            MONDAY + DAY,
            "li",
            holder="li",
            reason="已报价，客户有意签约",
            deadline=DEADLINE,
            held_over_until=HOLD_OVER_END,
            provisional=False,
            rulebook="2026-1",
        )
    ]
    held = customer.live_protection(MONDAY + DAY)
    assert held is not None
    assert (held.stage, held.until, held.held_over_by) == (Stage.POTENTIAL, DEADLINE, "intent")
    assert held.application is not None
    assert held.application.asked_at == MONDAY + DAY


@pytest.mark.clause("S1-036")
def test_the_holder_asks_for_more_time() -> None:
    customer = potential(a_customer())
    new_events(customer)
    ask_extension(customer, "li", MONDAY + DAY, days=7)
    assert recorded(customer) == [
        fact(
            ExtensionRequested,
            MONDAY + DAY,
            "li",
            holder="li",
            stage=Stage.POTENTIAL,
            reason="客户月底开会决定",
            days=7,
            deadline=DEADLINE,
            held_over_until=HOLD_OVER_END,
            provisional=False,
            rulebook="2026-1",
        )
    ]


@pytest.mark.clause("S1-036", "S1-044")
@pytest.mark.parametrize(("hold", "days_max"), [(potential, 30), (intent, 15)])
def test_an_extension_is_at_most_the_stages_own_period(hold, days_max) -> None:
    customer = hold(a_customer())
    for days in (0, -1, days_max + 1):
        with pytest.raises(Invalid) as refusal:
            ask_extension(customer, days=days)
        assert (refusal.value.problems[0].field, refusal.value.problems[0].code) == (
            "days",
            "out-of-range",
        )
    ask_extension(customer)
    assert new_events(customer)[-1].days == days_max
    withdraw(customer, "extension", MONDAY)
    for days in (1, days_max):
        ask_extension(customer, days=days)
        assert new_events(customer)[-1].days == days
        withdraw(customer, "extension", MONDAY)


def test_a_hold_over_that_ends_in_a_year_without_a_calendar_is_provisional() -> None:
    far = datetime(2031, 12, 1, tzinfo=UTC)
    customer = ask_intent(potential(a_customer(), at=far), at=far)
    assert new_events(customer)[-1].provisional
    withdraw(customer, "intent", far)
    ask_extension(customer, at=far)
    assert new_events(customer)[-1].provisional


@pytest.mark.clause("S1-036", "S1-039")
@pytest.mark.parametrize("kind", KINDS)
def test_only_the_holder_asks(kind) -> None:
    with pytest.raises(NotTheHolder) as refusal:
        ASKS[kind](a_customer())
    assert (refusal.value.holder, refusal.value.group) == (None, None)
    customer = potential(a_customer(), "li")
    with pytest.raises(NotTheHolder) as refusal:
        ASKS[kind](customer, "chen")
    assert refusal.value.holder == "li"


@pytest.mark.clause("S1-039")
@pytest.mark.parametrize("hold", [claimed, refused, intent, formal])
def test_only_a_potential_customer_is_asked_intent_for(hold) -> None:
    with pytest.raises(WrongStage) as refusal:
        ask_intent(hold(a_customer()))
    assert refusal.value.allowed == ["potential"]


@pytest.mark.clause("S1-036", "S1-044")
@pytest.mark.parametrize("hold", [claimed, refused, formal])
def test_only_a_potential_or_intent_customer_is_extended(hold) -> None:
    with pytest.raises(WrongStage) as refusal:
        ask_extension(hold(a_customer()))
    assert refusal.value.allowed == ["potential", "intent"]


@pytest.mark.parametrize("first", KINDS)
@pytest.mark.parametrize("second", KINDS)
def test_while_one_application_waits_there_is_no_other(first, second) -> None:
    customer = asked(first)
    with pytest.raises(AlreadyPending):
        ASKS[second](customer, "li", MONDAY + 2 * DAY)
    assert recorded(customer) == []


@pytest.mark.parametrize("first", KINDS)
@pytest.mark.parametrize("second", KINDS)
@pytest.mark.parametrize("close", [refuse, withdraw])
def test_after_one_came_to_nothing_in_time_another_may_follow(first, second, close) -> None:
    customer = asked(first)
    close(customer, first, MONDAY + 2 * DAY)
    ASKS[second](customer, "li", MONDAY + 3 * DAY)
    held = customer.live_protection(MONDAY + 3 * DAY)
    assert held is not None
    assert held.held_over_by == second


@pytest.mark.clause("S1-034", "S1-035")
@pytest.mark.parametrize("kind", KINDS)
def test_the_last_microsecond_before_the_deadline_is_in_time_and_the_deadline_is_not(kind) -> None:
    ASKS[kind](potential(a_customer()), "li", DEADLINE - MICROSECOND)
    customer = potential(a_customer())
    with pytest.raises(NotTheHolder) as refusal:
        ASKS[kind](customer, "li", DEADLINE)
    assert refusal.value.holder is None


@pytest.mark.clause("S1-034", "S1-043")
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_signature_holds_over_cannot_be_applied_for_any_more(kind) -> None:
    """The protection lives on, and yet the deadline has passed."""
    by = rules(contracts__stages=("potential", "intent", "formal"))
    customer = sign(potential(a_customer(), by=by), at=DEADLINE - MICROSECOND, by=by)
    with pytest.raises(TooLate) as refusal:
        ASKS[kind](customer, "li", DEADLINE)
    assert refusal.value.deadline == DEADLINE


# The hold-over.


@pytest.mark.clause("S1-034", "S1-036")
@pytest.mark.parametrize("kind", KINDS)
def test_an_application_made_in_time_keeps_the_protection_alive_until_the_end_of_the_hold_over(
    kind,
) -> None:
    customer = asked(kind, DEADLINE - MICROSECOND)
    for at in (DEADLINE, HOLD_OVER_END - MICROSECOND):
        assert not customer.expire(at, rules_of)
        held = customer.live_protection(at)
        assert held is not None
        assert (held.holder, held.held_over_by) == ("li", kind)
        assert held.held_over_until == held.ends_at == HOLD_OVER_END
    assert customer.state(HOLD_OVER_END) == "pool"
    assert customer.expire(HOLD_OVER_END + 9 * DAY, rules_of)
    assert recorded(customer) == [
        fact(
            Lapsed,
            HOLD_OVER_END,
            "system",
            holder="li",
            stage=Stage.POTENTIAL,
            deadline=HOLD_OVER_END,
            cause="undecided",
            bar=None,
            rulebook="2026-1",
        )
    ]


@pytest.mark.clause("S1-043", "S1-044")
def test_an_extension_asked_for_in_time_holds_an_intent_customer_over() -> None:
    customer = ask_extension(intent(a_customer()), at=INTENT_DEADLINE - MICROSECOND)
    assert customer.state(INTENT_HOLD_OVER_END - MICROSECOND) == "intent"
    assert customer.state(INTENT_HOLD_OVER_END) == "pool"
    new_events(customer)
    assert customer.expire(INTENT_HOLD_OVER_END, rules_of)
    (over,) = new_events(customer)
    assert (over.cause, over.stage, over.timestamp) == (
        "undecided",
        Stage.INTENT,
        INTENT_HOLD_OVER_END,
    )


@pytest.mark.clause("S1-023", "S1-302")
def test_what_is_held_over_blocks_others_to_the_end_of_the_hold_over() -> None:
    customer = asked("intent")
    with pytest.raises(AlreadyProtected) as refusal:
        claimed(customer, "chen", DEADLINE)
    assert refusal.value.until == HOLD_OVER_END
    customer.expire(HOLD_OVER_END, rules_of)
    claimed(customer, "chen", HOLD_OVER_END)
    assert customer.state(HOLD_OVER_END) == "waiting"


@pytest.mark.clause("S1-035")
@pytest.mark.parametrize("kind", KINDS)
def test_the_rulebook_may_give_no_hold_over(kind) -> None:
    none = rules(hold_over__working_days=0)
    customer = ASKS[kind](potential(a_customer(), by=none), of=lambda _: none)
    held = customer.live_protection(MONDAY)
    assert held is not None
    assert (held.held_over_by, held.ends_at) == (None, DEADLINE)
    assert customer.state(DEADLINE - MICROSECOND) == "potential"
    assert customer.state(DEADLINE) == "pool"
    new_events(customer)
    assert customer.expire(DEADLINE, lambda _: none)
    (over,) = new_events(customer)
    assert (over.timestamp, over.cause) == (DEADLINE, "term-over")


def test_the_holder_may_still_give_up_while_his_application_waits() -> None:
    customer = asked("intent")
    customer.release(member="li", reason="客户不再需要", at=PAST_IT, rules=RULES)
    assert customer.state(PAST_IT) == "pool"
    with pytest.raises(NothingPending):
        grant(customer, "intent", PAST_IT)


# Granted.


@pytest.mark.clause("S1-041", "S1-042")
@pytest.mark.parametrize("at", [MONDAY + 5 * DAY, PAST_IT, HOLD_OVER_END - MICROSECOND])
def test_intent_runs_for_fifteen_days_from_its_grant(at) -> None:
    customer = asked("intent")
    grant(customer, "intent", at)
    assert recorded(customer) == [
        fact(
            IntentGranted,
            at,
            "sun",
            holder="li",
            applicant="li",
            counted_from=at,
            until=at + 15 * DAY,
            held_over_until=None,
            rulebook="2026-1",
            signatures=(),
        )
    ]
    held = customer.live_protection(at)
    assert held is not None
    assert (held.stage, held.since, held.until) == (Stage.INTENT, at, at + 15 * DAY)
    assert (held.application, held.held_over_by, held.claimed_at) == (None, None, MONDAY)
    assert customer.state(at + 15 * DAY - MICROSECOND) == "intent"
    assert customer.state(at + 15 * DAY) == "pool"


@pytest.mark.clause("S1-034", "S1-042")
def test_the_rulebook_may_count_the_term_as_intent_from_the_request() -> None:
    by = rules(intent__counts_from="request")
    customer = ask_intent(potential(a_customer(), by=by), at=MONDAY + 20 * DAY, of=lambda _: by)
    new_events(customer)
    customer.grant_intent(decider="sun", at=MONDAY + 25 * DAY, rules=by)
    (event,) = new_events(customer)
    assert event.counted_from == MONDAY + 20 * DAY
    assert event.until == MONDAY + 35 * DAY


@pytest.mark.clause("S1-042", "S1-043")
def test_a_term_counted_from_the_request_that_has_run_out_is_over_at_the_grant() -> None:
    by = rules(intent__counts_from="request", intent__days=2)
    customer = ask_intent(potential(a_customer(), by=by), at=MONDAY + DAY, of=lambda _: by)
    new_events(customer)
    at = MONDAY + 5 * DAY
    customer.grant_intent(decider="sun", at=at, rules=by)
    (event,) = new_events(customer)
    assert (event.counted_from, event.until) == (MONDAY + DAY, at)
    assert customer.state(at) == "pool"


@pytest.mark.clause("S1-036")
@pytest.mark.parametrize("at", [MONDAY + 5 * DAY, PAST_IT, HOLD_OVER_END - MICROSECOND])
def test_an_extension_counts_from_the_old_deadline(at) -> None:
    customer = asked("extension")
    grant(customer, "extension", at)
    assert recorded(customer) == [
        fact(
            ExtensionGranted,
            at,
            "sun",
            holder="li",
            applicant="li",
            stage=Stage.POTENTIAL,
            days=30,
            until=DEADLINE + 30 * DAY,
            held_over_until=None,
            rulebook="2026-1",
            signatures=(),
        )
    ]
    held = customer.live_protection(at)
    assert held is not None
    assert (held.stage, held.since, held.extensions) == (Stage.POTENTIAL, MONDAY, 1)
    assert (held.application, held.held_over_by) == (None, None)
    assert customer.state(DEADLINE + 30 * DAY - MICROSECOND) == "potential"
    assert customer.state(DEADLINE + 30 * DAY) == "pool"


@pytest.mark.clause("S1-036")
@pytest.mark.parametrize(
    ("asked_for", "decided", "granted"), [(None, None, 30), (7, None, 7), (7, 12, 12), (7, 3, 3)]
)
def test_the_decider_says_how_many_days(asked_for, decided, granted) -> None:
    customer = ask_extension(potential(a_customer()), days=asked_for)
    new_events(customer)
    customer.grant_extension(decider="sun", days=decided, at=MONDAY + DAY, rules_of=rules_of)
    (event,) = new_events(customer)
    assert (event.days, event.until) == (granted, DEADLINE + granted * DAY)


@pytest.mark.clause("S1-036")
@pytest.mark.parametrize("days", [-1, 31])
def test_the_decider_grants_no_more_than_the_stages_period(days) -> None:
    customer = asked("extension")
    with pytest.raises(Invalid) as refusal:
        customer.grant_extension(decider="sun", days=days, at=MONDAY + DAY, rules_of=rules_of)
    assert refusal.value.problems[0].code == "out-of-range"
    assert recorded(customer) == []


def test_an_extension_that_would_be_over_already_is_not_granted() -> None:
    customer = asked("extension")
    for at in (DEADLINE + 2 * DAY, DEADLINE + 2 * DAY + MICROSECOND):
        with pytest.raises(Invalid) as refusal:
            customer.grant_extension(decider="sun", days=2, at=at, rules_of=rules_of)
        assert (refusal.value.problems[0].field, refusal.value.problems[0].code) == (
            "days",
            "already-past",
        )
    customer.grant_extension(
        decider="sun", days=2, at=DEADLINE + 2 * DAY - MICROSECOND, rules_of=rules_of
    )
    assert customer.state(DEADLINE + 2 * DAY - MICROSECOND) == "potential"
    assert customer.state(DEADLINE + 2 * DAY) == "pool"


# Refused and withdrawn.


@pytest.mark.clause("S1-035", "S1-041")
@pytest.mark.parametrize("kind", KINDS)
def test_refused_before_the_deadline_the_old_deadline_stands(kind) -> None:
    customer = asked(kind)
    at = DEADLINE - MICROSECOND
    refuse(customer, kind, at)
    assert recorded(customer) == [
        fact(
            REFUSED[kind],
            at,
            "sun",
            holder="li",
            applicant="li",
            reason="没有进展",
            rulebook="2026-1",
        )
    ]
    held = customer.live_protection(at)
    assert held is not None
    assert (held.stage, held.application, held.ends_at) == (Stage.POTENTIAL, None, DEADLINE)
    assert customer.state(DEADLINE) == "pool"
    assert customer.expire(DEADLINE, rules_of)
    assert new_events(customer)[-1].cause == "term-over"


@pytest.mark.clause("S1-035", "S1-041")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", [DEADLINE, PAST_IT])
def test_refused_past_the_deadline_it_is_over_at_once(kind, at) -> None:
    customer = asked(kind)
    refuse(customer, kind, at)
    closed, over = recorded(customer)
    assert (closed["event"], closed["at"]) == (REFUSED[kind], at)
    assert over == fact(
        Lapsed,
        at,
        "system",
        holder="li",
        stage=Stage.POTENTIAL,
        deadline=at,
        cause="application-refused",
        bar=None,
        rulebook="2026-1",
    )
    assert customer.state(at) == "pool"


@pytest.mark.clause("S1-035")
@pytest.mark.parametrize("kind", KINDS)
def test_withdrawn_before_the_deadline_the_old_deadline_stands(kind) -> None:
    customer = asked(kind)
    at = DEADLINE - MICROSECOND
    withdraw(customer, kind, at)
    assert recorded(customer) == [
        fact(
            ApplicationWithdrawn,
            at,
            "li",
            holder="li",
            kind=kind,
            reason="改期",
            rulebook="2026-1",
        )
    ]
    assert customer.state(at) == "potential"
    assert customer.state(DEADLINE) == "pool"


@pytest.mark.clause("S1-035")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", [DEADLINE, PAST_IT])
def test_withdrawn_past_the_deadline_it_is_over_at_once(kind, at) -> None:
    customer = asked(kind)
    withdraw(customer, kind, at)
    closed, over = new_events(customer)
    assert isinstance(closed, ApplicationWithdrawn)
    assert isinstance(over, Lapsed)
    assert (over.timestamp, over.cause) == (at, "application-withdrawn")
    assert customer.state(at) == "pool"


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_holder_withdraws_and_only_what_waits(kind) -> None:
    customer = asked(kind)
    other = "extension" if kind == "intent" else "intent"
    with pytest.raises(NotTheHolder):
        withdraw(customer, kind, MONDAY + DAY, "chen")
    with pytest.raises(NothingPending):
        withdraw(customer, other, MONDAY + DAY)
    withdraw(customer, kind, MONDAY + DAY)
    with pytest.raises(NothingPending):
        withdraw(customer, kind, MONDAY + DAY)


@pytest.mark.parametrize("hold", [claimed, refused, formal])
def test_where_nothing_can_be_applied_for_nothing_is_withdrawn(hold) -> None:
    with pytest.raises(WrongStage) as refusal:
        withdraw(hold(a_customer()), "intent", MONDAY)
    assert refusal.value.allowed == ["potential", "intent"]


@pytest.mark.clause("S1-037")
@pytest.mark.parametrize("close", [refuse, withdraw])
def test_a_bar_follows_such_an_end_where_the_rulebook_bars_after_a_lapse(close) -> None:
    strict = rules(version="strict", bar__after=("release", "lapse"))
    customer = ask_intent(potential(a_customer(), by=strict), of=lambda _: strict)
    new_events(customer)
    closing = {"reason": "没有进展", "at": PAST_IT, "rules_of": rules_by_version(RULES, strict)}
    if close is refuse:
        customer.refuse_application("intent", decider="sun", **closing)
    else:
        customer.withdraw_application("intent", member="li", **closing)
    assert new_events(customer)[-1].bar == Bar("li", PAST_IT + 3 * DAY)
    with pytest.raises(Barred):
        claimed(customer, "li", PAST_IT, strict)
    undecided = ask_intent(potential(a_customer(), by=strict), of=lambda _: strict)
    undecided.expire(HOLD_OVER_END, lambda _: strict)
    assert undecided.barred_until("li", HOLD_OVER_END) == HOLD_OVER_END + 3 * DAY


# Who decides.


@pytest.mark.clause("S1-041")
@pytest.mark.parametrize("decide", DECISIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_applicant_never_decides(kind, decide) -> None:
    customer = asked(kind)
    with pytest.raises(OwnDecision) as refusal:
        decide(customer, kind, MONDAY + DAY, "li")
    assert refusal.value.applicant == "li"
    assert recorded(customer) == []


@pytest.mark.clause("S1-041")
@pytest.mark.parametrize("decide", DECISIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_neither_who_held_it_before_nor_who_was_given_it_decides(kind, decide) -> None:
    customer = potential(a_customer(), "chen", MONDAY - 40 * DAY)
    customer.expire(MONDAY, rules_of)
    ASKS[kind](potential(customer, "li"), "li", MONDAY + DAY)
    customer.transfer(
        actor="sun", to="zhou", department="二部", reason="调整", at=MONDAY + DAY, rules=RULES
    )
    for party in ("chen", "li", "zhou"):
        with pytest.raises(OwnDecision) as refusal:
            decide(customer, kind, MONDAY + DAY, party)
        assert refusal.value.applicant == "li"
    decide(customer, kind, MONDAY + DAY, "sun")


@pytest.mark.parametrize("decide", DECISIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_nobody_asked_for_is_not_decided(kind, decide) -> None:
    other = "extension" if kind == "intent" else "intent"
    for customer in (a_customer(), claimed(a_customer()), potential(a_customer()), asked(other)):
        with pytest.raises(NothingPending):
            decide(customer, kind, MONDAY + DAY)


@pytest.mark.parametrize("again", DECISIONS)
@pytest.mark.parametrize("first", DECISIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_application_is_decided_once(kind, first, again) -> None:
    customer = asked(kind)
    first(customer, kind, MONDAY + DAY)
    with pytest.raises(NothingPending):
        again(customer, kind, MONDAY + DAY)


@pytest.mark.parametrize("decide", DECISIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_at_the_end_of_the_hold_over_it_is_too_late_to_decide(kind, decide) -> None:
    customer = asked(kind)
    with pytest.raises(NothingPending):
        decide(customer, kind, HOLD_OVER_END)
    decide(customer, kind, HOLD_OVER_END - MICROSECOND)


@pytest.mark.clause("S1-041")
@pytest.mark.parametrize("command", ["decide-intent", "decide-extension"])
def test_whomever_a_rulebook_lets_decide_the_table_of_permissions_does_too(command) -> None:
    for role in ROLES:
        text = default_text().replace('["manager", "director"]', f'["{role}"]')
        if role in DECIDERS:
            assert tuple(permitted(command, parse(text))) == (role,)
        else:
            with pytest.raises(InvalidRulebook):
                parse(text)


# Caps, counts and windows.


def extended(customer: Customer, at: datetime, days: int | None = None) -> None:
    ask_extension(customer, at=at, days=days)
    customer.grant_extension(decider="sun", days=None, at=at, rules_of=rules_of)


@pytest.mark.clause("S1-036", "S1-044")
@pytest.mark.parametrize(("hold", "count"), [(potential, 1), (intent, 2)])
def test_only_so_many_extensions_are_granted(hold, count) -> None:
    customer = hold(a_customer())
    for _ in range(count):
        extended(customer, MONDAY + DAY)
    with pytest.raises(ExtensionsUsedUp) as refusal:
        ask_extension(customer, at=MONDAY + DAY)
    assert refusal.value.stage == hold.__name__
    assert (refusal.value.extensions, refusal.value.extensions_max) == (count, count)


@pytest.mark.clause("S1-036")
@pytest.mark.parametrize("close", [refuse, withdraw])
def test_an_extension_that_was_not_granted_does_not_count(close) -> None:
    customer = asked("extension")
    close(customer, "extension", MONDAY + DAY)
    extended(customer, MONDAY + 2 * DAY)
    assert customer.state(DEADLINE + 30 * DAY - MICROSECOND) == "potential"


@pytest.mark.clause("S1-044")
def test_intent_counts_its_extensions_anew() -> None:
    customer = potential(a_customer())
    extended(customer, MONDAY)
    ask_intent(customer)
    grant(customer, "intent", MONDAY)
    extended(customer, MONDAY)
    extended(customer, MONDAY)
    assert customer.state(MONDAY + 45 * DAY - MICROSECOND) == "intent"
    assert customer.state(MONDAY + 45 * DAY) == "pool"


@pytest.mark.clause("S1-036")
def test_the_rulebook_may_allow_no_extension() -> None:
    none = rules(potential__extensions=0, intent__extensions=0)
    for hold in (potential, intent):
        with pytest.raises(ExtensionsUsedUp) as refusal:
            ask_extension(hold(a_customer(), by=none), of=lambda _: none)
        assert refusal.value.extensions_max == 0


@pytest.mark.clause("S1-042", "S1-044")
def test_an_intent_customer_is_extended_within_thirty_days_of_becoming_one() -> None:
    """A-03 (b): the first before day 15, a further one to day 30, whatever the count allows."""
    many = rules(intent__extensions=9)
    customer = intent(a_customer(), by=many)

    def ask(at: datetime) -> None:
        ask_extension(customer, at=at, of=lambda _: many)

    def extend(at: datetime) -> None:
        ask(at)
        customer.grant_extension(decider="sun", days=None, at=at, rules_of=lambda _: many)

    extend(INTENT_DEADLINE - MICROSECOND)
    extend(MONDAY + 30 * DAY - MICROSECOND)
    held = customer.live_protection(MONDAY + 30 * DAY)
    assert held is not None
    assert held.until == MONDAY + 45 * DAY
    with pytest.raises(TooLate) as refusal:
        ask(MONDAY + 30 * DAY)
    assert refusal.value.deadline == MONDAY + 30 * DAY


@pytest.mark.clause("S1-036")
def test_the_window_of_a_potential_customer_runs_from_its_pass() -> None:
    two = rules(potential__extensions=2, claims__potential_counts_from="claim")
    customer = claimed(a_customer(), at=MONDAY - 2 * DAY, by=two)
    customer.pass_review(reviewer="zhao", different_company=None, at=MONDAY, rules=two)
    ask_extension(customer, at=MONDAY, of=lambda _: two)
    customer.grant_extension(decider="sun", days=None, at=MONDAY, rules_of=lambda _: two)
    with pytest.raises(TooLate) as refusal:
        ask_extension(customer, at=MONDAY + 30 * DAY, of=lambda _: two)
    assert refusal.value.deadline == MONDAY + 30 * DAY
    ask_extension(customer, at=MONDAY + 30 * DAY - MICROSECOND, of=lambda _: two)


@pytest.mark.clause("S1-044")
def test_the_window_of_an_intent_customer_is_not_that_of_its_potential_stage() -> None:
    customer = asked("intent", MONDAY + 29 * DAY)
    grant(customer, "intent", MONDAY + 29 * DAY)
    ask_extension(customer, at=MONDAY + 40 * DAY)
    assert customer.state(MONDAY + 44 * DAY) == "intent"


# Which version decides.


@pytest.mark.clause("S1-033", "S1-036")
def test_caps_window_and_hold_over_are_those_of_the_version_that_granted() -> None:
    later = rules(
        version="later",
        hold_over__working_days=0,
        potential__extensions=0,
        potential__extension_days_max=1,
        potential__extension_window_days=1,
        bar__after=("lapse",),
    )
    known = rules_by_version(RULES, later)
    customer = potential(a_customer())
    ask_extension(customer, at=MONDAY + 20 * DAY, of=known)
    asked_for = new_events(customer)[-1]
    assert (asked_for.days, asked_for.held_over_until) == (30, HOLD_OVER_END)
    assert asked_for.rulebook == RULES.version
    customer.grant_extension(decider="sun", days=None, at=PAST_IT, rules_of=known)
    granted = new_events(customer)[-1]
    assert (granted.days, granted.rulebook) == (30, RULES.version)
    ask_intent(customer, at=PAST_IT, of=known)
    customer.refuse_application(
        "intent", decider="sun", reason="没有进展", at=DEADLINE + 30 * DAY, rules_of=known
    )
    refusal, over = new_events(customer)[-2:]
    assert refusal.rulebook == RULES.version
    assert (over.cause, over.bar, over.rulebook) == ("application-refused", None, RULES.version)


@pytest.mark.clause("S1-042", "S1-044")
def test_the_intent_stage_takes_the_version_in_force_at_its_grant() -> None:
    later = rules(
        version="later",
        intent__days=10,
        intent__extensions=1,
        intent__extension_days_max=4,
        hold_over__working_days=1,
    )
    known = rules_by_version(RULES, later)
    customer = asked("intent")
    customer.grant_intent(decider="sun", at=MONDAY + DAY, rules=later)
    granted = new_events(customer)[-1]
    assert (granted.until, granted.rulebook) == (MONDAY + 11 * DAY, "later")
    ask_extension(customer, at=MONDAY + 2 * DAY, of=known)
    asked_for = new_events(customer)[-1]
    assert (asked_for.days, asked_for.rulebook) == (4, "later")
    # The deadline is Friday, 13 March: one working day later ends Monday.
    assert asked_for.held_over_until == datetime(2026, 3, 16, 16, tzinfo=UTC)
    customer.grant_extension(decider="sun", days=None, at=MONDAY + 2 * DAY, rules_of=known)
    with pytest.raises(ExtensionsUsedUp):
        ask_extension(customer, at=MONDAY + 2 * DAY, of=known)


# The ends of the stages.


@pytest.mark.clause("S1-042", "S1-043")
def test_an_intent_customer_falls_to_the_pool_after_fifteen_days_without_a_contract() -> None:
    customer = intent(a_customer())
    new_events(customer)
    assert customer.state(INTENT_DEADLINE - MICROSECOND) == "intent"
    assert not customer.expire(INTENT_DEADLINE - MICROSECOND, rules_of)
    assert customer.expire(INTENT_DEADLINE, rules_of)
    assert recorded(customer) == [
        fact(
            Lapsed,
            INTENT_DEADLINE,
            "system",
            holder="li",
            stage=Stage.INTENT,
            deadline=INTENT_DEADLINE,
            cause="term-over",
            bar=None,
            rulebook="2026-1",
        )
    ]


@pytest.mark.clause("S1-045", "S1-038")
def test_giving_up_an_intent_customer_bars_for_three_days() -> None:
    customer = intent(a_customer())
    new_events(customer)
    customer.release(member="li", reason="客户选了别家", at=MONDAY + DAY, rules=RULES)
    assert recorded(customer) == [
        fact(
            Released,
            MONDAY + DAY,
            "li",
            holder="li",
            stage=Stage.INTENT,
            reason="客户选了别家",
            bar=Bar("li", MONDAY + 4 * DAY),
            rulebook="2026-1",
        )
    ]
    with pytest.raises(Barred):
        claimed(customer, "li", MONDAY + 4 * DAY - MICROSECOND)
    claimed(customer, "li", MONDAY + 4 * DAY)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("decide", [*DECISIONS, withdraw])
def test_a_replay_of_an_application_gives_the_same_state(kind, decide) -> None:
    customer = ASKS[kind](potential(a_customer()))
    decide(customer, kind, PAST_IT)
    assert state_of(replay_of(customer)) == state_of(customer)
