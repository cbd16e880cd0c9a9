"""Erasing a person's data through the application: two people, one key, and everything else stands
(PIPL art. 47)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.errors import (
    AlreadyErased,
    AlreadyPending,
    Invalid,
    NotAllowed,
    NotFound,
    NothingPending,
    OwnDecision,
)
from domain.identity import Identity
from domain.orders import ContactInput, SealedAt
from domain.subject import Subject
from tests.application.house import DAY, House

OUYANG = ContactInput("欧阳锋", "总经理", "13911112222")
REASON = "本人要求删除，身份已核实"


def with_contact(house: House) -> tuple[UUID, UUID]:
    """A potential customer of li's with a contact of its own: (customer, contact)."""
    customer = house.potential("li")
    added = house.tenure.add_contact(house.order("li"), customer, contact=OUYANG)
    return customer, UUID(added.extra["contact_id"])


def ask(house: House, subject: UUID, *customers: UUID, by: str = "zhao") -> Any:
    return house.tenure.ask_erasure(
        house.order(by), subject, customers=customers, ground="consent-withdrawn", reason=REASON
    )


def confirm(house: House, subject: UUID, by: str = "dong") -> Any:
    return house.tenure.confirm_erasure(house.order(by), subject)


def lift(house: House, subject: UUID, by: str = "zhao") -> Any:
    return house.tenure.lift_restriction(house.order(by), subject, reason="本人撤回")


def shown(house: House, customer: UUID, contact: UUID) -> list[str | None]:
    """Name and phone of a contact, as whoever sees details gets them."""
    found = next(
        (past.event.contact, past.event.TOPIC)
        for past in house.tenure.history(customer).events
        if getattr(getattr(past.event, "contact", None), "id", None) == contact
    )
    fields = ("name", "phone")
    return house.tenure.open_sealed(
        [
            SealedAt(customer, found[1], f"contact.{contact}.{name}", getattr(found[0], name))
            for name in fields
        ]
    )


def phone_shown(house: House, customer: UUID) -> str | None:
    """The company's phone, as it was filled in last."""
    events = [past.event for past in house.tenure.history(customer).events]
    last = next(event for event in reversed(events) if getattr(event, "phone", None))
    place = SealedAt(customer, last.TOPIC, "phone", last.phone)  # type: ignore[attr-defined]
    return house.tenure.open_sealed([place])[0]


def behind(house: House, phone: str) -> list[UUID]:
    """The customers that stand behind a phone."""
    key = Identity.id_of("phone", house.tenure.phone_hash(phone))
    found = house.tenure.reader.load([(key, 0)]).streams.get(key)
    return list(found.customers) if isinstance(found, Identity) else []


def key_row(house: House, subject: UUID) -> tuple[bool, bool, bool]:
    """Whether the subject's key is there, restricted, destroyed."""
    with house.database.autocommit() as cursor:
        cursor.execute(
            "SELECT wrapped IS NOT NULL, restricted_at IS NOT NULL, destroyed_at IS NOT NULL"
            " FROM tenure_keys.subject_keys WHERE subject_id = %s",
            (str(subject),),
        )
        row: Any = cursor.fetchone()
    return tuple(row)  # type: ignore[return-value]


def test_what_is_to_be_erased_is_shown_to_nobody_from_the_asking_on(house: House) -> None:
    customer, contact = with_contact(house)
    assert shown(house, customer, contact) == ["欧阳锋", "+8613911112222"]
    receipt = ask(house, contact, customer)
    assert receipt.extra == {
        "subject_id": str(contact),
        "subject_state": "restricted",
        "customers": [str(customer)],
    }
    assert shown(house, customer, contact) == [None, None]
    assert key_row(house, contact) == (True, True, False)
    assert house.topics(customer)[-1] == "customer.data_restricted"
    assert house.tenure.subjects([contact])[contact].asked_by == "zhao"


def test_a_second_person_erases_and_the_key_goes_with_the_event(house: House) -> None:
    customer, contact = with_contact(house)
    ask(house, contact, customer)
    receipt = confirm(house, contact)
    assert receipt.extra["subject_state"] == "erased"
    assert key_row(house, contact) == (False, False, True)
    assert shown(house, customer, contact) == [None, None]
    assert house.topics(customer)[-1] == "customer.data_erased"
    assert house.tenure.holder_at(customer).holder == "li"


def test_nobody_confirms_what_he_asked_for(house: House) -> None:
    customer, contact = with_contact(house)
    ask(house, contact, customer, by="root")
    with pytest.raises(OwnDecision) as refusal:
        confirm(house, contact, by="root")
    assert refusal.value.applicant == "root"
    assert key_row(house, contact) == (True, True, False)
    confirm(house, contact, by="dong")


@pytest.mark.parametrize("member", ["li", "wang", "dong", "he", "xu", "wu"])
def test_a_role_that_answers_no_people_asks_for_no_erasure(house: House, member: str) -> None:
    customer, contact = with_contact(house)
    with pytest.raises(NotAllowed):
        ask(house, contact, customer, by=member)


@pytest.mark.parametrize("member", ["li", "wang", "zhao", "he", "xu", "wu"])
def test_a_role_that_does_not_answer_for_the_house_confirms_none(house: House, member: str) -> None:
    customer, contact = with_contact(house)
    ask(house, contact, customer)
    with pytest.raises(NotAllowed):
        confirm(house, contact, by=member)


def test_a_restriction_is_lifted_and_asked_for_again(house: House) -> None:
    customer, contact = with_contact(house)
    ask(house, contact, customer)
    with pytest.raises(AlreadyPending):
        ask(house, contact, customer)
    lift(house, contact)
    assert shown(house, customer, contact) == ["欧阳锋", "+8613911112222"]
    assert key_row(house, contact) == (True, False, False)
    with pytest.raises(NothingPending):
        lift(house, contact)
    with pytest.raises(NothingPending):
        confirm(house, contact)
    ask(house, contact, customer)
    confirm(house, contact)
    assert house.topics(Subject.id_of(contact)) == [
        "subject.restricted",
        "subject.restriction_lifted",
        "subject.restricted_again",
        "subject.erased",
    ]


def test_what_is_erased_stays_so(house: House) -> None:
    customer, contact = with_contact(house)
    ask(house, contact, customer)
    confirm(house, contact)
    for command in (
        lambda: ask(house, contact, customer),
        lambda: confirm(house, contact),
        lambda: lift(house, contact),
    ):
        with pytest.raises(AlreadyErased) as refusal:
            command()
        assert refusal.value.subject_id == contact


def test_a_confirmation_sent_twice_under_its_key_is_answered_twice_alike(house: House) -> None:
    customer, contact = with_contact(house)
    ask(house, contact, customer)
    order = house.order("dong", key=f"erase-{contact}", request=b"1" * 32)
    first = house.tenure.confirm_erasure(order, contact)
    again = house.tenure.confirm_erasure(order, contact)
    assert (again.replayed, again.extra, again.position) == (True, first.extra, first.position)


def test_only_a_subject_of_a_customer_can_be_erased(house: House) -> None:
    customer, contact = with_contact(house)
    for subject, customers in ((uuid4(), (customer,)), (contact, ()), (contact, (uuid4(),))):
        with pytest.raises(NotFound):
            ask(house, subject, *customers)
    with pytest.raises(NotFound):
        confirm(house, contact)


def test_a_reason_is_written_and_names_no_number(house: House) -> None:
    customer, contact = with_contact(house)
    for reason in ("", "请删除 139 1111 2222 的资料"):
        with pytest.raises(Invalid) as refusal:
            house.tenure.ask_erasure(
                house.order("zhao"),
                contact,
                customers=[customer],
                ground="other",
                reason=reason,
            )
        assert [found.field for found in refusal.value.problems] == ["reason"]
    with pytest.raises(Invalid):
        house.tenure.ask_erasure(
            house.order("zhao"),
            contact,
            customers=[customer],
            ground="whim",  # type: ignore[arg-type]
            reason=REASON,
        )


def test_a_restricted_phone_reserves_nothing_until_it_is_lifted(house: House) -> None:
    phone = "+8613922223333"
    customer = house.register("li", phone=phone)
    assert behind(house, phone) == [customer]
    ask(house, customer, customer)
    assert behind(house, phone) == []
    assert phone_shown(house, customer) is None
    lift(house, customer)
    assert behind(house, phone) == [customer]
    assert phone_shown(house, customer) == phone


def test_an_erased_phone_reserves_nothing_and_another_may_be_filled_in(house: House) -> None:
    phone, new = "+8613922224444", "+8613922225555"
    customer = house.register("li", phone=phone)
    ask(house, customer, customer)
    confirm(house, customer)
    assert behind(house, phone) == []
    house.tenure.change_profile(house.order("li"), customer, changes={"phone": new})
    assert phone_shown(house, customer) == new
    assert behind(house, new) == [customer]
    assert key_row(house, customer) == (False, False, True)


def test_a_phone_filled_in_meanwhile_is_not_erased_with_the_old_one(house: House) -> None:
    customer = house.register("li", phone="+8613922226666")
    ask(house, customer, customer)
    new = "+8613922227777"
    house.tenure.change_profile(house.order("li"), customer, changes={"phone": new})
    confirm(house, customer)
    assert phone_shown(house, customer) == new
    assert behind(house, new) == [customer]


def test_work_goes_on_while_and_after_data_is_gone(house: House) -> None:
    customer, contact = with_contact(house)
    ask(house, contact, customer)
    house.tenure.follow_up(house.order("li"), customer, follow_up=house.note())
    confirm(house, contact)
    house.tenure.follow_up(house.order("li"), customer, follow_up=house.note())
    house.tenure.release(house.order("li"), customer, reason="预算取消")
    assert house.tenure.holder_at(customer).holder is None


def test_ownership_reads_the_same_after_an_erasure_as_before(house: House) -> None:
    customer, contact = with_contact(house)
    began = house.clock.at
    house.clock.at += 5 * DAY
    instants = [began + n * DAY for n in range(40)]
    before = [house.tenure.holder_at(customer, at=at).holder for at in instants]
    ask(house, contact, customer)
    confirm(house, contact)
    assert [house.tenure.holder_at(customer, at=at).holder for at in instants] == before


def test_restricted_data_moves_along_with_a_merged_record_and_is_erased_on_both(
    house: House,
) -> None:
    customer, contact = with_contact(house)
    other = house.register("chen")
    ask(house, contact, customer)
    house.merge(customer, other)
    receipt = confirm(house, contact)
    assert receipt.extra["customers"] == [str(customer), str(other)]
    assert house.topics(other)[-2:] == ["customer.data_restricted", "customer.data_erased"]
    assert key_row(house, contact) == (False, False, True)


def test_the_phone_of_a_merged_record_is_lifted_for_the_record_that_answers(house: House) -> None:
    phone = "+8613922228888"
    customer, other = house.register("li", phone=phone), house.register("chen")
    ask(house, customer, customer)
    house.merge(customer, other)
    assert behind(house, phone) == []
    lift(house, customer)
    assert behind(house, phone) == [other]
    ask(house, customer, customer)
    assert behind(house, phone) == []
    confirm(house, customer)
    found = house.tenure.reader.load([(other, 0)]).streams[other]
    assert [alias.phone_hash for alias in found.aliases] == [""]  # type: ignore[attr-defined]


def test_a_snapshot_keeps_nothing_that_was_forgotten(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.snapshots.EVENTS_BETWEEN", 1)
    customer, contact = with_contact(house)
    hashed = house.tenure.phone_hash("+8613911112222")
    ask(house, contact, customer)
    confirm(house, contact)
    house.tenure.follow_up(house.order("li"), customer, follow_up=house.note())
    states = house.column(
        "SELECT convert_from(state, 'UTF8') FROM tenure.snapshots WHERE originator_id = %s",
        customer,
    )
    assert states
    assert not any(hashed in state for state in states)
