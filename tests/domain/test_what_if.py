"""What if other rules had held: facts stay, deadlines are found anew, and nothing is made up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from eventsourcing.utils import register_topic
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.customer import Customer
from domain.events.customer import CustomerEvent
from domain.protection import Protection
from domain.replay import History, PastEvent
from domain.rulebook_text import Rulebook
from domain.what_if import Tenure, WhatIf, what_if
from tests.domain.lives import RULEBOOKS, a_customer_with_events, acts, lived
from tests.domain.stories import (
    DAY,
    MICROSECOND,
    MONDAY,
    RULES,
    a_customer,
    arrange,
    ask_extension,
    ask_intent,
    claimed,
    complete,
    draw,
    follow_up,
    formal,
    intent,
    name_person,
    potential,
    refused,
    rules,
    rules_of,
)

BOUNDED = settings(max_examples=60, deadline=None)
REFUSED, STANDS = "would-have-been-refused", "stands"
FOLLOWS, NEVER_FOLLOWS = "would-have-followed", "would-not-have-followed"


def a_story(at: datetime = MONDAY) -> Customer:
    return a_customer_with_events(at)


def history(events: Sequence[CustomerEvent], now: datetime) -> History:
    past = tuple(PastEvent(n, event.timestamp, event) for n, event in enumerate(events, start=10))
    return History(events[0].originator_id, now, past)


def under(customer: Customer, other: Rulebook, now: datetime) -> WhatIf:
    """The story so far under other rules; what is due by `now` need not be recorded."""
    events: Any = customer.collect_events()
    return what_if(history(events, now), other, rules_of)


def steps(told: WhatIf) -> list[tuple[str, str, str | None]]:
    """Topic, outcome and rule of each step that would have been another, without the dots."""
    return [
        (
            type(step.event).TOPIC.removeprefix("customer."),  # type: ignore[attr-defined]
            step.outcome,
            step.refusal.slug if step.refusal else None,
        )
        for step in told.steps
        if step.outcome != STANDS
    ]


def ends(told: WhatIf) -> list[tuple[Any, ...]]:
    """Holder, end and ending, as it was and as it would have been, where these differ."""
    return [(_end(pair.was), _end(pair.would_be)) for pair in told.pairs if pair.differs]


def _end(tenure: Tenure | None) -> tuple[Any, ...] | None:
    if tenure is None:
        return None
    ended_at = tenure.ended_at
    days = None if ended_at is None else (ended_at - MONDAY) / DAY
    return tenure.interval.holder, tenure.interval.stage.value, days, tenure.ending


# Properties.


@pytest.mark.clause("S3-02")
@BOUNDED
@given(st.sampled_from(RULEBOOKS), st.lists(acts, min_size=5, max_size=40), st.integers(0, 50))
def test_under_the_very_rules_that_held_any_life_is_the_recorded_one(
    by: Rulebook, deeds: list[Any], later: int
) -> None:
    life, events = lived(by, deeds)
    told = what_if(history(events, life.now + later * DAY), by, lambda _: by)
    assert [step.event for step in told.steps if step.past] == events
    assert [step for step in told.steps if step.differs] == []
    assert [pair for pair in told.pairs if pair.differs] == []
    assert told.was == told.would_be


@BOUNDED
@given(
    st.sampled_from(RULEBOOKS), st.sampled_from(RULEBOOKS), st.lists(acts, min_size=5, max_size=40)
)
def test_under_any_rules_every_fact_is_told_once_and_one_holder_at_a_time_is_supposed(
    by: Rulebook, other: Rulebook, deeds: list[Any]
) -> None:
    life, events = lived(by, deeds)
    told = what_if(history(events, life.now + 5 * DAY), other, lambda _: by)
    assert [step.event for step in told.steps if step.past] == events
    supposed = [pair.would_be.interval for pair in told.pairs if pair.would_be]
    ordered = sorted(supposed, key=lambda found: (found.since, found.opened_version))
    for before, after in pairwise(ordered):
        assert before.until is not None
        assert before.until <= after.since
    assert not any(
        pair.would_be and pair.was is None and pair.would_be.interval.holder not in _members(events)
        for pair in told.pairs
    )


def _members(events: Sequence[CustomerEvent]) -> set[str | None]:
    named = {getattr(event, name, None) for event in events for name in ("holder", "to")}
    return {*named, *(event.actor for event in events)}


# Deadlines.


@pytest.mark.clause("S1-033", "S1-035")
def test_a_shorter_term_would_have_ended_earlier_and_refuses_what_came_after() -> None:
    customer = ask_extension(potential(a_story()), at=MONDAY + 25 * DAY, days=10)
    customer.grant_extension(decider="sun", days=None, at=MONDAY + 26 * DAY, rules_of=rules_of)
    told = under(customer, rules(potential__days=20), MONDAY + 27 * DAY)
    assert steps(told) == [
        ("lapsed", FOLLOWS, None),
        ("extension_requested", REFUSED, "not-the-holder"),
        ("extension_granted", REFUSED, "nothing-pending"),
    ]
    assert ends(told) == [
        (("li", "potential", 40, "lapsed"), ("li", "potential", 20, "lapsed")),
    ]
    assert (told.was.state, told.would_be.state) == ("potential", "pool")
    lapse = next(step for step in told.steps if step.outcome == FOLLOWS)
    assert (lapse.was.application, lapse.was.until) == (None, MONDAY + 30 * DAY)


@pytest.mark.clause("S1-033", "S1-302")
def test_a_longer_term_refuses_the_claim_of_another_and_its_review_decides_nothing() -> None:
    customer = potential(a_story())
    customer.expire(MONDAY + 31 * DAY, rules_of)
    potential(customer, "chen", MONDAY + 31 * DAY)
    told = under(customer, rules(potential__days=45), MONDAY + 50 * DAY)
    assert steps(told) == [
        ("lapsed", NEVER_FOLLOWS, None),
        ("claimed", REFUSED, "already-protected"),
        ("review_passed", REFUSED, "nothing-pending"),
        ("lapsed", FOLLOWS, None),
    ]
    assert ends(told) == [
        (("li", "potential", 30, "lapsed"), ("li", "potential", 45, "lapsed")),
        (("chen", "waiting", 31, "review-passed"), None),
        (("chen", "potential", 61, "lapsed"), None),
    ]


def test_who_claims_again_what_he_would_still_have_had_keeps_it_and_his_notes_stand() -> None:
    customer = potential(a_story())
    customer.expire(MONDAY + 31 * DAY, rules_of)
    potential(customer, "li", MONDAY + 31 * DAY)
    follow_up(customer, at=MONDAY + 32 * DAY)
    told = under(customer, rules(potential__days=45), MONDAY + 33 * DAY)
    assert [rule for _, outcome, rule in steps(told) if outcome == REFUSED] == [
        "already-protected",
        "nothing-pending",
    ]
    assert told.would_be.holder == "li"
    assert told.would_be.until == MONDAY + 45 * DAY


@pytest.mark.clause("S1-042")
def test_the_term_as_intent_is_counted_by_the_other_rules() -> None:
    told = under(intent(a_story()), rules(intent__days=10), MONDAY + DAY)
    assert steps(told) == []
    assert ends(told) == [(("li", "intent", 15, "lapsed"), ("li", "intent", 10, "lapsed"))]


def test_deadlines_that_still_run_are_told_beyond_the_instant_and_those_that_passed_as_ends() -> (
    None
):
    told = under(potential(a_story()), rules(potential__days=20), MONDAY + 25 * DAY)
    (pair,) = [pair for pair in told.pairs if pair.differs]
    assert pair.was is not None
    assert pair.would_be is not None
    assert (pair.was.has_ended, pair.would_be.has_ended) == (False, True)
    assert (pair.was.ended_at, pair.was.ending) == (MONDAY + 30 * DAY, "lapsed")
    later = under(potential(a_story()), rules(potential__days=20), MONDAY + 31 * DAY)
    assert steps(later) == [("lapsed", FOLLOWS, None), ("lapsed", NEVER_FOLLOWS, None)]


@pytest.mark.clause("S1-036")
def test_an_extension_is_as_long_as_decided_or_as_one_may_be() -> None:
    def story() -> Customer:
        customer = ask_extension(potential(a_story()), at=MONDAY + DAY, days=10)
        customer.grant_extension(decider="sun", days=None, at=MONDAY + DAY, rules_of=rules_of)
        return customer

    capped = under(story(), rules(potential__extension_days_max=5), MONDAY + DAY)
    assert (steps(capped), capped.would_be.until) == ([], MONDAY + 35 * DAY)
    longer = under(story(), rules(potential__extension_days_max=90), MONDAY + DAY)
    assert (steps(longer), longer.would_be.until) == ([], MONDAY + 40 * DAY)
    none = under(story(), rules(potential__extensions=0), MONDAY + DAY)
    assert steps(none) == [
        ("extension_requested", REFUSED, "extensions-used-up"),
        ("extension_granted", REFUSED, "nothing-pending"),
    ]


def test_without_a_hold_over_a_late_decision_would_have_had_nothing_to_decide() -> None:
    customer = ask_intent(potential(a_story()), at=MONDAY + 29 * DAY)
    customer.grant_intent(decider="sun", at=MONDAY + 31 * DAY, rules=RULES)
    told = under(customer, rules(hold_over__working_days=0), MONDAY + 32 * DAY)
    assert steps(told) == [
        ("lapsed", FOLLOWS, None),
        ("intent_granted", REFUSED, "nothing-pending"),
    ]
    assert told.steps[-2].event.timestamp == MONDAY + 30 * DAY


def test_a_decision_is_about_the_application_that_was_decided_and_no_other() -> None:
    customer = ask_extension(potential(a_story()), at=MONDAY + 20 * DAY, days=10)
    customer.refuse_application(
        "extension", decider="sun", reason="否", at=MONDAY + 35 * DAY, rules_of=rules_of
    )
    told = under(customer, rules(potential__days=45), MONDAY + 36 * DAY)
    assert steps(told) == [("lapsed", NEVER_FOLLOWS, None)]
    assert told.would_be.until == MONDAY + 45 * DAY
    assert (told.was.state, told.would_be.application) == ("pool", None)


# Claims and their review.


@pytest.mark.clause("S1-318")
def test_a_refused_claim_is_removed_when_the_other_rules_say() -> None:
    told = under(refused(a_story()), rules(claims__removal_working_days=0), MONDAY + 4 * DAY)
    assert steps(told) == [
        ("holder_removed", FOLLOWS, None),
        ("holder_removed", NEVER_FOLLOWS, None),
    ]
    assert [end[1] for end in ends(told)] == [("li", "rejected", 0, "removed")]


@pytest.mark.clause("S1-317")
def test_a_correction_of_what_would_have_been_removed_is_a_claim_from_the_pool() -> None:
    customer = claimed(refused(a_story()), at=MONDAY + DAY)
    customer.pass_review(reviewer="zhao", different_company=None, at=MONDAY + 2 * DAY, rules=RULES)
    told = under(customer, rules(claims__removal_working_days=0), MONDAY + 2 * DAY)
    assert steps(told) == [("holder_removed", FOLLOWS, None)]
    assert told.was.claimed_at == MONDAY
    assert told.would_be.claimed_at == MONDAY + DAY
    assert told.would_be.state == "potential"


def test_a_claim_anew_of_what_would_still_have_been_rejected_is_its_correction() -> None:
    customer = refused(a_story())
    customer.expire(MONDAY + 5 * DAY, rules_of)
    potential(customer, "li", MONDAY + 5 * DAY)
    told = under(customer, rules(claims__removal_working_days=20), MONDAY + 6 * DAY)
    assert steps(told) == [("holder_removed", NEVER_FOLLOWS, None)]
    assert told.would_be.claimed_at == MONDAY
    no_more = rules(claims__removal_working_days=20, claims__corrections=0)
    again = refused(a_story())
    again.expire(MONDAY + 5 * DAY, rules_of)
    told = under(claimed(again, "li", MONDAY + 5 * DAY), no_more, MONDAY + 6 * DAY)
    assert steps(told)[-1] == ("claimed", REFUSED, "wrong-stage")


@pytest.mark.clause("S1-037")
def test_a_longer_bar_refuses_the_claim_that_came_after_the_shorter_one() -> None:
    customer = potential(a_story())
    customer.release(member="li", reason="无预算", at=MONDAY + DAY, rules=RULES)
    claimed(customer, "li", MONDAY + 5 * DAY)
    told = under(customer, rules(bar__days=30), MONDAY + 6 * DAY)
    assert steps(told) == [("claimed", REFUSED, "barred")]
    assert told.would_be.bars == (("li", MONDAY + 31 * DAY),)


def test_without_a_review_a_claim_is_in_force_and_its_review_had_nothing_to_decide() -> None:
    customer = claimed(a_story())
    customer.pass_review(reviewer="zhao", different_company=None, at=MONDAY + DAY, rules=RULES)
    told = under(customer, rules(claims__review_required=False), MONDAY + 2 * DAY)
    assert steps(told) == [
        ("review_passed", FOLLOWS, None),
        ("review_passed", REFUSED, "nothing-pending"),
    ]
    assert told.would_be.until == MONDAY + 30 * DAY


def test_a_review_that_nobody_made_is_not_supposed() -> None:
    customer = potential(a_story(), by=rules(claims__review_required=False))
    told = under(customer, RULES, MONDAY + 90 * DAY)
    assert steps(told)[0] == ("review_passed", NEVER_FOLLOWS, None)
    assert told.would_be.state == "waiting"


# Contracts, other hands, duplicates.


@pytest.mark.clause("S1-054")
def test_a_contract_that_could_not_have_been_drawn_takes_its_steps_along() -> None:
    told = under(formal(a_story()), rules(intent__days=15, hold_over__working_days=3), MONDAY)
    assert steps(told) == []
    customer = complete(intent(a_story()), at=MONDAY + 12 * DAY)
    customer.confirm_contract(
        confirmer="he", number="HT-2026-001", at=MONDAY + 13 * DAY, rules=RULES
    )
    told = under(customer, rules(intent__days=10), MONDAY + 14 * DAY)
    outcomes = steps(told)
    assert outcomes[0] == ("lapsed", FOLLOWS, None)
    assert outcomes[1] == ("contract_drawn", REFUSED, "not-the-holder")
    assert {rule for _, _, rule in outcomes[2:]} == {"not-found"}
    assert (told.was.state, told.would_be.state) == ("formal", "pool")


def test_a_number_drawn_twice_is_not_one_contract_where_the_first_would_have_stood() -> None:
    customer = draw(potential(a_story(), by=rules(contracts__drawn_days=1)), by=drawn_days(1))
    draw(customer, at=MONDAY + 2 * DAY, by=drawn_days(1))
    told = under(customer, drawn_days(30), MONDAY + 3 * DAY)
    assert steps(told) == [("contract_drawn", REFUSED, "number-taken")]


def drawn_days(days: int) -> Rulebook:
    return rules(contracts__drawn_days=days, contracts__stages=("potential", "intent", "formal"))


@pytest.mark.clause("S1-284")
def test_a_transfer_of_what_nobody_would_have_held_would_have_been_refused() -> None:
    customer = potential(a_story())
    customer.transfer(
        actor="sun", to="chen", department="二部", reason="调整", at=MONDAY + 25 * DAY, rules=RULES
    )
    follow_up(customer, "chen", MONDAY + 26 * DAY)
    told = under(customer, rules(potential__days=20), MONDAY + 27 * DAY)
    assert steps(told)[1:] == [
        ("transferred", REFUSED, "not-the-holder"),
        ("followed_up", REFUSED, "not-the-holder"),
    ]
    stays = under(_transferred(), rules(potential__days=40), MONDAY + 27 * DAY)
    assert (steps(stays), stays.would_be.holder) == ([], "chen")
    assert stays.would_be.until == MONDAY + 40 * DAY


def _transferred() -> Customer:
    customer = potential(a_story())
    customer.transfer(
        actor="sun", to="chen", department="二部", reason="调整", at=MONDAY + 25 * DAY, rules=RULES
    )
    return customer


@pytest.mark.clause("S1-283")
def test_a_leaving_stays_a_fact_and_its_hand_over_follows_where_there_is_something() -> None:
    def story() -> Customer:
        return arrange(potential(a_story()), MONDAY + 25 * DAY, to="chen")

    told = under(story(), rules(potential__days=28), MONDAY + 26 * DAY)
    assert (steps(told), told.would_be.holder) == ([], "chen")
    told = under(story(), rules(potential__days=20), MONDAY + 26 * DAY)
    assert steps(told) == [("lapsed", FOLLOWS, None), ("transferred", NEVER_FOLLOWS, None)]
    ahead = under(story(), rules(potential__days=28), MONDAY + DAY)
    assert ends(ahead) == [
        (("chen", "potential", 30, "lapsed"), ("chen", "potential", 28, "lapsed"))
    ]


def test_a_leaving_of_who_would_not_have_held_it_does_not_concern_it() -> None:
    customer = potential(a_story())
    customer.expire(MONDAY + 31 * DAY, rules_of)
    potential(customer, "chen", MONDAY + 31 * DAY)
    arrange(customer, MONDAY + 40 * DAY, at=MONDAY + 32 * DAY)
    told = under(customer, rules(potential__days=60), MONDAY + 33 * DAY)
    assert steps(told)[-1] == ("hand_over_arranged", REFUSED, "not-the-holder")
    assert told.would_be.leaves_at is None


@pytest.mark.clause("S1-048")
def test_after_sales_goes_on_as_it_did() -> None:
    customer = name_person(formal(a_story()), at=MONDAY + DAY)
    follow_up(customer, "xu", MONDAY + 2 * DAY)
    told = under(customer, rules(potential__days=5, intent__days=5), MONDAY + 3 * DAY)
    assert (steps(told), ends(told)) == ([], [])


@pytest.mark.clause("S1-020")
def test_a_merge_takes_the_other_record_as_it_was_and_this_one_as_it_would_have_been() -> None:
    def story(other_at: timedelta) -> Customer:
        customer, other = potential(a_story()), potential(a_customer(), "chen", MONDAY + other_at)
        customer.absorb(
            other, number=1, contacts=[], actor="zhao", at=MONDAY + 25 * DAY, rules=RULES
        )
        return customer

    gone = under(story(3 * DAY), rules(potential__days=20), MONDAY + 26 * DAY)
    assert (gone.was.holder, gone.would_be.holder) == ("li", None)
    moved = under(story(-DAY), rules(potential__days=20), MONDAY + 26 * DAY)
    assert (moved.was.holder, moved.would_be.holder) == ("chen", "chen")
    assert moved.would_be.until == MONDAY + 29 * DAY


def test_a_merged_record_answers_no_more_under_any_rules() -> None:
    customer = potential(a_story())
    into = a_customer().id
    customer.merge_into(into, number=1, moved=True, actor="zhao", at=MONDAY + 25 * DAY, rules=RULES)
    told = under(customer, rules(potential__days=20), MONDAY + 26 * DAY)
    assert steps(told) == [("lapsed", FOLLOWS, None)]
    assert told.would_be.merged_into == into
    assert ends(told) == [(("li", "potential", 25, "merged"), ("li", "potential", 20, "lapsed"))]


class Ruled(CustomerEvent):
    """A kind of event that suppositions have never heard of: it puts the protection elsewhere."""

    TOPIC = "test.ruled"

    to: str

    def protection_after(self, before: Protection | None) -> Protection | None:
        return before and replace(before, holder=self.to, until=MONDAY + 90 * DAY)


def test_an_unheard_kind_of_event_passes_as_a_fact_with_what_it_leads_to() -> None:
    register_topic(Ruled.TOPIC, Ruled)
    customer = potential(a_story())
    customer.trigger_event(Ruled, timestamp=MONDAY + 10 * DAY, actor="shen", to="chen")
    told = under(customer, rules(potential__days=20), MONDAY + 30 * DAY)
    assert (steps(told), told.would_be.holder) == ([], "chen")
    assert told.would_be.until == MONDAY + 90 * DAY


def test_an_event_that_no_rulebook_decides_passes_as_a_fact() -> None:
    customer = potential(a_story())
    report = customer.report_duplicate(
        of=a_customer().id, statement="同一公司", actor="wu", at=MONDAY + DAY
    )
    told = under(customer, rules(potential__days=1), MONDAY + DAY + MICROSECOND)
    assert told.would_be.open_reports == (report.number,)
    assert told.steps[-1].outcome == STANDS
