"""Requests to read details over HTTP: who has no right asks, somebody else decides (S4-41)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.http.guests import DAY, MICROSECOND, MONDAY, Guests, assert_problem, invalid_fields
from tests.api.http.test_duplicates import reported, resolve

ASKED = {"reason": "售前方案需核对联系人", "days": 7}


@pytest.fixture(autouse=True)
def house(guests: Guests) -> None:
    missing = {"mei": "marketing-manager", "ke": "customer-manager", "ke-two": "customer-manager"}
    missing |= {"lan": "seller"}
    guests.move_in({name: role for name, role in missing.items() if name not in guests.tokens})
    guests.at(MONDAY)


def ask(guests: Guests, customer: str, member: str = "chen", **more: Any) -> httpx.Response:
    path = f"/v1/customers/{customer}/details-requests"
    return guests.post(path, {**ASKED, **more}, member)


def decide(
    guests: Guests,
    customer: str,
    decision: str = "grant",
    *,
    asker: str = "chen",
    by: str = "ke",
    **more: Any,
) -> httpx.Response:
    path = f"/v1/customers/{customer}/details-requests/{asker}/decision"
    return guests.post(path, {"decision": decision, "reason": "业务需要", **more}, by)


def reads(guests: Guests, customer: str, member: str = "chen") -> bool:
    """Whether the member reads the details, by every question alike."""
    found = {
        guests.get(f"/v1/customers/{customer}{path}", member).json()["details_hidden"] is None
        for path in ("", "/history", "/replay", "/what-if?rulebook=2026-1")
    }
    assert len(found) == 1, (member, found)
    return found.pop()


@pytest.mark.clause("S4-41")
def test_who_has_no_right_reads_the_details_by_a_grant_until_its_instant(guests: Guests) -> None:
    customer = guests.potential()
    told = ask(guests, customer).json()
    assert (told["state"], told["member"], told["until"]) == ("open", "chen", None)
    assert not reads(guests, customer)
    told = decide(guests, customer, days=5).json()
    until = MONDAY + 5 * DAY
    assert (told["state"], told["until"]) == ("granted", f"{until:%Y-%m-%dT%H:%M:%S.000000Z}")
    assert reads(guests, customer)
    for other in ("feng", "ke", "root"):
        assert not reads(guests, customer, other), other
    guests.at(until - MICROSECOND)
    assert reads(guests, customer)
    guests.at(until)
    assert not reads(guests, customer)


@pytest.mark.clause("S4-41", "S4-36")
def test_what_is_read_by_a_grant_is_logged_with_that_right(guests: Guests) -> None:
    customer = guests.potential()
    ask(guests, customer)
    decide(guests, customer)
    guests.get(f"/v1/customers/{customer}", "chen")
    asked = {"customer": customer, "member": "chen", "kind": "details-read"}
    answer = guests.send("GET", "/v1/access", "wu", params=asked)
    (seen,) = answer.json()["items"]
    assert seen["right"] == "grant"
    assert "by a grant for some days" in seen["words"]


@pytest.mark.clause("S4-41")
def test_a_grant_follows_its_record_into_the_one_that_it_was_merged_into(guests: Guests) -> None:
    first, second, third = (guests.potential(member) for member in ("lan", "li", "li"))
    ask(guests, first)
    assert decide(guests, first, days=5).status_code == 200
    assert not reads(guests, second)
    for merged, into in ((first, second), (second, third)):
        assert resolve(guests, merged, reported(guests, merged, into, "wu")).status_code == 200
        assert reads(guests, into), "what the merged record held is there now"
        assert not reads(guests, into, "feng")
    guests.at(MONDAY + 5 * DAY)
    assert not reads(guests, third)


@pytest.mark.clause("S4-41")
def test_what_one_may_do_tells_of_requests_too(guests: Guests) -> None:
    customer = guests.potential()

    def allowed(member: str) -> set[str]:
        told = guests.get(f"/v1/customers/{customer}/may", member).json()["rights"]
        return {right["command"] for right in told if right["allowed"]}

    assert "ask-details" in allowed("chen")
    assert "decide-details" not in allowed("chen")
    assert allowed("ke") >= {"ask-details", "decide-details"}


@pytest.mark.clause("S4-41")
def test_nobody_decides_his_own_request_nor_without_the_role(guests: Guests) -> None:
    customer = guests.potential()
    ask(guests, customer, "ke")
    assert_problem(decide(guests, customer, asker="ke"), 403, "own-decision")
    for member in ("li", "wang", "zhao", "wu", "root"):
        assert_problem(decide(guests, customer, asker="ke", by=member), 403, "not-allowed")
    assert decide(guests, customer, asker="ke", by="ke-two").status_code == 200
    assert reads(guests, customer, "ke")


@pytest.mark.clause("S4-41")
def test_what_waits_for_ones_own_decision_is_open_and_somebody_elses(guests: Guests) -> None:
    customer = guests.potential()
    for asker in ("chen", "ke"):
        assert ask(guests, customer, asker).status_code == 201

    def mine(member: str) -> set[str]:
        answer = guests.get("/v1/details-requests", member, scope="mine", customer=customer)
        assert answer.status_code == 200, answer.text
        items = answer.json()["items"]
        name = guests.get(f"/v1/customers/{customer}").json()["name"]
        assert {item["name"] for item in items} == {name}
        return {item["member"] for item in items}

    assert mine("ke") == {"chen"}
    assert mine("ke-two") == mine("mei") == {"chen", "ke"}
    assert decide(guests, customer).status_code == 200
    assert mine("ke-two") == {"ke"}
    for other in ("li", "wu", "wang"):
        answer = guests.get("/v1/details-requests", other, scope="mine")
        assert_problem(answer, 403, "not-allowed")


@pytest.mark.clause("S4-41")
def test_a_request_is_open_once_and_decided_once(guests: Guests) -> None:
    customer = guests.potential()
    problem = assert_problem(decide(guests, customer), 404, "not-found")
    assert (problem["kind"], problem["id"]) == ("details-request", "chen")
    assert ask(guests, customer).status_code == 201
    assert_problem(ask(guests, customer), 409, "already-pending")
    assert decide(guests, customer, "refuse").json()["state"] == "refused"
    assert_problem(decide(guests, customer), 409, "nothing-pending")
    assert not reads(guests, customer)
    assert ask(guests, customer).status_code == 201
    assert decide(guests, customer).json()["until"] is not None


def test_a_request_says_why_and_for_at_most_thirty_days(guests: Guests) -> None:
    customer = guests.potential()
    for days in (0, 31):
        assert invalid_fields(ask(guests, customer, days=days)) == {"days": "out-of-range"}
    assert invalid_fields(ask(guests, customer, reason=" ")) == {"reason": "empty"}
    assert ask(guests, customer, days=30).status_code == 201
    assert invalid_fields(decide(guests, customer, days=31)) == {"days": "out-of-range"}


@pytest.mark.clause("S4-40", "S4-41")
def test_of_class_a_only_a_grant_by_a_marketing_manager_or_above_counts(guests: Guests) -> None:
    customer = guests.potential()
    ask(guests, customer)
    decide(guests, customer)
    assert reads(guests, customer)
    body = {"class": "A", "reason": "年采购额居本区首位"}
    assert guests.post(f"/v1/customers/{customer}/class", body, "ke").status_code == 200
    assert not reads(guests, customer)
    ask(guests, customer)
    problem = assert_problem(decide(guests, customer), 403, "not-allowed")
    assert problem["needs"] == ["director", "marketing-manager"]
    assert decide(guests, customer, by="mei").status_code == 200
    assert reads(guests, customer)


@pytest.mark.clause("S4-41")
def test_who_decides_sees_what_waits_and_what_became_of_the_rest(guests: Guests) -> None:
    customer = guests.potential()
    ask(guests, customer)
    decide(guests, customer, "refuse")
    ask(guests, customer, days=3)
    path = "/v1/details-requests"
    for member in ("ke", "mei", "shen", "wu", "chen"):
        items = guests.get(path, member, customer=customer).json()["items"]
        assert [(item["state"], item["days"]) for item in items] == [("open", 3), ("refused", 7)]
        assert [item["decided_by"] for item in items] == [None, "ke"]
    for member in ("li", "wang", "root"):
        assert guests.get(path, member, customer=customer).json()["items"] == []
    items = guests.get(path, "ke", customer=customer, state="open").json()["items"]
    assert [item["reason"] for item in items] == [ASKED["reason"]]
    page = guests.get(path, "ke", limit=1).json()
    assert page["next"] is not None
    assert guests.get(path, "ke", limit=1, after=page["next"]).status_code == 200
    asked = {"customer": customer, "topic": "details."}
    told = guests.get("/v1/audit", "wu", **asked).json()["items"]
    assert [item["topic"] for item in told] == [
        "details.requested",
        "details.refused",
        "details.requested_again",
    ]


def test_a_decision_that_is_sent_again_is_answered_again(guests: Guests) -> None:
    customer = guests.potential()
    ask(guests, customer)
    path = f"/v1/customers/{customer}/details-requests/chen/decision"
    body = {"decision": "grant", "reason": "业务需要"}
    first = guests.post(path, body, "ke", idempotency_key="once")
    again = guests.post(path, body, "ke", idempotency_key="once")
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
