"""A customer's life through the application, and what the log answers about it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.errors import (
    AlreadyProtected,
    Barred,
    DuplicateName,
    EarlierClaim,
    Invalid,
    NothingPending,
    NotTheHolder,
    OwnDecision,
)
from domain.orders import CONSOLE, ContactInput, Order, SealedAt
from domain.rulebook import default_text
from tests.application.house import CONTACT, DAY, MICROSECOND, MONDAY, House

HOUR = timedelta(hours=1)


@pytest.mark.clause("S1-303", "S1-304", "S1-305", "S1-025")
def test_registering_protects_nobody_and_names_its_warnings(house: House) -> None:
    receipt = house.tenure.register(
        house.order("li"),
        name="昴宿觜空调有限公司",
        address="靖江市人民路1号",
        industry="空调",
        phone="0523-88880001",
        introduction="主营空调",
        contacts=[CONTACT],
    )
    assert (receipt.state, receipt.holder) == ("pool", None)
    assert receipt.extra["collision"] == []
    assert receipt.extra["warnings"]  # the region is missing.


@pytest.mark.clause("S1-019", "S1-025")
@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", "春意"),
        ("name", ""),
        ("name", "春"),
        ("name", "靖江市春意\x00空调有限公司"),
        ("name", "靖江市春意\u202e空调有限公司"),
        ("address", " "),
        ("industry", ""),
        ("phone", "abc"),
        ("introduction", "\u200b"),
    ],
)
def test_a_malformed_record_names_its_field_and_stores_nothing(
    house: House, field: str, text: str
) -> None:
    before = house.column("SELECT count(*) FROM tenure.events")
    with pytest.raises(Invalid) as refusal:
        house.register("li", **{field: text})
    assert refusal.value.problems[0].field == field
    assert refusal.value.problems[0].zh
    assert house.column("SELECT count(*) FROM tenure.events") == before


@pytest.mark.clause("S1-024", "S1-173", "S1-301")
def test_a_similar_name_needs_a_written_reason_and_the_same_name_never_passes(
    house: House,
) -> None:
    first = house.register("li", "泰州市璇玑空调有限公司")
    with pytest.raises(DuplicateName) as refusal:
        house.register("chen", "璇玑空调股份有限公司")
    assert (refusal.value.customer_id, refusal.value.match) == (first, "similar")
    second = house.register("chen", "璇玑空调股份有限公司", override_reason="不同城市的另一家公司")
    assert second != first
    with pytest.raises(DuplicateName) as refusal:
        house.register("chen", "泰州市璇玑空调有限公司", override_reason="不是同一家")
    assert refusal.value.match == "same"


@pytest.mark.clause("S1-171")
def test_the_same_phone_counts_as_a_likeness(house: House) -> None:
    first = house.register("li", phone="0523-87654321")
    with pytest.raises(DuplicateName) as refusal:
        house.register("chen", phone="0523 8765 4321")
    assert (refusal.value.customer_id, refusal.value.match) == (first, "phone")
    house.register("chen", phone="(0523)87654321", override_reason="同一集团总机")


@pytest.mark.clause("S1-172", "S1-171")
def test_a_claim_keeps_what_its_collision_check_found(house: House) -> None:
    first = house.register("li", "泰州市玑衡空调有限公司")
    second = house.register("chen", "玑衡空调股份有限公司", override_reason="另一家")
    house.claim("chen", second)
    claimed = house.tenure.history(second).events[1].event
    assert [likeness.customer_id for likeness in claimed.collision] == [first]


@pytest.mark.clause("S1-312")
def test_a_pass_against_an_earlier_claim_on_a_likeness_needs_a_statement(house: House) -> None:
    first = house.register("li", "泰州市摇光空调有限公司")
    second = house.register("chen", "摇光空调股份有限公司", override_reason="另一家")
    house.claim("li", first)
    house.clock.at += HOUR
    house.claim("chen", second)
    with pytest.raises(EarlierClaim) as refusal:
        house.pass_review("zhao", second)
    assert (refusal.value.customer_id, refusal.value.holder) == (first, "li")
    assert refusal.value.claimed_at == MONDAY
    assert house.pass_review("zhao", first).state == "potential"
    with pytest.raises(EarlierClaim):
        house.pass_review("zhao", second)
    receipt = house.pass_review("zhao", second, different_company="统一信用代码不同")
    assert receipt.state == "potential"


@pytest.mark.clause("S1-310", "S1-309")
def test_a_decision_of_ones_own_case_is_refused_and_kept(house: House) -> None:
    customer = house.register("li")
    house.claim("li", customer)
    house.tenure.change_member(Order(CONSOLE), "li", roles=["seller", "reviewer"])
    with pytest.raises(OwnDecision):
        house.pass_review("li", customer)
    house.tenure.change_member(Order(CONSOLE), "li", roles=["seller"])
    assert [kept["rule"] for kept in house.refusals(customer)] == ["own-decision"]


@pytest.mark.clause("S1-052", "S1-051")
def test_a_pool_customer_is_claimed_with_contact_and_follow_up(house: House) -> None:
    customer = house.potential("li")
    house.clock.at += 30 * DAY
    with pytest.raises(Invalid) as refusal:
        house.tenure.claim(house.order("chen"), customer, contact=CONTACT)
    assert refusal.value.problems[0].field == "follow_up"
    receipt = house.claim("chen", customer)
    assert (receipt.state, receipt.holder) == ("waiting", "chen")
    assert house.topics(customer)[-3:] == [
        "customer.lapsed",
        "customer.claimed",
        "customer.followed_up",
    ]


@pytest.mark.clause("S1-035")
def test_the_command_that_comes_first_records_the_lapse_itself(house: House) -> None:
    customer = house.potential("li")
    house.clock.at += 30 * DAY
    house.claim("chen", customer)
    answer = house.tenure.holder_at(customer, at=MONDAY + 30 * DAY - MICROSECOND)
    assert (answer.holder, answer.ended) == ("li", "lapsed")
    assert house.tenure.holder_at(customer, at=MONDAY + 30 * DAY).holder == "chen"


@pytest.mark.clause("S1-035")
def test_a_refused_command_records_no_lapse(house: House) -> None:
    customer = house.potential("li")
    before = house.topics(customer)
    house.clock.at += 30 * DAY
    with pytest.raises(NotTheHolder) as refusal:
        house.tenure.release(house.order("li"), customer, reason="太迟")
    assert refusal.value.holder is None
    assert house.topics(customer) == before


@pytest.mark.clause("S1-035", "S1-318")
def test_the_sweep_records_what_is_due_once_and_leaves_the_rest(house: House) -> None:
    due = [house.potential("li") for _ in range(3)]
    refused = house.register("li")
    house.claim("li", refused)
    house.refuse_review("zhao", refused)
    house.clock.at += 20 * DAY
    fresh = house.potential("chen")
    house.clock.at += 10 * DAY
    everything = [*due, refused, fresh]
    assert house.tenure.sweep(everything) == 4
    assert house.tenure.sweep(everything) == 0
    assert [house.topics(customer)[-1] for customer in everything] == [
        *["customer.lapsed"] * 3,
        "customer.holder_removed",
        "customer.review_passed",
    ]


@pytest.mark.clause("S1-037", "S1-038", "S1-045")
def test_claim_release_claim_again_is_barred_with_the_instant(house: House) -> None:
    customer = house.potential("li")
    house.clock.at += HOUR
    house.tenure.release(house.order("li"), customer, reason="无预算")
    with pytest.raises(Barred) as refusal:
        house.claim("li", customer)
    assert refusal.value.until == MONDAY + HOUR + 3 * DAY
    house.clock.at = refusal.value.until
    assert house.claim("li", customer).state == "waiting"


def test_no_event_is_dated_before_the_streams_last_one(house: House) -> None:
    customer = house.potential("li")
    house.clock.at -= DAY  # A clock that went back, as after a failover.
    house.tenure.release(house.order("li"), customer, reason="无预算")
    times = [past.event.timestamp for past in house.tenure.history(customer).events]
    assert times == sorted(times)


def test_there_is_no_intent_to_withdraw(house: House) -> None:
    customer = house.potential("li")
    with pytest.raises(NothingPending):
        house.tenure.withdraw(house.order("li"), customer, what="intent", reason="误提交")


@pytest.mark.clause("S1-027")
def test_personal_fields_are_stored_sealed_and_open_with_their_subjects_key(
    house: House,
) -> None:
    customer = house.register("li", contacts=[ContactInput("欧阳锋", "总经理", "13911112222")])
    stored = house.column(
        "SELECT convert_from(state, 'UTF8') FROM tenure.events WHERE originator_id = %s", customer
    )
    assert not [text for text in stored if "欧阳锋" in text or "13911112222" in text]
    registered = house.tenure.history(customer).events[0].event
    (contact,) = registered.contacts
    places = [
        SealedAt(customer, registered.TOPIC, f"contact.{contact.id}.name", contact.name),
        SealedAt(customer, registered.TOPIC, f"contact.{contact.id}.phone", contact.phone),
        SealedAt(customer, registered.TOPIC, "phone", registered.phone),
    ]
    assert house.tenure.open_sealed(places)[:2] == ["欧阳锋", "+8613911112222"]
    house.column(
        "UPDATE tenure_keys.subject_keys SET wrapped = NULL, destroyed_at = now()"
        " WHERE subject_id = %s RETURNING 1",
        contact.id,
    )
    opened = house.tenure.open_sealed(places)
    assert opened[:2] == [None, None]
    assert opened[2] is not None


@pytest.mark.clause("S1-019", "S1-171")
def test_a_new_name_is_checked_again_and_frees_the_old_one(house: House) -> None:
    customer = house.register("li", "扬州市天枢空调有限公司")
    other = house.register("li", "扬州市天璇空调有限公司")
    with pytest.raises(DuplicateName) as refusal:
        house.tenure.change_profile(
            house.order("li"), customer, changes={"name": "扬州市天璇空调有限公司"}
        )
    assert refusal.value.customer_id == other
    house.tenure.change_profile(
        house.order("li"),
        customer,
        changes={"name": "扬州市天玑空调有限公司", "phone": "13700001111"},
    )
    assert house.register("chen", "扬州市天枢空调有限公司") != customer
    with pytest.raises(DuplicateName):
        house.register("chen", "扬州市天玑空调有限公司")


def test_a_later_rulebook_decides_later_claims_and_moves_no_deadline(house: House) -> None:
    before = house.potential("li")
    text = (
        default_text()
        .replace('version = "2026-1"', 'version = "2026-2"')
        .replace("[potential]\ndays = 30", "[potential]\ndays = 20")
    )
    receipt = house.tenure.adopt_rulebook(
        house.order("root"), toml=text, effective_from=MONDAY + DAY, reason="试行二十天"
    )
    assert receipt.extra["version"] == "2026-2"
    same_day = house.potential("li")
    house.clock.at += DAY
    after = house.potential("li")
    until = {
        customer: house.tenure.holder_at(customer).interval.until
        for customer in (before, same_day, after)
    }
    assert until == {
        before: MONDAY + 30 * DAY,
        same_day: MONDAY + 30 * DAY,
        after: MONDAY + 21 * DAY,
    }
    assert house.tenure.holder_at(after).interval.rulebook == "2026-2"
    with pytest.raises(Invalid) as refusal:
        house.tenure.adopt_rulebook(
            house.order("root"), toml=text, effective_from=None, reason="再来一次"
        )
    assert refusal.value.problems[0].field == "toml.version"


def test_a_rulebook_never_decides_about_the_past(house: House) -> None:
    text = default_text().replace('version = "2026-1"', 'version = "2026-9"')
    with pytest.raises(Invalid) as refusal:
        house.tenure.adopt_rulebook(
            house.order("root"), toml=text, effective_from=MONDAY - MICROSECOND, reason="追溯"
        )
    assert refusal.value.problems[0].field == "effective_from"


def test_a_broken_rulebook_names_line_and_value(house: House) -> None:
    text = default_text().replace("review_due_days = 3", 'review_due_days = "three"')
    with pytest.raises(Invalid) as refusal:
        house.tenure.adopt_rulebook(
            house.order("root"), toml=text, effective_from=None, reason="坏的"
        )
    (problem,) = refusal.value.problems
    assert problem.field == "toml.claims.review_due_days"
    assert "line " in problem.en
    assert "three" in problem.zh


def test_a_member_is_answered_as_of_an_instant(house: House) -> None:
    house.tenure.add_member(
        Order(CONSOLE), member="sun", name="孙", roles=["seller"], department="一部"
    )
    house.clock.at += DAY
    house.tenure.change_member(Order(CONSOLE), "sun", roles=["reviewer"], department="服务中心")
    assert house.tenure.member_at("sun", MONDAY).roles == {"seller"}
    assert house.tenure.member_at("sun", MONDAY + DAY).department == "服务中心"


@pytest.mark.clause("S1-316", "S1-318", "S1-319")
def test_two_rivals_over_a_refused_claim(house: House) -> None:
    customer = house.register("li")
    house.claim("li", customer)
    house.refuse_review("zhao", customer)
    with pytest.raises(AlreadyProtected) as refusal:
        house.claim("chen", customer)
    assert refusal.value.stage == "rejected"
    removal = refusal.value.until
    assert removal is not None
    house.clock.at = removal
    assert house.claim("chen", customer).holder == "chen"
    past = house.tenure.holder_at(customer, at=removal - MICROSECOND)
    assert (past.holder, past.stage) == ("li", "rejected")


@pytest.mark.clause("S1-021", "S1-171", "S1-297")
def test_who_skips_the_query_gets_the_same_check(house: House) -> None:
    first = house.register("li", "泰州市开阳空调有限公司")
    with pytest.raises(DuplicateName) as refusal:
        house.register("chen", "开阳空调有限责任公司")
    assert refusal.value.customer_id == first
    second = house.register("chen", "开阳空调有限责任公司", override_reason="另一家")
    registered = house.tenure.history(second).events[0].event
    assert [(found.customer_id, found.match) for found in registered.collision] == [
        (first, "similar")
    ]


@pytest.mark.clause("S1-296", "S1-315", "S1-316")
def test_protection_goes_its_four_steps_in_order(house: House) -> None:
    customer = house.register("li")
    with pytest.raises(NothingPending):
        house.pass_review("zhao", customer)
    assert house.tenure.holder_at(customer).holder is None
    assert house.claim("li", customer).state == "waiting"
    with pytest.raises(NotTheHolder):
        house.tenure.withdraw(house.order("chen"), customer, what="claim", reason="不是我的")
    house.clock.at += 3 * DAY
    assert house.tenure.holder_at(customer).stage == "waiting"
    assert house.pass_review("zhao", customer).state == "potential"
    answer = house.tenure.holder_at(customer)
    assert (answer.holder, answer.stage) == ("li", "potential")
    assert answer.grounds[-1].event.actor == "zhao"
