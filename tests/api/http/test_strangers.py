"""Seller A tries to see what is seller B's: by search, order, cursor, export, error and figures."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import Any

import pytest

from tests.api.http.guests import CONTACT, DAY, MONDAY, Guests, assert_problem

PHONE, NAME, NOTE, REASON = "13911112222", "欧阳春雪", "价格底线四十万", "对方总经理已同意"
SECRETS = (PHONE, NAME, NOTE, REASON)
HOUR = timedelta(hours=1)


@pytest.fixture
def held(guests: Guests) -> str:
    """A customer of `li` with a contact, a note and an application, all of them secret."""
    customer = guests.register()
    body = {
        "contact": {"name": NAME, "position": "总经理", "phone": PHONE},
        "follow_up": guests.follow_up(NOTE),
    }
    assert guests.post(f"/v1/customers/{customer}/claim", body).status_code == 201
    assert guests.review(customer).status_code == 200
    answer = guests.post(f"/v1/customers/{customer}/intent", {"reason": REASON})
    assert answer.status_code == 201
    return customer


def exact_deadline(guests: Guests, customer: str) -> str:
    return str(guests.get(f"/v1/customers/{customer}", "li").json()["until"])


def assert_nothing(text: str, *more: str) -> None:
    for secret in (*SECRETS, *more):
        assert secret not in text
        assert json.dumps(secret)[1:-1] not in text


@pytest.mark.clause("S1-271", "S1-272", "S4-36")
def test_no_question_of_a_stranger_tells_contacts_notes_or_the_instant(
    guests: Guests, held: str
) -> None:
    instant = exact_deadline(guests, held)
    asked: list[tuple[str, dict[str, Any]]] = [
        (f"/v1/customers/{held}", {}),
        (f"/v1/customers/{held}/history", {"limit": 500}),
        (f"/v1/customers/{held}/holder", {}),
        (f"/v1/customers/{held}/replay", {}),
        (f"/v1/customers/{held}/what-if", {"rulebook": "2026-1"}),
        (f"/v1/customers/{held}/may", {}),
        ("/v1/collisions", {"phone": PHONE}),
        ("/v1/customers", {"holder": "li", "limit": 500}),
        ("/v1/customers", {"holder": "li", "sort": "until", "limit": 500}),
        ("/v1/tenures", {"customer": held}),
        ("/v1/pool", {"limit": 500}),
        ("/v1/pool/export", {}),
        ("/v1/board", {"limit": 500}),
        ("/v1/board/load", {}),
        ("/v1/board/export", {}),
        ("/v1/disputes", {"customer": held}),
        ("/v1/agenda", {"limit": 500}),
        ("/v1/address-book", {}),
        ("/v1/statistics", {}),
        ("/v1/statistics/events", {"figure": "intents_requested"}),
    ]
    for path, parameters in asked:
        answer = guests.get(path, "chen", **parameters)
        assert answer.status_code == 200, (path, answer.text)
        assert_nothing(answer.text, instant)


def test_what_a_stranger_may_not_ask_is_refused_without_a_word_of_it(
    guests: Guests, held: str
) -> None:
    for path in (
        "/v1/audit",
        "/v1/audit/export",
        "/v1/approvals",
        "/v1/briefing",
        "/v1/events",
        "/v1/members/li/portfolio",
        "/v1/board?member=li",
        "/v1/board/load?member=li",
        "/v1/board/export?member=li",
        "/v1/statistics/habits",
        "/v1/statistics?member=li",
    ):
        answer = guests.get(path, "chen")
        assert_problem(answer, 403, "not-allowed")
        assert_nothing(answer.text)


def test_errors_tell_a_stranger_the_day_alone(guests: Guests, held: str) -> None:
    instant = exact_deadline(guests, held)
    follow_up = guests.follow_up("我也想跟进")
    for path, body in (
        ("claim", {"contact": CONTACT, "follow_up": follow_up}),
        ("follow-ups", follow_up),
        ("release", {"reason": "x"}),
        ("intent", {"reason": "x"}),
        ("extension", {"reason": "x"}),
        ("contracts", {"number": "HT-X"}),
    ):
        answer = guests.post(f"/v1/customers/{held}/{path}", body, "chen")
        assert answer.status_code == 409, answer.text
        assert_nothing(answer.text, instant, instant[:16].replace("T", " "))


def test_a_phone_is_found_whole_or_not_at_all(guests: Guests, held: str) -> None:
    def found(phone: str) -> bool:
        answer = guests.get("/v1/collisions", "chen", phone=phone)
        return answer.status_code == 200 and held in answer.text

    assert found(PHONE)
    for part in (PHONE[:-1], PHONE[1:], PHONE[:7], f"{PHONE}0", f"{PHONE[:-1]}3", "1391111%"):
        assert not found(part), part
    for name in (PHONE, NAME, PHONE[:7]):
        assert held not in guests.get("/v1/collisions", "chen", name=name).text


def test_the_order_and_the_cursor_by_deadline_tell_a_stranger_the_day_alone(
    guests: Guests,
) -> None:
    """Those of one day stand in the order of their ids, whichever ends first."""
    guests.move_in({"quiet": "seller", "loud": "seller"})
    ids = sorted(guests.register("quiet") for _ in range(4))
    for hours, customer in enumerate(reversed(ids)):
        guests.at(MONDAY + DAY + hours * HOUR)
        guests.claim(customer, "quiet")
        guests.review(customer)
    asked = {"holder": "quiet", "sort": "until"}
    by_instant = guests.get("/v1/customers", "quiet", **asked).json()["items"]
    assert [item["customer_id"] for item in by_instant] == ids[::-1]
    assert len({item["until"] for item in by_instant}) == len(ids)
    by_day = guests.get("/v1/customers", "loud", **asked).json()["items"]
    assert [item["customer_id"] for item in by_day] == ids
    assert len({item["until"] for item in by_day}) == 1
    page = guests.get("/v1/customers", "loud", limit=2, **asked).json()
    told = page["next"] + "=" * (-len(page["next"]) % 4)
    assert by_instant[-2]["until"][11:19] not in urlsafe_b64decode(told).decode("latin-1")
    rest = guests.get("/v1/customers", "loud", limit=2, after=page["next"], **asked).json()
    assert [item["customer_id"] for item in (*page["items"], *rest["items"])] == ids
    exact = guests.get("/v1/customers", "quiet", limit=2, **asked).json()["next"]
    answer = guests.get("/v1/customers", "loud", limit=2, after=exact, **asked)
    assert answer.status_code == 422


def test_the_instant_of_a_leaving_is_told_to_strangers_by_its_day(guests: Guests) -> None:
    guests.move_in({"goes": "seller"})
    leaves_at = MONDAY + 5 * DAY + 3 * HOUR
    body = {"leaves_at": leaves_at.isoformat(), "hand_over": [], "reason": "离职"}
    assert guests.post("/v1/members/goes/leave", body, "wang").status_code == 200
    exact = leaves_at.isoformat().replace("+00:00", ".000000Z")
    for member in ("goes", "wang", "shen"):
        assert guests.get("/v1/members/goes", member).json()["leaves_at"] == exact
    told = guests.get("/v1/members/goes", "chen").json()["leaves_at"]
    assert told == "2026-03-07T16:00:00.000000Z"
