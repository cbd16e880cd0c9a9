"""Data subjects over HTTP: asked, confirmed by somebody else, told with where the data went."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from api.access.entries import Entry
from api.subjects import LISTED_MAX
from tests.api.http.guests import DAY, MONDAY, Guests, assert_problem

OUYANG = {"name": "欧阳锋", "position": "总经理", "phone": "13911112222"}
ASKED = {"ground": "consent-withdrawn", "reason": "本人要求删除，身份已核实"}


def with_contact(guests: Guests, **contact: str) -> tuple[str, str]:
    """A customer of li's with a contact of its own: (customer, contact)."""
    customer = guests.potential()
    answer = guests.post(f"/v1/customers/{customer}/contacts", {**OUYANG, **contact})
    assert answer.status_code == 201, answer.text
    return customer, answer.json()["contact_id"]


def ask(guests: Guests, subject: str, member: str = "zhao") -> Any:
    return guests.post(f"/v1/subjects/{subject}/erase", ASKED, member)


def confirm(guests: Guests, subject: str, member: str = "shen", **headers: str) -> Any:
    return guests.post(f"/v1/subjects/{subject}/erase/confirm", {}, member, **headers)


def erase(guests: Guests, subject: str) -> None:
    assert ask(guests, subject).status_code == 200
    assert confirm(guests, subject).status_code == 200


def card(guests: Guests, customer: str, member: str = "li") -> dict[str, Any]:
    told: dict[str, Any] = guests.get(f"/v1/customers/{customer}", member).json()
    return told


def contact_on(guests: Guests, customer: str, contact: str) -> dict[str, Any]:
    return next(one for one in card(guests, customer)["contacts"] if one["id"] == contact)


def matches(guests: Guests, phone: str) -> list[str]:
    answer = guests.get("/v1/collisions", "chen", phone=phone)
    return [item["customer_id"] for item in answer.json()["items"]]


def test_a_card_tells_who_its_subjects_are_and_that_one_is_restricted(guests: Guests) -> None:
    customer, contact = with_contact(guests)
    told = card(guests, customer)
    assert (told["phone_subject"], told["phone_state"]) == (customer, "open")
    assert contact_on(guests, customer, contact)["state"] == "open"
    answer = ask(guests, contact)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["subject_state"] == "restricted"
    assert told["customers"] == [customer]
    assert answer.headers["ETag"] == '"1"'
    shown = contact_on(guests, customer, contact)
    assert (shown["name"], shown["phone"], shown["state"]) == (None, None, "restricted")
    assert confirm(guests, contact).json()["subject_state"] == "erased"
    erased = contact_on(guests, customer, contact)
    assert (erased["state"], erased["position"]) == ("erased", OUYANG["position"])


def test_who_may_see_no_details_sees_no_subject(guests: Guests) -> None:
    customer, _ = with_contact(guests)
    told = card(guests, customer, "chen")
    assert (told["phone_subject"], told["phone_state"], told["contacts"]) == (None, None, None)
    for path in ("/v1/subjects", f"/v1/subjects/{customer}"):
        assert_problem(guests.get(path, "li"), 403, "not-allowed")


def test_nobody_is_found_by_a_phone_that_is_restricted(guests: Guests) -> None:
    phone = "13933330001"
    customer, contact = with_contact(guests, phone=phone)
    assert matches(guests, phone) == [customer]
    ask(guests, contact)
    assert matches(guests, phone) == []
    guests.post(f"/v1/subjects/{contact}/restriction/lift", {"reason": "本人撤回"}, "zhao")
    assert matches(guests, phone) == [customer]
    erase(guests, contact)
    assert matches(guests, phone) == []


def test_a_company_may_be_registered_with_a_phone_that_was_erased(guests: Guests) -> None:
    phone = "13933330002"
    customer = guests.register(phone=phone)
    erase(guests, customer)
    answer = guests.post("/v1/customers", guests.company(phone=phone), "chen")
    assert answer.status_code == 201
    assert answer.json()["collision"] == []


def test_the_same_person_does_not_confirm_and_a_second_erasure_is_refused(guests: Guests) -> None:
    _, contact = with_contact(guests)
    assert_problem(confirm(guests, contact), 404, "not-found")
    ask(guests, contact, "root")
    assert_problem(ask(guests, contact, "zhao"), 409, "already-pending")
    problem = assert_problem(confirm(guests, contact, "root"), 403, "own-decision")
    assert problem["applicant"] == "root"
    first = confirm(guests, contact, idempotency_key=contact)
    again = confirm(guests, contact, idempotency_key=contact)
    assert (first.json(), again.headers["Idempotent-Replayed"]) == (again.json(), "true")
    for command in ("erase", "erase/confirm", "restriction/lift"):
        body = {"erase": ASKED, "restriction/lift": {"reason": "误"}}.get(command, {})
        member = "root"
        answer = guests.post(f"/v1/subjects/{contact}/{command}", body, member)
        assert_problem(answer, 409, "already-erased")


def test_only_subjects_that_a_record_holds_can_be_asked_for(guests: Guests) -> None:
    assert_problem(ask(guests, str(uuid4())), 404, "not-found")
    assert_problem(guests.get(f"/v1/subjects/{uuid4()}", "wu"), 404, "not-found")


@pytest.mark.parametrize("member", ["li", "wang", "wu", "shen", "feng", "han"])
def test_who_answers_no_people_asks_for_no_erasure(guests: Guests, member: str) -> None:
    _, contact = with_contact(guests)
    assert_problem(ask(guests, contact, member), 403, "not-allowed")


def test_a_subject_is_told_with_its_records_and_where_it_went(guests: Guests) -> None:
    customer, contact = with_contact(guests)
    guests.service.access_log.record(
        Entry("exported", "wu", "see-audit", facts={"what": "audit", "format": "csv"})
    )
    ask(guests, contact)
    told = guests.get(f"/v1/subjects/{contact}", "wu").json()
    assert (told["state"], told["key_destroyed_at"]) == ("restricted", None)
    assert [(one["customer_id"], one["kind"]) for one in told["held"]] == [(customer, "contact")]
    assert (told["erasure"]["asked_by"], told["erasure"]["settled_by"]) == ("zhao", None)
    assert told["exports"][0]["facts"] == {"what": "audit", "format": "csv"}
    assert told["webhooks"] == []
    confirm(guests, contact)
    told = guests.get(f"/v1/subjects/{contact}", "wu").json()
    assert (told["state"], told["erasure"]["settled_by"]) == ("erased", "shen")
    assert told["key_destroyed_at"] is not None


def exports_of(guests: Guests, contact: str) -> list[dict[str, Any]]:
    told = guests.get(f"/v1/subjects/{contact}", "wu").json()
    assert told["exports_left_off"] == 0
    return [one for one in told["exports"] if one["facts"].get("view") == "events"]


def test_however_often_somebody_follows_no_real_export_vanishes_from_the_list(
    guests: Guests,
) -> None:
    guests.at(MONDAY + 50 * DAY)
    _, contact = with_contact(guests)
    log = guests.service.access_log
    taken = {"view": "audit", "filters": {}, "position": 4711}
    log.record(Entry("exported", "shen", "see-audit", facts=taken, at=guests.now))
    polled = [
        Entry(
            "exported",
            "wu",
            "follow-events",
            facts={"view": "events", "filters": {}, "after": 100 + poll, "rows": poll % 2},
            at=guests.now + timedelta(seconds=poll),
        )
        for poll in range(1, LISTED_MAX + 102)
    ]
    log.record(*polled)
    told = guests.get(f"/v1/subjects/{contact}", "wu").json()
    assert told["exports_left_off"] == 0
    assert len(told["exports"]) == 2
    follower, file = told["exports"]
    assert (file["member"], file["facts"]["view"], file["count"]) == ("shen", "audit", 1)
    assert (follower["member"], follower["count"], follower["rows"]) == ("wu", 301, 301)
    assert follower["first"] == _told(guests.now + timedelta(seconds=1))
    assert follower["last"] == _told(guests.now + timedelta(seconds=601))
    assert follower["facts"] == {"view": "events", "filters": {}}


def test_lines_that_do_not_fit_are_counted(guests: Guests) -> None:
    guests.at(MONDAY + 60 * DAY)
    _, contact = with_contact(guests)
    guests.service.access_log.record(
        *(
            Entry(
                "exported", f"m-{number}", "see-portfolio", facts={"view": "board"}, at=guests.now
            )
            for number in range(LISTED_MAX + 3)
        )
    )
    told = guests.get(f"/v1/subjects/{contact}", "wu").json()
    assert len(told["exports"]) == LISTED_MAX
    assert told["exports_left_off"] == 3


def test_pages_without_events_and_those_of_another_customer_carried_nothing(
    guests: Guests,
) -> None:
    guests.at(MONDAY + 70 * DAY)
    customer, contact = with_contact(guests)
    other = guests.register()
    settled = guests.settled()
    guests.get("/v1/events", "wu", after=settled)
    guests.get("/v1/events", "wu", after=0, customer=other)
    assert exports_of(guests, contact) == []
    for _ in range(3):
        guests.get("/v1/events", "wu", after=0, customer=customer)
    (line,) = exports_of(guests, contact)
    assert (line["member"], line["customer_id"], line["count"]) == ("wu", customer, 3)
    assert line["token_id"] is not None
    guests.at(MONDAY + 71 * DAY)
    guests.get("/v1/events", "wu", after=0, customer=customer)
    assert [one["count"] for one in exports_of(guests, contact)] == [1, 3]


def _told(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"


def test_a_customers_subjects_and_those_that_wait_are_listed(guests: Guests) -> None:
    customer, contact = with_contact(guests)
    told = guests.get("/v1/subjects", "zhao", customer=customer).json()["items"]
    assert {one["subject_id"] for one in told} >= {customer, contact}
    assert {one["erasure"] for one in told} == {None}
    ask(guests, contact)
    waiting = guests.get("/v1/subjects", "shen").json()["items"]
    assert contact in {one["subject_id"] for one in waiting}
    confirm(guests, contact)
    waiting = guests.get("/v1/subjects", "shen").json()["items"]
    assert contact not in {one["subject_id"] for one in waiting}


def test_the_history_says_in_words_that_data_was_erased(guests: Guests) -> None:
    customer, contact = with_contact(guests)
    erase(guests, contact)
    assert guests.topics(customer)[-2:] == ["customer.data_restricted", "customer.data_erased"]
    asked = guests.get("/v1/audit", "wu", topic="subject.", sort="-position").json()["items"]
    assert [one["topic"] for one in asked[:2]] == ["subject.erased", "subject.restricted"]
    assert ASKED["reason"] in asked[1]["words"]
