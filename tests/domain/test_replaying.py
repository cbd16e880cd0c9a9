"""A life told step by step: each event, the situation that it led to, and what it changed."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.customer import Customer
from domain.errors import NotFound
from domain.events.customer import Registered
from domain.protection import AFTER_SALES
from domain.replay import History, PastEvent
from domain.replaying import Situation, customer_at, replay, situation, situations_at
from tests.domain.stories import (
    DAY,
    MICROSECOND,
    MONDAY,
    NUMBER,
    RULES,
    a_customer,
    an_id,
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
    rules_by_version,
    rules_of,
    sign,
)

HOUR = timedelta(hours=1)
REGISTERED_AT = MONDAY - 400 * DAY
DEADLINE = MONDAY + 30 * DAY
HOLD_OVER_END = datetime(2026, 4, 7, 16, tzinfo=UTC)
NOTHING = Situation(
    state="pool",
    holder=None,
    group=None,
    department=None,
    claimed_at=None,
    until=None,
    held_over_by=None,
    held_over_until=None,
    application=None,
    extensions=0,
    leaves_at=None,
    handed_over_to=None,
    bars=(),
    contracts=(),
    signers=(),
    open_reports=(),
    reporters=(),
    customer_class=None,
    classified_by=None,
    open_disputes=(),
    merged_into=None,
)


def history(customer: Customer) -> History:
    """The registration made again, and every event since; each recorded an hour later."""
    registered = Registered(
        originator_id=customer.id,
        originator_version=1,
        originator_topic="customer",
        timestamp=REGISTERED_AT,
        actor="wang",
        profile="enterprise",
        name=customer.name,
        name_key=customer.name_key,
        core=customer.core,
        names_version=1,
        address="靖江市人民路1号",
        industry="空调",
        phone=next(iter(customer.contacts.values())).phone,
        phone_hash=customer.phone_hash,
        introduction="主营空调",
        contacts=[],
        collision=[],
        override_reason=None,
        warnings=[],
        rulebook=RULES.version,
    )
    events = (registered, *customer.collect_events())
    past = tuple(
        PastEvent(position, event.timestamp + HOUR, event)
        for position, event in enumerate(events, start=10)
    )
    return History(customer.id, MONDAY + 900 * DAY, past)


def steps(customer: Customer) -> list[tuple[str, dict[str, object]]]:
    """Topic of each step and the new values that it brought, less the registration."""
    return [
        (type(step.past.event).TOPIC, {name: new for name, (_, new) in step.changed.items()})
        for step in replay(history(customer))
    ][1:]


@pytest.mark.clause("S1-235")
def test_the_registration_begins_a_life_and_everything_in_it_is_new() -> None:
    first = next(replay(history(claimed(a_customer()))))
    assert first.past.position == 10
    assert isinstance(first.past.event, Registered)
    assert first.after == NOTHING
    assert first.changed["state"] == (None, "pool")
    assert set(first.changed) == set(Situation.__dataclass_fields__)


@pytest.mark.clause("S1-235")
def test_each_step_names_what_it_changed_and_from_what() -> None:
    customer = claimed(a_customer())
    customer.pass_review(reviewer="zhao", different_company=None, at=MONDAY + HOUR, rules=RULES)
    customer.release(member="li", reason="无预算", at=MONDAY + DAY, rules=RULES)
    told = list(replay(history(customer)))
    assert [step.past.position for step in told] == [10, 11, 12, 13]
    claim, passed, released = told[1:]
    assert claim.changed == {
        "state": ("pool", "waiting"),
        "holder": (None, "li"),
        "department": (None, "一部"),
        "claimed_at": (None, MONDAY),
    }
    assert passed.changed == {
        "state": ("waiting", "potential"),
        "until": (None, MONDAY + HOUR + 30 * DAY),
    }
    assert released.changed == {
        "state": ("potential", "pool"),
        "holder": ("li", None),
        "department": ("一部", None),
        "claimed_at": (MONDAY, None),
        "until": (MONDAY + HOUR + 30 * DAY, None),
        "bars": ((), (("li", MONDAY + 4 * DAY),)),
    }
    assert released.after.bars == (("li", MONDAY + 4 * DAY),)


def test_a_step_that_changes_no_right_changes_nothing() -> None:
    customer = claimed(a_customer())
    follow_up(customer, "li", MONDAY + HOUR)
    assert steps(customer)[-1] == ("customer.followed_up", {})


@pytest.mark.clause("S1-036", "S1-039")
def test_an_application_and_its_end_are_told() -> None:
    customer = ask_intent(potential(a_customer()), at=MONDAY + DAY)
    customer.refuse_application(
        "intent", decider="sun", reason="否", at=DEADLINE + DAY, rules_of=rules_of
    )
    asked, closed, over = steps(customer)[-3:]
    assert asked == (
        "customer.intent_requested",
        {"application": "intent", "held_over_by": "intent", "held_over_until": HOLD_OVER_END},
    )
    # At the refusal nothing holds it over any more, so that it is over, and the lapse says so.
    assert closed[0] == "customer.intent_refused"
    assert closed[1]["state"] == "pool"
    assert over == ("customer.lapsed", {})


@pytest.mark.clause("S1-036")
def test_a_granted_extension_moves_the_deadline_and_counts() -> None:
    customer = ask_extension(potential(a_customer()), days=10)
    customer.grant_extension(decider="sun", days=None, at=MONDAY + DAY, rules_of=rules_of)
    assert steps(customer)[-1] == (
        "customer.extension_granted",
        {
            "until": DEADLINE + 10 * DAY,
            "held_over_by": None,
            "held_over_until": None,
            "application": None,
            "extensions": 1,
        },
    )


@pytest.mark.clause("S1-046", "S1-056")
def test_contracts_are_told_with_the_state_of_each() -> None:
    customer = draw(complete(intent(a_customer())), number="HT-2")
    customer.confirm_contract(confirmer="he", number=NUMBER, at=MONDAY + DAY, rules=RULES)
    told = steps(customer)
    drawn = next(changed for topic, changed in told if topic == "customer.contract_drawn")
    assert drawn == {"contracts": ((NUMBER, "drawn"),)}
    signed = next(changed for topic, changed in told if topic == "customer.contract_signed")
    assert signed["contracts"] == ((NUMBER, "signed"),)
    assert signed["held_over_by"] == "contract"
    assert told[-1] == (
        "customer.contract_confirmed",
        {
            "state": "formal",
            "holder": None,
            "group": AFTER_SALES,
            "department": None,
            "until": None,
            "held_over_by": None,
            "held_over_until": None,
            "contracts": ((NUMBER, "confirmed"), ("HT-2", "drawn")),
            "signers": ("li",),
        },
    )


@pytest.mark.clause("S1-283")
def test_an_arranged_leaving_is_told_when_it_is_arranged_and_when_it_comes() -> None:
    customer = arrange(potential(a_customer()), MONDAY + 5 * DAY, "zhou")
    customer.expire(MONDAY + 6 * DAY, rules_of)
    arranged, handed_over = steps(customer)[-2:]
    assert arranged == (
        "customer.hand_over_arranged",
        {"leaves_at": MONDAY + 5 * DAY, "handed_over_to": "zhou"},
    )
    assert handed_over == (
        "customer.transferred",
        {"holder": "zhou", "department": "二部", "leaves_at": None, "handed_over_to": None},
    )


@pytest.mark.clause("S1-048")
def test_who_is_responsible_for_a_formal_customer_is_told() -> None:
    assert steps(name_person(formal(a_customer())))[-1] == (
        "customer.moved_to_after_sales",
        {"holder": "xu", "group": None, "department": "售后部"},
    )


@pytest.mark.clause("S1-020")
def test_reports_and_a_merge_are_told() -> None:
    customer, other = claimed(a_customer()), an_id()
    customer.report_duplicate(of=other, statement="同一税号", actor="wu", at=MONDAY)
    customer.resolve_duplicate(
        number=1, resolution="merge", reason="同一家", actor="zhao", at=MONDAY, rules=RULES
    )
    customer.merge_into(other, number=1, moved=True, actor="zhao", at=MONDAY, rules=RULES)
    reported, resolved, merged = steps(customer)[-3:]
    assert reported == (
        "customer.duplicate_reported",
        {"open_reports": (1,), "reporters": ("wu",)},
    )
    assert resolved == ("customer.duplicate_resolved", {"open_reports": (), "reporters": ()})
    assert merged == (
        "customer.merged",
        {
            "state": "merged",
            "holder": None,
            "department": None,
            "claimed_at": None,
            "merged_into": other,
        },
    )


@pytest.mark.clause("S4-37")
def test_the_class_and_who_said_it_are_told_and_move_nothing_else() -> None:
    customer = claimed(a_customer())
    customer.classify("A", reason="大客户", actor="mei", at=MONDAY)
    assert steps(customer)[-1] == (
        "customer.classified",
        {"customer_class": "A", "classified_by": "mei"},
    )


def test_a_replay_up_to_an_instant_takes_that_instants_events_along() -> None:
    customer = potential(a_customer())
    customer.release(member="li", reason="无预算", at=MONDAY + DAY, rules=RULES)
    past = history(customer)
    for until, count in (
        (REGISTERED_AT - MICROSECOND, 0),
        (MONDAY - MICROSECOND, 1),
        (MONDAY, 3),
        (MONDAY + DAY - MICROSECOND, 3),
        (MONDAY + DAY, 4),
        (None, 4),
    ):
        assert len(list(replay(past, until=until))) == count


# The situation as of an instant.


def test_before_its_registration_there_was_no_customer() -> None:
    past = history(claimed(a_customer()))
    with pytest.raises(NotFound):
        customer_at(past, REGISTERED_AT - MICROSECOND, rules_of)
    assert situation(customer_at(past, REGISTERED_AT, rules_of), REGISTERED_AT) == NOTHING


@pytest.mark.clause("S1-035", "S1-235")
def test_a_customer_as_of_an_instant_knows_the_ends_that_its_deadlines_imply() -> None:
    past = history(ask_intent(potential(a_customer()), at=MONDAY + DAY))
    for at, state, held_over_by in (
        (MONDAY - MICROSECOND, "pool", None),
        (MONDAY, "potential", None),
        (MONDAY + DAY, "potential", "intent"),
        (HOLD_OVER_END - MICROSECOND, "potential", "intent"),
        (HOLD_OVER_END, "pool", None),
    ):
        customer = customer_at(past, at, rules_of)
        found = situation(customer, at)
        assert (found.state, found.held_over_by) == (state, held_over_by)
        assert (customer.protection is None) == (state == "pool")


@pytest.mark.clause("S1-037")
def test_an_implied_end_is_judged_by_the_version_that_granted() -> None:
    strict = rules(version="strict", bar__after=("lapse",))
    past = history(potential(a_customer(), by=strict))
    known = rules_by_version(RULES, strict)
    found = situation(customer_at(past, DEADLINE, known), DEADLINE)
    assert found.bars == (("li", DEADLINE + 3 * DAY),)


@pytest.mark.clause("S1-283")
def test_a_leaving_that_has_come_is_seen_recorded_or_not() -> None:
    past = history(arrange(potential(a_customer()), MONDAY + 5 * DAY, "zhou"))
    before = situation(
        customer_at(past, MONDAY + 5 * DAY - MICROSECOND, rules_of), MONDAY + 5 * DAY - MICROSECOND
    )
    after = situation(customer_at(past, MONDAY + 5 * DAY, rules_of), MONDAY + 5 * DAY)
    assert (before.holder, before.leaves_at, before.handed_over_to) == (
        "li",
        MONDAY + 5 * DAY,
        "zhou",
    )
    assert (after.holder, after.leaves_at, after.handed_over_to) == ("zhou", None, None)


@pytest.mark.clause("S1-035", "S1-235")
def test_what_was_refused_met_the_customer_as_it_stood_at_that_instant() -> None:
    """By what stood in the log before it, an end that was written down later included."""
    customer = potential(a_customer())
    customer.expire(DEADLINE + DAY, rules_of)
    past = history(claimed(customer, "wu", DEADLINE + DAY))
    lapsed, claimed_again = (event.position for event in past.events[-2:])
    asked = [
        (lapsed, DEADLINE - MICROSECOND),
        (lapsed, DEADLINE),
        (lapsed, DEADLINE + HOUR),
        (claimed_again, DEADLINE + DAY),
        (claimed_again + 1, DEADLINE + DAY - MICROSECOND),
        (claimed_again + 1, DEADLINE + DAY),
        (claimed_again + 2, DEADLINE + 2 * DAY),
    ]
    found = [(one.state, one.holder) for one in situations_at(past, asked, rules_of)]
    assert found == [
        ("potential", "li"),
        ("pool", None),
        ("pool", None),
        ("pool", None),
        ("pool", None),
        ("waiting", "wu"),
        ("waiting", "wu"),
    ]
    # The ends that were implied on the way have changed nothing of the life itself.
    assert customer_at(past, DEADLINE + 2 * DAY, rules_of).state(DEADLINE + 2 * DAY) == "waiting"


@pytest.mark.clause("S1-037")
def test_what_was_refused_after_a_bar_had_ended_met_no_bar() -> None:
    customer = potential(a_customer())
    customer.release(member="li", reason="无预算", at=MONDAY, rules=RULES)
    after = MONDAY + 3 * DAY
    asked = [(20, after - MICROSECOND), (21, after)]
    barred, free = situations_at(history(customer), asked, rules_of)
    assert (barred.bars, free.bars) == ((("li", after),), ())


def test_a_situation_shows_no_bar_that_has_ended_and_no_contract_as_open_that_expired() -> None:
    customer = potential(a_customer())
    customer.release(member="li", reason="无预算", at=MONDAY, rules=RULES)
    assert situation(customer, MONDAY + 3 * DAY - MICROSECOND).bars != ()
    assert situation(customer, MONDAY + 3 * DAY).bars == ()
    by = rules(contracts__drawn_days=1)
    drawn = draw(sign(intent(a_customer()), number="HT-2"), by=by)
    assert situation(drawn, MONDAY + DAY).contracts == (("HT-2", "signed"), (NUMBER, "expired"))


@pytest.mark.clause("S1-318")
def test_a_refused_claim_is_seen_with_its_removal() -> None:
    found = situation(refused(a_customer()), MONDAY)
    assert (found.state, found.holder) == ("rejected", "li")
    assert found.until == datetime(2026, 3, 5, 16, tzinfo=UTC)
