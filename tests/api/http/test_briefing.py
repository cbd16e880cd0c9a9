"""A manager's morning, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.routes.briefing import last_evening
from domain.rulebook import default_text
from domain.rulebook_text import parse
from tests.api.http.guests import DAY, MONDAY, Guests, assert_problem, invalid_fields

LISTS = {
    "fell",
    "waiting",
    "overdue_reviews",
    "unconfirmed",
    "held_by_leavers",
    "without_person",
    "no_contact",
    "attempts",
    "duplicates",
    "overrides",
}
HOUR = timedelta(hours=1)


def briefing(guests: Guests, member: str = "wang", **asked: Any) -> dict[str, Any]:
    answer = guests.get("/v1/briefing", member, **asked)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def customers(told: dict[str, Any], name: str) -> list[str]:
    return [item["customer_id"] for item in told[name]]


def in_department(guests: Guests, department: str) -> str:
    """A new seller of a department that no other test uses, one of those that `wang` leads."""
    guests.place(department)
    member = f"seller-{next(guests.numbers)}"
    guests.move_in({member: "seller"})
    body = {"department": department}
    assert guests.patch(f"/v1/members/{member}", body, "root").status_code == 200
    return member


def test_a_briefing_tells_everything_that_a_manager_asks_in_the_morning(guests: Guests) -> None:
    seller = in_department(guests, "晨报部")
    fallen, taken, quiet = (guests.potential(seller) for _ in range(3))
    applied, waiting = guests.potential(seller), guests.register(seller)
    guests.at(MONDAY + 15 * DAY)
    guests.claim(waiting, seller)
    guests.at(MONDAY + 20 * DAY)
    guests.apply(applied, "extension", seller)
    guests.apply(quiet, "intent", seller)
    guests.decide(quiet)
    guests.claim(applied, "chen")
    guests.at(MONDAY + 30 * DAY + HOUR)
    guests.claim(taken, "chen")
    signed, formal = guests.intent(seller), guests.formal(seller)
    number = guests.write_contract(signed, seller, type="其他合同", signed_on="2026-03-31")
    statement = {"of": fallen, "statement": "同一公司"}
    guests.post(f"/v1/customers/{signed}/duplicates", statement)
    told = briefing(guests, department="晨报部", since=(MONDAY + 19 * DAY).isoformat())
    assert set(told) >= LISTS
    assert customers(told, "fell") == sorted((fallen, taken))
    by_customer = {item["customer_id"]: item for item in told["fell"]}
    assert (by_customer[fallen]["reason"], by_customer[fallen]["holder"]) == ("lapsed", None)
    assert (by_customer[taken]["last_holder"], by_customer[taken]["holder"]) == (seller, "chen")
    assert [(item["customer_id"], item["kind"]) for item in told["waiting"]] == [
        (applied, "extension")
    ]
    assert customers(told, "overdue_reviews") == [waiting]
    assert told["unconfirmed"][0] | {"name": ""} == {
        "customer_id": signed,
        "name": "",
        "holder": seller,
        "group": None,
        "department": "晨报部",
        "number": number,
        "signed_by": seller,
        "signed_on": "2026-03-31",
        "next_steps": ["payment_method"],
        "is_complete": False,
        "until": "2026-04-16T02:00:00.000000Z",
        "held_over_until": "2026-04-21T16:00:00.000000Z",
    }
    assert set(customers(told, "no_contact")) == {applied, quiet}
    assert told["no_contact"][0]["quiet_since"] == "2026-03-02T01:00:00.000000Z"
    assert [(item["customer_id"], item["actor"]) for item in told["attempts"]] == [
        (applied, "chen")
    ]
    assert customers(told, "duplicates") == [signed]
    assert told["cut"] == []
    everywhere = briefing(guests, since=(MONDAY + 19 * DAY).isoformat(), limit=200)
    assert formal in customers(everywhere, "without_person")


@pytest.mark.clause("S1-283")
def test_a_briefing_names_what_leavers_hold_and_nobody_takes_over(guests: Guests) -> None:
    seller = in_department(guests, "离职部")
    left, handed = guests.potential(seller), guests.potential(seller)
    body = {
        "leaves_at": (MONDAY + 5 * DAY).isoformat(),
        "hand_over": [{"customer_id": handed, "to": "chen"}],
        "reason": "离职",
    }
    assert guests.post(f"/v1/members/{seller}/leave", body, "wang").status_code == 200
    told = briefing(guests, department="离职部")
    assert customers(told, "held_by_leavers") == [left]
    assert told["held_by_leavers"][0]["leaves_at"] == "2026-03-07T01:00:00.000000Z"


@pytest.mark.clause("S1-173")
def test_a_briefing_names_the_records_that_were_said_to_be_another_company(
    guests: Guests,
) -> None:
    body = guests.company()
    first = guests.post("/v1/customers", body).json()["customer_id"]
    similar = guests.company(name=body["name"].replace("靖江市", "泰州市"))
    answer = guests.post("/v1/customers", similar | {"override_reason": "两地两家"}, "chen")
    found = {item["customer_id"]: item for item in briefing(guests, limit=200)["overrides"]}
    override = found[answer.json()["customer_id"]]
    assert (override["actor"], override["reason"]) == ("chen", "两地两家")
    assert override["similar"] == [first]


def test_a_list_that_goes_on_says_so(guests: Guests) -> None:
    seller = in_department(guests, "多")
    for _ in range(3):
        guests.potential(seller)
    guests.at(MONDAY + 20 * DAY)
    told = briefing(guests, department="多", limit=2)
    assert (len(told["no_contact"]), told["cut"]) == (2, ["no_contact"])
    assert briefing(guests, department="多", limit=3)["cut"] == []


def test_a_briefing_is_a_managers_question(guests: Guests) -> None:
    for member in ("wang", "shen", "wu"):
        assert briefing(guests, member)["no_contact_days"] == 14
    for member in ("li", "zhao", "feng", "root"):
        assert_problem(guests.get("/v1/briefing", member), 403, "not-allowed")
    for parameters, field in (
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"since": "yesterday"}, "since"),
        ({"department": "x" * 201}, "department"),
        ({"surprise": 1}, "surprise"),
    ):
        assert list(invalid_fields(guests.get("/v1/briefing", "wang", **parameters))) == [field]


def beijing(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "evening"),
    [
        ("2026-03-03 09:00", "2026-03-02 18:00"),
        ("2026-03-03 18:00", "2026-03-03 18:00"),
        ("2026-03-02 09:00", "2026-02-28 18:00"),  # the Saturday was a make-up day
        ("2026-03-09 09:00", "2026-03-06 18:00"),
        ("2026-10-08 09:00", "2026-09-30 18:00"),
        ("2031-03-03 09:00", "2031-02-28 18:00"),
    ],
)
def test_news_begin_with_the_evening_of_the_last_working_day(now: str, evening: str) -> None:
    assert last_evening(beijing(now), parse(default_text())) == beijing(evening)


def test_a_briefing_says_from_when_on_it_tells(guests: Guests) -> None:
    assert briefing(guests)["since"] == "2026-02-28T10:00:00.000000Z"
    asked = (MONDAY - DAY).isoformat()
    assert briefing(guests, since=asked)["since"] == "2026-03-01T01:00:00.000000Z"
