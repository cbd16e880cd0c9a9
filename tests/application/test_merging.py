"""Duplicates through the application: what a merge moves, and what `different` ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.errors import (
    AlreadyPending,
    DuplicateName,
    EarlierClaim,
    Invalid,
    MergedAway,
    NotFound,
    NothingPending,
    NumberTaken,
    OwnDecision,
    TenureError,
)
from domain.events.duplicates import DuplicateAbsorbed
from domain.orders import ContactInput, SealedAt
from tests.application.house import CONTACT, DAY, MONDAY, House
from tests.application.test_command_path import at_once

HOUR = timedelta(hours=1)
OUYANG = ContactInput("欧阳锋", "总经理", "13911112222")


# Reports.


@pytest.mark.clause("S1-020")
def test_anybody_reports_a_duplicate_and_a_reviewer_resolves_it(house: House) -> None:
    customer, other = house.register("li"), house.register("chen")
    assert house.report("wu", customer, other) == 1
    receipt = house.resolve("zhao", customer, "merge")
    assert (receipt.customer_id, receipt.state) == (customer, "merged")
    assert receipt.extra == {"into": str(other)}
    assert house.topics(customer)[1:] == [
        "customer.duplicate_reported",
        "customer.duplicate_resolved",
        "customer.merged",
    ]
    assert house.topics(other)[1:] == ["customer.duplicate_linked", "customer.duplicate_absorbed"]


@pytest.mark.clause("S1-020")
def test_a_report_names_another_customer_that_stands(house: House) -> None:
    customer, other, gone = house.register("li"), house.register("li"), house.register("li")
    house.merge(gone, other)
    for of, code in ((customer, "itself"), (uuid4(), "unknown-customer")):
        with pytest.raises(Invalid) as refusal:
            house.report("wu", customer, of)
        assert [(found.field, found.code) for found in refusal.value.problems] == [("of", code)]
    with pytest.raises(MergedAway) as merged:
        house.report("wu", customer, gone)
    assert (merged.value.customer_id, merged.value.into) == (gone, other)
    assert [kept["rule"] for kept in house.refusals(customer)] == ["merged"]


@pytest.mark.clause("S1-020")
def test_a_pair_has_one_open_report_from_whichever_side(house: House) -> None:
    customer, other = house.register("li"), house.register("li")
    house.report("wu", customer, other)
    for one, of in ((customer, other), (other, customer)):
        with pytest.raises(AlreadyPending):
            house.report("li", one, of)
    house.resolve("zhao", customer, "different")
    assert house.report("wu", other, customer) == 1


def test_a_report_that_does_not_exist_is_not_found_and_one_is_resolved_once(house: House) -> None:
    customer, other = house.register("li"), house.register("li")
    with pytest.raises(NotFound):
        house.resolve("zhao", customer, "different")
    house.report("wu", customer, other)
    with pytest.raises(Invalid) as refusal:
        house.resolve("zhao", customer, "perhaps")
    assert refusal.value.problems[0].field == "resolution"
    house.resolve("zhao", customer, "different")
    with pytest.raises(NothingPending):
        house.resolve("qian", customer, "merge")


@pytest.mark.clause("S1-035", "S1-020")
def test_no_event_of_the_other_record_is_dated_before_its_last_one(house: House) -> None:
    customer, other = house.register("li"), house.potential("chen")
    house.clock.at += 31 * DAY
    house.report("wu", customer, other)
    house.tenure.sweep([other])
    events = [past.event for past in house.tenure.history(other).events]
    assert [event.timestamp for event in events] == sorted(event.timestamp for event in events)
    assert house.topics(other)[-2:] == ["customer.lapsed", "customer.duplicate_linked"]


@pytest.mark.clause("S1-020")
def test_of_reviewers_who_resolve_at_one_instant_exactly_one_does(house: House) -> None:
    customer, other = house.potential("li"), house.potential("chen")
    house.report("wu", customer, other)
    answers = at_once(
        *(
            lambda r=reviewer, d=resolution: house.resolve(r, customer, d)
            for reviewer in ("zhao", "qian")
            for resolution in ("merge", "different")
        )
    )
    (won,) = [answer for answer in answers if not isinstance(answer, TenureError)]
    lost = [answer for answer in answers if isinstance(answer, TenureError)]
    assert {type(answer) for answer in lost} == {
        MergedAway if won.state == "merged" else NothingPending
    }
    assert house.topics(customer).count("customer.duplicate_resolved") == 1


# Merged.


@pytest.mark.clause("S1-020", "S1-024", "S1-173")
def test_after_a_merge_name_phone_and_numbers_lead_to_the_surviving_record(house: House) -> None:
    customer = house.register("li", "常州市奎宿空调有限公司", phone="0519-66660001")
    other = house.register("chen", "无锡市娄宿冷气有限公司")
    house.claim("li", customer)
    house.pass_review("zhao", customer)
    house.ask_intent("li", customer)
    house.decide_intent("wang", customer)
    number = house.complete("li", customer)
    house.merge(customer, other)
    with pytest.raises(DuplicateName) as refusal:
        house.register("chen", "常州市奎宿空调有限公司")
    assert (refusal.value.customer_id, refusal.value.match) == (other, "same")
    with pytest.raises(DuplicateName) as refusal:
        house.register("chen", "奎宿空调股份有限公司")
    assert (refusal.value.customer_id, refusal.value.match) == (other, "similar")
    with pytest.raises(DuplicateName) as refusal:
        house.register("chen", phone="0519 6666 0001")
    assert (refusal.value.customer_id, refusal.value.match) == (other, "phone")
    assert [kept["command"] for kept in house.refusals(other)] == ["register"] * 3
    with pytest.raises(NumberTaken):
        house.draw("chen", house.intent("chen"), number)
    house.tenure.confirm_contract(house.order("he"), other, number)
    assert house.tenure.holder_at(other).stage == "formal"


@pytest.mark.clause("S1-020")
def test_every_later_command_on_the_merged_record_is_refused_and_kept(house: House) -> None:
    customer, other = house.potential("li"), house.register("chen")
    house.merge(customer, other)
    before = house.topics(customer)
    commands: list[tuple[str, Any]] = [
        ("claim", lambda: house.claim("chen", customer)),
        ("release", lambda: house.tenure.release(house.order("li"), customer, reason="误")),
        ("intent", lambda: house.ask_intent("li", customer)),
        ("decide-intent", lambda: house.decide_intent("wang", customer)),
        ("extension", lambda: house.ask_extension("li", customer)),
        ("draw-contract", lambda: house.draw("li", customer, "HT-X")),
        ("transfer", lambda: house.transfer("wang", customer, "chen")),
        ("name-after-sales", lambda: house.name_person(customer)),
        ("report-duplicate", lambda: house.report("wu", customer, other)),
        ("resolve-duplicate", lambda: house.resolve("zhao", customer, "different")),
        (
            "change-profile",
            lambda: house.tenure.change_profile(
                house.order("li"), customer, changes={"industry": "暖通"}
            ),
        ),
    ]
    for _, command in commands:
        with pytest.raises(MergedAway) as refusal:
            command()
        assert (refusal.value.customer_id, refusal.value.into) == (customer, other)
    kept = house.refusals(customer)
    assert [(one["command"], one["rule"]) for one in kept] == [
        (name, "merged") for name, _ in commands
    ]
    assert {one["clause"] for one in kept} == {"S1-020"}
    assert house.topics(customer) == before
    rights, _ = house.tenure.rights(customer, "li")
    assert {right.rule for right in rights} == {"merged", "not-allowed"}


@pytest.mark.clause("S1-020", "S1-312")
def test_the_protection_that_stands_goes_on_under_the_surviving_record(house: House) -> None:
    customer = house.potential("li")
    house.clock.at += HOUR
    other = house.potential("chen")
    house.merge(customer, other)
    answer = house.tenure.holder_at(other)
    assert (answer.holder, answer.stage) == ("li", "potential")
    assert answer.interval is not None
    assert answer.interval.claimed_at == MONDAY
    assert house.tenure.holder_at(customer).holder is None
    assert house.tenure.holder_at(customer, at=MONDAY).holder == "li"
    assert house.tenure.holder_at(other, at=MONDAY + HOUR - timedelta(minutes=1)).holder is None
    house.tenure.release(house.order("li"), other, reason="无预算")
    assert house.rule_of(lambda: house.claim("li", other)) == "barred"


@pytest.mark.clause("S1-037", "S1-310", "S1-020")
def test_bars_and_parts_in_the_matter_outlive_the_merge(house: House) -> None:
    customer, other = house.potential("li"), house.register("chen")
    refused = house.hire("seller", "reviewer")
    assert house.rule_of(lambda: house.claim(refused, customer)) == "already-protected"
    claimant = house.hire("seller", "reviewer")
    house.tenure.release(house.order("li"), customer, reason="无预算")
    house.claim(claimant, customer)
    house.tenure.withdraw(house.order(claimant), customer, what="claim", reason="填错")
    house.merge(customer, other)
    for barred in ("li", claimant):
        assert house.rule_of(lambda m=barred: house.claim(m, other)) == "barred"
    house.claim("chen", other)
    for party in (refused, claimant):
        with pytest.raises(OwnDecision):
            house.pass_review(party, other)
    assert house.pass_review("zhao", other).state == "potential"


def contact_names(house: House, customer: UUID) -> list[str | None]:
    """Names and phones of the contacts that the merges brought to a customer."""
    absorbed = [
        past.event
        for past in house.tenure.history(customer).events
        if isinstance(past.event, DuplicateAbsorbed)
    ]
    places = [
        SealedAt(customer, event.TOPIC, f"contact.{contact.id}.{name}", getattr(contact, name))
        for event in absorbed
        for contact in event.contacts
        for name in ("name", "phone")
    ]
    return house.tenure.open_sealed(places)


@pytest.mark.clause("S1-027", "S1-020")
def test_contacts_move_along_sealed_for_their_new_place(house: House) -> None:
    first, second = house.register("li", contacts=[OUYANG]), house.register("li")
    third = house.register("li")
    house.tenure.add_contact(
        house.order("li"), first, contact=ContactInput("洪七公", "采购", "13922223333")
    )
    house.merge(first, second)
    moved = ["欧阳锋", "+8613911112222", "洪七公", "+8613922223333"]
    assert contact_names(house, second) == moved
    house.merge(second, third)
    assert contact_names(house, third) == moved
    stored = house.column(
        "SELECT convert_from(state, 'UTF8') FROM tenure.events WHERE originator_id = %s", third
    )
    assert not [text for text in stored if "欧阳锋" in text or "13911112222" in text]
    house.claim("li", third)
    house.tenure.follow_up(
        house.order("li"),
        third,
        follow_up=type(house.note())(
            "phone", "已联系", house.clock.at + DAY, contact=contact_of(house, third)
        ),
    )


def contact_of(house: House, customer: UUID) -> UUID:
    return next(
        past.event.contacts[0].id
        for past in house.tenure.history(customer).events
        if isinstance(past.event, DuplicateAbsorbed)
    )


@pytest.mark.clause("S1-027", "S1-020")
def test_a_contact_that_the_record_knows_by_phone_is_not_doubled(house: House) -> None:
    customer = house.register("li", contacts=[CONTACT, OUYANG])
    other = house.register("li", contacts=[ContactInput("老张", "经理", "138 0013 8000")])
    house.merge(customer, other)
    assert contact_names(house, other) == ["欧阳锋", "+8613911112222"]


@pytest.mark.clause("S1-017", "S1-020")
def test_a_contact_whose_key_was_destroyed_stays_behind(house: House) -> None:
    customer = house.register("li", contacts=[CONTACT, OUYANG])
    registered = house.tenure.history(customer).events[0].event
    house.column(
        "UPDATE tenure_keys.subject_keys SET wrapped = NULL, destroyed_at = now()"
        " WHERE subject_id = %s RETURNING 1",
        registered.contacts[0].id,
    )
    other = house.register("li")
    house.merge(customer, other)
    assert contact_names(house, other) == ["欧阳锋", "+8613911112222"]


@pytest.mark.clause("S1-020", "S1-035")
def test_a_merge_first_records_what_has_fallen_due_on_both(house: House) -> None:
    customer, other = house.potential("li"), house.potential("chen")
    house.report("wu", customer, other)
    house.clock.at += 31 * DAY
    house.resolve("zhao", customer, "merge")
    assert house.topics(customer)[-3:] == [
        "customer.lapsed",
        "customer.duplicate_resolved",
        "customer.merged",
    ]
    assert house.topics(other)[-2:] == ["customer.lapsed", "customer.duplicate_absorbed"]
    assert house.tenure.holder_at(other).holder is None


@pytest.mark.clause("S1-020")
def test_different_from_a_record_that_was_merged_is_different_from_what_it_became(
    house: House,
) -> None:
    customer, other, third = (house.register("li") for _ in range(3))
    house.report("wu", customer, other)
    house.merge(other, third)
    house.resolve("zhao", customer, "different")
    streams: Any = house.tenure.reader.load([(customer, 0), (third, 0)]).streams
    assert streams[customer].different_from == {other, third}
    assert streams[third].different_from == {customer}


# Different.


@pytest.mark.clause("S1-020", "S1-312")
def test_declared_different_an_earlier_claim_stands_against_the_other_no_more(
    house: House,
) -> None:
    first = house.register("li", "淮安市胃宿空调有限公司")
    second = house.register("chen", "胃宿空调股份有限公司", override_reason="另一家")
    house.claim("li", first)
    house.clock.at += HOUR
    house.claim("chen", second)
    with pytest.raises(EarlierClaim):
        house.pass_review("zhao", second)
    house.report("wu", first, second)
    with pytest.raises(EarlierClaim):
        house.pass_review("zhao", second)
    house.resolve("zhao", first, "different")
    assert house.pass_review("zhao", second).state == "potential"
    passed = house.tenure.history(second).events[-1].event
    assert passed.different_company is None
    house.tenure.release(house.order("chen"), second, reason="无预算")
    house.claim("wang", second)
    claimed = next(
        past.event
        for past in reversed(house.tenure.history(second).events)
        if past.event.TOPIC == "customer.claimed"
    )
    assert claimed.collision == []


@pytest.mark.clause("S1-020", "S1-310")
def test_a_second_report_of_a_pair_declared_different_links_its_parties_again(
    house: House,
) -> None:
    customer, other = house.register("li"), house.register("li")
    party = house.hire("seller", "reviewer")
    house.claim(party, other)
    house.report("wu", customer, other)
    house.resolve("zhao", customer, "different")
    number = house.report("wu", customer, other)
    for resolution in ("merge", "different"):
        with pytest.raises(OwnDecision):
            house.resolve(party, customer, resolution, number)
    rights, _ = house.tenure.rights(customer, party)
    assert {right.command: right.rule for right in rights}["resolve-duplicate"] == "own-decision"
    house.resolve("zhao", customer, "merge", number)
    assert house.tenure.holder_at(other).holder == party


# What a merge takes along.


@pytest.mark.clause("S1-020", "S1-312")
def test_what_was_declared_different_stays_so_through_a_merge(house: House) -> None:
    other = house.register("chen", "连云港市昴宿空调有限公司")
    merged = house.register("li", "昴宿空调股份有限公司", override_reason="另一家")
    into = house.register("li")
    house.report("wu", merged, other)
    house.resolve("zhao", merged, "different")
    house.merge(merged, into)
    house.claim("li", into)
    house.clock.at += HOUR
    house.claim("chen", other)
    assert house.pass_review("zhao", other).state == "potential"


@pytest.mark.clause("S1-020", "S1-312")
def test_an_earlier_claim_on_a_likeness_of_a_merged_record_is_seen(house: House) -> None:
    other = house.register("chen", "宿迁市参宿空调有限公司")
    merged = house.register("li", "参宿空调股份有限公司", override_reason="另一家")
    into = house.register("li")
    house.merge(merged, into)
    house.claim("chen", other)
    house.clock.at += HOUR
    house.claim("li", into)
    with pytest.raises(EarlierClaim):
        house.pass_review("zhao", into)


@pytest.mark.clause("S1-020", "S1-310")
def test_who_has_a_part_in_a_record_linked_with_a_merged_one_is_a_party(house: House) -> None:
    linked, merged, into = (house.register("li") for _ in range(3))
    party = house.hire("seller", "reviewer")
    house.claim(party, linked)
    house.report("wu", linked, merged)
    house.merge(merged, into)
    house.claim("li", into)
    with pytest.raises(OwnDecision):
        house.pass_review(party, into)


@pytest.mark.clause("S1-020")
def test_a_record_is_merged_only_once_its_other_reports_are_decided(house: House) -> None:
    third, merged, into = (house.register("li") for _ in range(3))
    number = house.report("wu", merged, third)
    with pytest.raises(AlreadyPending):
        house.merge(merged, into)
    house.resolve("zhao", merged, "different", number)
    house.resolve("zhao", merged, "merge", number + 1)
    folded: Any = house.tenure.reader.load([(merged, 0)]).streams[merged]
    assert all(report.resolution for report in folded.reports.values())


@pytest.mark.clause("S1-020")
def test_a_report_of_a_record_that_was_merged_meanwhile_is_about_what_it_became(
    house: House,
) -> None:
    doubled, merged, into = (house.register("li") for _ in range(3))
    number = house.report("wu", doubled, merged)
    house.merge(merged, into)
    house.resolve("zhao", doubled, "merge", number)
    folded: Any = house.tenure.reader.load([(doubled, 0)]).streams[doubled]
    assert folded.merged_into == into


@pytest.mark.clause("S1-020")
def test_a_report_of_a_record_that_was_merged_into_the_reporter_is_closed(house: House) -> None:
    first, second, third = (house.register("li") for _ in range(3))
    number = house.report("wu", third, first)
    house.merge(first, second)
    house.merge(second, third)
    house.resolve("zhao", third, "merge", number)
    folded: Any = house.tenure.reader.load([(third, 0)]).streams[third]
    assert folded.merged_into is None
    assert folded.reports[number].resolution == "merge"


@pytest.mark.clause("S1-020", "S1-024")
def test_names_follow_through_two_merges(house: House) -> None:
    first = house.register("li", "盐城市房宿空调有限公司")
    second, third = house.register("li"), house.register("li")
    house.merge(first, second)
    house.merge(second, third)
    with pytest.raises(DuplicateName) as refusal:
        house.register("chen", "盐城市房宿空调有限公司")
    assert refusal.value.customer_id == third


@pytest.mark.clause("S1-020", "S1-310")
def test_who_has_a_part_in_what_a_linked_record_became_is_a_party(house: House) -> None:
    doubled, merged, into = (house.register("li") for _ in range(3))
    number = house.report("wu", doubled, merged)
    house.merge(merged, into)
    party = house.hire("seller", "reviewer")
    house.claim(party, into)
    rights, _ = house.tenure.rights(doubled, party)
    assert {right.command: right.rule for right in rights}["resolve-duplicate"] == "own-decision"
    with pytest.raises(OwnDecision):
        house.resolve(party, doubled, "merge", number)
