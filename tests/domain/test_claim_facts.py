"""What commands on the claim and the record write down, to the last field."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.customer import Customer
from domain.errors import Invalid, NotTheHolder
from domain.events import (
    Bar,
    ClaimCorrected,
    Claimed,
    ClaimWithdrawn,
    ContactAdded,
    FollowedUp,
    HolderRemoved,
    Likeness,
    Match,
    ProfileChanged,
    Released,
    ReviewPassed,
    ReviewRefused,
    Sealed,
    Stage,
)
from tests.domain.stories import (
    DAY,
    MONDAY,
    RULES,
    a_contact,
    a_customer,
    an_id,
    claimed,
    fact,
    follow_up,
    new_events,
    potential,
    recorded,
    refused,
    replay_of,
    rules,
    rules_of,
    state_of,
)

HOUR = timedelta(hours=1)
REMOVAL = datetime(2026, 3, 5, 16, tzinfo=UTC)
"""Midnight after Thursday, 5 March, in Shanghai: three working days after Monday."""
OTHER = rules(version="other")


@pytest.mark.clause("S1-306", "S1-314", "S1-171")
def test_a_claim_is_recorded_with_contact_and_what_its_collision_check_found() -> None:
    customer, contact = a_customer(), a_contact()
    found = Likeness(an_id(), Match.SIMILAR)
    customer.claim(
        member="li",
        department="一部",
        contact=contact,
        collision=(found,),
        at=MONDAY,
        rules=OTHER,
    )
    assert recorded(customer) == [
        fact(
            Claimed,
            MONDAY,
            "li",
            holder="li",
            department="一部",
            contact=contact,
            from_pool=False,
            review_due=MONDAY + 3 * DAY,
            collision=[found],
            rulebook="other",
            leaves_at=None,
        )
    ]
    assert customer.contact_topics == {contact.id: Claimed.TOPIC}


@pytest.mark.clause("S1-317", "S1-318")
def test_a_refusal_and_the_correction_that_follows_are_recorded() -> None:
    customer, contact = claimed(a_customer()), a_contact()
    first = next(iter(customer.contacts))
    new_events(customer)
    customer.refuse_review(reviewer="zhao", reason="电话有误", at=MONDAY + HOUR, rules=OTHER)
    assert recorded(customer) == [
        fact(
            ReviewRefused,
            MONDAY + HOUR,
            "zhao",
            holder="li",
            reason="电话有误",
            removal_due=REMOVAL,
            provisional=False,
            rulebook="other",
        )
    ]
    held = customer.protection
    assert held is not None
    assert (held.since, held.until, held.review_due) == (MONDAY + HOUR, REMOVAL, None)
    customer.claim(
        member="li",
        department="一部",
        contact=contact,
        collision=[],
        at=MONDAY + 2 * HOUR,
        rules=OTHER,
    )
    assert recorded(customer) == [
        fact(
            ClaimCorrected,
            MONDAY + 2 * HOUR,
            "li",
            holder="li",
            contact=contact,
            review_due=MONDAY + 2 * HOUR + 3 * DAY,
            rulebook="other",
        )
    ]
    held = customer.protection
    assert held is not None
    assert (held.since, held.until) == (MONDAY + 2 * HOUR, None)
    assert (held.review_due, held.corrections) == (MONDAY + 2 * HOUR + 3 * DAY, 1)
    assert (held.claimed_at, held.rulebook) == (MONDAY, RULES.version)
    assert customer.contact_topics == {first: Claimed.TOPIC, contact.id: ClaimCorrected.TOPIC}


@pytest.mark.clause("S1-317")
def test_corrections_are_counted() -> None:
    twice = rules(claims__corrections=2)
    customer = refused(a_customer())
    for hour in (1, 2):
        claimed(customer, "li", MONDAY + hour * HOUR, twice)
        assert customer.protection is not None
        assert customer.protection.corrections == hour
        customer.refuse_review(
            reviewer="zhao", reason="仍有误", at=MONDAY + hour * HOUR, rules=twice
        )


@pytest.mark.clause("S1-317", "S1-319")
def test_a_removal_in_a_year_without_a_calendar_is_provisional() -> None:
    far = datetime(2031, 12, 1, tzinfo=UTC)
    assert new_events(refused(a_customer(), at=far))[-1].provisional


@pytest.mark.clause("S1-313", "S1-312", "S1-033")
def test_a_pass_is_recorded_with_from_when_the_term_runs_and_why_it_is_another_company() -> None:
    by = rules(version="other", claims__potential_counts_from="claim")
    customer = claimed(a_customer())
    new_events(customer)
    customer.pass_review(reviewer="zhao", different_company="税号不同", at=MONDAY + DAY, rules=by)
    assert recorded(customer) == [
        fact(
            ReviewPassed,
            MONDAY + DAY,
            "zhao",
            holder="li",
            counted_from=MONDAY,
            until=MONDAY + 30 * DAY,
            different_company="税号不同",
            rulebook="other",
        )
    ]
    held = customer.protection
    assert held is not None
    assert (held.since, held.in_force_since) == (MONDAY + DAY, MONDAY + DAY)
    assert (held.review_due, held.rulebook) == (None, "other")


@pytest.mark.parametrize("hold", [claimed, refused])
def test_a_withdrawal_is_recorded_with_its_stage_and_bar(hold) -> None:
    customer = hold(a_customer())
    new_events(customer)
    customer.withdraw_claim(member="li", reason="填错", at=MONDAY + HOUR, rules=OTHER)
    assert recorded(customer) == [
        fact(
            ClaimWithdrawn,
            MONDAY + HOUR,
            "li",
            holder="li",
            stage=Stage.WAITING if hold is claimed else Stage.REJECTED,
            reason="填错",
            bar=Bar("li", MONDAY + HOUR + 3 * DAY),
            rulebook="other",
        )
    ]


@pytest.mark.clause("S1-037", "S1-038")
def test_a_release_is_recorded_with_its_stage_and_bar() -> None:
    customer = potential(a_customer())
    new_events(customer)
    customer.release(member="li", reason="无预算", at=MONDAY + HOUR, rules=OTHER)
    assert recorded(customer) == [
        fact(
            Released,
            MONDAY + HOUR,
            "li",
            holder="li",
            stage=Stage.POTENTIAL,
            reason="无预算",
            bar=Bar("li", MONDAY + HOUR + 3 * DAY),
            rulebook="other",
        )
    ]


@pytest.mark.clause("S1-318")
def test_a_removal_after_a_refused_review_is_recorded_by_nobody() -> None:
    customer = refused(a_customer())
    new_events(customer)
    customer.expire(REMOVAL, rules_of)
    assert recorded(customer) == [
        fact(
            HolderRemoved,
            REMOVAL,
            "system",
            holder="li",
            stage=Stage.REJECTED,
            cause="review-refused",
            bar=None,
            rulebook="2026-1",
            reason=None,
        )
    ]


# The record.


@pytest.mark.clause("S1-027")
def test_a_contact_is_recorded_and_known_by_where_it_came_from() -> None:
    customer, contact = claimed(a_customer()), a_contact()
    (first,) = customer.contacts
    new_events(customer)
    customer.add_contact(contact, actor="li", at=MONDAY + HOUR)
    assert recorded(customer) == [fact(ContactAdded, MONDAY + HOUR, "li", contact=contact)]
    assert customer.contact_topics == {first: Claimed.TOPIC, contact.id: ContactAdded.TOPIC}


def correction(**changes: Any) -> dict[str, Any]:
    """The facts of a correction that changes nothing but what is named."""
    unchanged = dict.fromkeys(
        ("name", "name_key", "core", "address", "industry", "phone", "phone_hash", "introduction")
    )
    rest = {"names_version": 1, "collision": [], "override_reason": None, "warnings": []}
    return {**unchanged, **rest, "rulebook": RULES.version, **changes}


@pytest.mark.clause("S1-019")
def test_a_correction_is_recorded_and_changes_what_it_names() -> None:
    customer = a_customer()
    facts = correction(
        name="泰州市春意空调有限公司",
        name_key="泰州市春意空调有限公司",
        core="春意",
        warnings=["region"],
        override_reason="已迁址",
        phone=Sealed(customer.id, "bm8="),
        phone_hash="2" * 64,
    )
    customer.change_profile(actor="li", at=MONDAY, **facts)
    assert recorded(customer) == [fact(ProfileChanged, MONDAY, "li", **facts)]
    assert (customer.name, customer.name_key, customer.core) == (
        "泰州市春意空调有限公司",
        "泰州市春意空调有限公司",
        "春意",
    )
    assert (customer.warnings, customer.override_reason) == (("region",), "已迁址")
    assert customer.phone_hash == "2" * 64


def test_a_correction_leaves_what_it_does_not_name() -> None:
    customer = a_customer()
    customer.change_profile(
        actor="li", at=MONDAY, **correction(override_reason="另一家", warnings=["region"])
    )
    before = state_of(customer)
    customer.change_profile(actor="li", at=MONDAY, **correction(industry="暖通"))
    assert {**before, "_version": 0} == {**state_of(customer), "_version": 0}
    assert (customer.warnings, customer.override_reason) == ((), "另一家")
    assert customer.phone_hash == a_customer().phone_hash


@pytest.mark.clause("S1-029", "S1-030", "S1-031")
def test_a_follow_up_is_recorded_with_whom_how_and_when_next() -> None:
    customer = potential(a_customer())
    (contact,) = customer.contacts
    new_events(customer)
    at = MONDAY + HOUR
    follow_up(
        customer,
        "li",
        at,
        channel="visit",
        note="已见面",
        contact_id=contact,
        contacted_at=at,
        next_contact_at=at + DAY,
    )
    assert recorded(customer) == [
        fact(
            FollowedUp,
            at,
            "li",
            holder="li",
            stage=Stage.POTENTIAL,
            channel="visit",
            note="已见面",
            next_contact_at=at + DAY,
            contact_id=contact,
            contacted_at=at,
        )
    ]


@pytest.mark.clause("S1-029")
def test_nobody_follows_up_a_pool_customer() -> None:
    with pytest.raises(NotTheHolder) as refusal:
        follow_up(a_customer())
    assert (refusal.value.holder, refusal.value.group) == (None, None)


@pytest.mark.clause("S1-030", "S1-031")
@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"note": "谈" * 101}, "note", "too-long"),
        ({"next_contact_at": None}, "next_contact_at", "required"),
        ({"next_contact_at": MONDAY}, "next_contact_at", "out-of-range"),
        ({"contacted_at": MONDAY + HOUR}, "contacted_at", "in-the-future"),
        ({"contact_id": an_id()}, "contact", "unknown-contact"),
    ],
)
def test_what_is_wrong_with_a_follow_up_names_its_field(changes, field, code) -> None:
    customer = potential(a_customer())
    by = rules(follow_up__note_characters_max=100)
    new_events(customer)
    with pytest.raises(Invalid) as refusal:
        follow_up(customer, rules=by, **changes)
    assert [(found.field, found.code) for found in refusal.value.problems] == [(field, code)]
    assert recorded(customer) == []
    follow_up(customer, rules=by, note="谈" * 100)


def test_a_replay_of_the_record_gives_the_same_state() -> None:
    customer: Customer = claimed(refused(a_customer()), "li", MONDAY + HOUR)
    customer.add_contact(a_contact(), actor="li", at=MONDAY + HOUR)
    customer.change_profile(actor="li", at=MONDAY + HOUR, **correction(core="春意"))
    follow_up(customer, "li", MONDAY + HOUR)
    customer.withdraw_claim(member="li", reason="填错", at=MONDAY + HOUR, rules=RULES)
    assert state_of(replay_of(customer)) == state_of(customer)
