"""A dry run: whom changed rules would have let fall to the pool, when, and whose."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.customer import Customer
from domain.dry_run import (
    IRRELEVANT_TOPICS,
    WITHOUT_EFFECT,
    Fall,
    Span,
    Tally,
    asked_about,
    falls,
    reach_days,
)
from domain.events.customer import CustomerEvent
from domain.rulebook import default_text
from domain.rulebook_text import InvalidRulebook, Rulebook, changed
from domain.rulebook_values import VALUES
from domain.what_if import what_if
from tests.domain.lives import RULEBOOKS, a_customer_with_events, acts, lived
from tests.domain.stories import DAY, MONDAY, RULES, formal, potential, refused, rules, rules_of
from tests.domain.test_what_if import history

ALWAYS = Span(MONDAY, MONDAY + 366 * DAY)


def events_of(customer: Customer) -> list[CustomerEvent]:
    found: Sequence[Any] = customer.collect_events()
    return list(found)


def fallen(customer: Customer, other: Rulebook, now: datetime, span: Span = ALWAYS) -> list[Fall]:
    return falls(events_of(customer), other, rules_of, now, span)


def told(found: Sequence[Fall]) -> list[tuple[Any, ...]]:
    return [
        (
            fall.holder,
            fall.change,
            fall.ended and (fall.ended.at - MONDAY) / DAY,
            fall.would_have_ended and (fall.would_have_ended.at - MONDAY) / DAY,
        )
        for fall in found
    ]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(RULEBOOKS), st.lists(acts, min_size=5, max_size=30))
def test_under_the_very_rules_every_fall_is_the_same_with_or_without_what_moves_nothing(
    by: Rulebook, deeds: list[Any]
) -> None:
    life, events = lived(by, deeds)
    relevant = [event for event in events if type(event).TOPIC not in IRRELEVANT_TOPICS]  # type: ignore[attr-defined]
    found = falls(events, by, lambda _: by, life.now, ALWAYS)
    assert found == falls(relevant, by, lambda _: by, life.now, ALWAYS)
    assert {fall.change for fall in found} <= {"same"}


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(RULEBOOKS), st.sampled_from(RULEBOOKS), st.lists(acts, min_size=5, max_size=30)
)
def test_a_dry_run_tells_what_a_what_if_tells_and_the_reach_leads_to_every_fall(
    by: Rulebook, other: Rulebook, deeds: list[Any]
) -> None:
    life, events = lived(by, deeds)
    now = life.now + 400 * DAY
    found = falls(events, other, lambda _: by, now, Span(MONDAY, now))
    pairs = what_if(history(events, now), other, lambda _: by).pairs
    ends = ("lapsed", "undecided")
    supposed = {
        pair.would_be.ended_at for pair in pairs if pair.would_be and pair.would_be.ending in ends
    }
    told_of = {
        fall.would_have_ended.at
        for fall in found
        if fall.would_have_ended and fall.would_have_ended.ending in ends
    }
    if other.claims.potential_counts_from == "pass":  # Else a term may be over when it begins.
        assert told_of <= supposed
    for fall in found:
        if fall.would_have_ended is not None and fall.would_have_ended.is_fall:
            at = fall.would_have_ended.at
            reached, _ = asked_about(Span(at, at + DAY), other)
            held = [pair.was.interval for pair in pairs if pair.was]
            assert any(
                one.since < at + DAY and (one.until is None or one.until >= reached) for one in held
            )


@pytest.mark.clause("S1-033", "S1-035")
def test_a_shorter_term_lets_fall_earlier_and_a_longer_one_later() -> None:
    short = fallen(potential(a_customer_with_events(MONDAY)), rules(potential__days=20), MONDAY)
    assert told(short) == [("li", "earlier", 30, 20)]
    long = fallen(potential(a_customer_with_events(MONDAY)), rules(potential__days=45), MONDAY)
    assert told(long) == [("li", "later", 30, 45)]
    same = fallen(potential(a_customer_with_events(MONDAY)), rules(intent__days=45), MONDAY)
    assert told(same) == [("li", "same", 30, 30)]


def test_only_falls_in_the_span_of_whom_one_asks_about_are_told() -> None:
    def in_span(start: int, end: int, **more: Any) -> list[tuple[Any, ...]]:
        span = Span(MONDAY + start * DAY, MONDAY + end * DAY, **more)
        customer = potential(a_customer_with_events(MONDAY))
        return told(fallen(customer, rules(potential__days=20), MONDAY, span))

    assert in_span(20, 21) == in_span(30, 31) == [("li", "earlier", 30, 20)]
    assert in_span(21, 30) == in_span(31, 60) == []
    assert in_span(20, 21, member="li", department="一部") != []
    assert in_span(20, 21, member="chen") == in_span(20, 21, department="二部") == []


@pytest.mark.clause("S1-318")
def test_a_refused_claim_falls_at_its_removal_and_who_gives_up_does_not_fall() -> None:
    removed = fallen(
        refused(a_customer_with_events(MONDAY)), rules(claims__removal_working_days=0), MONDAY
    )
    assert [fall.change for fall in removed] == ["earlier"]
    customer = potential(a_customer_with_events(MONDAY))
    customer.release(member="li", reason="无预算", at=MONDAY + 5 * DAY, rules=RULES)
    events = events_of(customer)
    assert falls(events, rules(potential__days=20), rules_of, MONDAY + 9 * DAY, ALWAYS) == []
    short = falls(events, rules(potential__days=3), rules_of, MONDAY + 9 * DAY, ALWAYS)
    assert told(short) == [("li", "added", 5, 3)]
    assert fallen(formal(a_customer_with_events(MONDAY)), rules(potential__days=3), MONDAY) == []


def test_what_would_still_be_held_is_spared_and_what_it_kept_out_never_begins() -> None:
    customer = potential(a_customer_with_events(MONDAY))
    customer.expire(MONDAY + 31 * DAY, rules_of)
    potential(customer, "chen", MONDAY + 31 * DAY)
    customer.expire(MONDAY + 70 * DAY, rules_of)
    found = fallen(
        customer, rules(claims__review_required=True, potential__days=400), MONDAY + 70 * DAY
    )
    assert [fall.change for fall in found] == ["later", "never-begun"]


def test_totals_are_by_day_in_shanghai_by_department_and_by_holder() -> None:
    tally = Tally(ALWAYS)
    tally.count(
        fallen(potential(a_customer_with_events(MONDAY)), rules(potential__days=20), MONDAY)
    )
    tally.count([])
    assert (tally.customers, tally.fell, tally.would_have_fallen) == (2, 1, 1)
    assert tally.days == {date(2026, 3, 22): [0, 1], date(2026, 4, 1): [1, 0]}
    assert tally.holders == {("一部", "li"): [1, 1]}
    assert tally.departments() == {"一部": [1, 1]}
    assert tally.changes == {"earlier": 1}


def test_a_customer_that_falls_twice_is_two_falls_and_one_customer() -> None:
    customer = potential(a_customer_with_events(MONDAY))
    customer.expire(MONDAY + 31 * DAY, rules_of)
    potential(customer, "chen", MONDAY + 31 * DAY)
    customer.expire(MONDAY + 70 * DAY, rules_of)
    events = events_of(customer)
    for days, span, fell, would_have_fallen in (
        (20, ALWAYS, (2, 1), (2, 1)),
        (400, Span(MONDAY, MONDAY + 300 * DAY), (2, 1), (0, 0)),
        (20, Span(MONDAY, MONDAY + 25 * DAY), (0, 0), (1, 1)),
    ):
        tally = Tally(span)
        tally.count(falls(events, rules(potential__days=days), rules_of, MONDAY + 70 * DAY, span))
        assert (tally.fell, tally.customers_fell) == fell
        told_of = (tally.would_have_fallen, tally.customers_would_have_fallen)
        assert told_of == would_have_fallen


def test_a_reach_from_before_all_time_begins_with_it() -> None:
    endless = rules(potential__extensions=100, potential__extension_days_max=3650)
    assert reach_days(endless) > 365_000
    first = datetime.min.replace(tzinfo=UTC)
    assert asked_about(Span(first + DAY, first + 2 * DAY), endless) == (first, first + 2 * DAY)


def test_values_without_effect_are_values_of_a_rulebook() -> None:
    assert set(WITHOUT_EFFECT) <= {value.key for value in VALUES}


def test_changed_values_are_read_as_json_states_them() -> None:
    other = changed(
        default_text(),
        {
            "potential.days": 20,
            "bar.after": ["lapse"],
            "pool.opens_at": "09:00",
            "pool.closes_at": "18:00:00",
            "calendar.holidays": ["2026-10-08"],
            "claims.held_max": None,
        },
    )
    assert (other.potential.days, other.bar.after) == (20, ("lapse",))
    assert (other.pool.opens_at, other.pool.closes_at) == (time(9), time(18))
    assert other.calendar.holidays == (date(2026, 10, 8),)
    assert other.intent == RULES.intent


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("potential.days", "20"),
        ("potential.days", True),
        ("potential.days", None),
        ("pool.opens_at", "09:00+08:00"),
        ("calendar.holidays", ["2026-13-01"]),
        ("calendar.holidays", [1]),
        ("bar.after", [["lapse"]]),
        ("potential", {"days": 20}),
        ("nothing.known", 1),
        ("", 1),
    ],
)
def test_a_wrong_change_is_named_without_a_line(key: str, value: object) -> None:
    with pytest.raises(InvalidRulebook) as raised:
        changed(default_text(), {key: value})
    problem = raised.value.problems[0]
    assert (problem.key, problem.line) == (key, None)
    assert problem.message_zh
    assert problem.message_en
