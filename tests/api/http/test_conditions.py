"""Retries, conditions and positions: what a client needs to be safe on a bad line."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.http.commands import COMMANDS, Command
from tests.api.http.guests import Guests, assert_problem, invalid_fields


def test_the_same_key_and_request_get_the_first_answer_again(guests: Guests) -> None:
    body, key = guests.company(), uuid4().hex
    first = guests.post("/v1/customers", body, Idempotency_Key=key)
    length = guests.log_length()
    again = guests.post("/v1/customers", dict(reversed(body.items())), Idempotency_Key=key)
    assert (again.status_code, again.json()) == (201, first.json())
    for header in ("etag", "tenure-position", "location"):
        assert again.headers[header] == first.headers[header]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert guests.log_length() == length


def test_a_refusal_is_answered_again_under_its_key_also_when_it_would_now_be_allowed(
    guests: Guests,
) -> None:
    customer, key = guests.potential(), uuid4().hex
    first = guests.claim(customer, "chen", Idempotency_Key=key)
    guests.post(f"/v1/customers/{customer}/release", {"reason": "无需求"})
    again = guests.claim(customer, "chen", Idempotency_Key=key)
    problem = assert_problem(again, 409, "already-protected")
    changing = {"request_id"}
    assert {k: v for k, v in problem.items() if k not in changing} == {
        k: v for k, v in first.json().items() if k not in changing
    }
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["tenure-position"] == first.headers["tenure-position"]


def test_another_request_under_the_key_is_an_error(guests: Guests) -> None:
    key = uuid4().hex
    guests.post("/v1/customers", guests.company(), Idempotency_Key=key)
    other = guests.post("/v1/customers", guests.company(), Idempotency_Key=key)
    assert_problem(other, 422, "idempotency-mismatch")


def test_two_members_may_use_the_same_key(guests: Guests) -> None:
    key = uuid4().hex
    for member in ("li", "chen"):
        answer = guests.post("/v1/customers", guests.company(), member, Idempotency_Key=key)
        assert answer.status_code == 201


def test_a_token_is_shown_once_also_under_a_key(guests: Guests) -> None:
    key = uuid4().hex
    first = guests.post("/v1/members/chen/tokens", {}, "root", Idempotency_Key=key).json()
    again = guests.post("/v1/members/chen/tokens", {}, "root", Idempotency_Key=key).json()
    assert again["token_id"] == first["token_id"]
    assert "token" in first
    assert "token" not in again


def test_one_key_at_once_is_carried_out_once(guests: Guests) -> None:
    body, key, start = guests.company(), uuid4().hex, threading.Barrier(8)

    def register(_: int) -> httpx.Response:
        start.wait()
        return guests.post("/v1/customers", body, Idempotency_Key=key)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(register, range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["customer_id"] for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1


def test_a_command_on_the_version_seen_is_carried_out(guests: Guests) -> None:
    customer = guests.register()
    etag = guests.get(f"/v1/customers/{customer}").headers["etag"]
    assert guests.claim(customer, If_Match=f"W/{etag}").status_code == 201


def test_a_command_on_an_older_version_is_refused_with_the_present_one(guests: Guests) -> None:
    customer = guests.potential()
    path = f"/v1/customers/{customer}/release"
    problem = assert_problem(
        guests.post(path, {"reason": "x"}, If_Match='"1"'), 412, "version-conflict"
    )
    version = guests.get(f"/v1/customers/{customer}").json()["version"]
    assert problem["version"] == version
    assert guests.post(path, {"reason": "x"}, If_Match=f'"{version}"').status_code == 200


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_every_command_takes_a_version_and_a_key(guests: Guests, command: Command) -> None:
    method, path, member, body = command(guests)
    before = guests.log_length()

    def send(**headers: str) -> httpx.Response:
        return guests.send(method, path, member, json=body, headers=headers)

    other_version = send(**{"If-Match": '"999"'})
    assert_problem(other_version, 412, "version-conflict")
    assert guests.log_length() == before
    key = uuid4().hex
    first = send(**{"Idempotency-Key": key})
    assert first.status_code in {200, 201}, first.text
    length = guests.log_length()
    again = send(**{"Idempotency-Key": key})
    assert again.headers["idempotent-replayed"] == "true"
    assert again.status_code == first.status_code
    shown_once = {"token"}
    told = {name: value for name, value in first.json().items() if name not in shown_once}
    assert again.json() == told
    assert guests.log_length() == length


def test_any_version_will_do_for_a_star(guests: Guests) -> None:
    assert guests.claim(guests.register(), If_Match="*").status_code == 201


def test_a_query_sees_what_its_position_names(guests: Guests) -> None:
    for _ in range(20):
        answer = guests.post("/v1/customers", guests.company())
        position = answer.headers["tenure-position"]
        read = guests.send(
            "GET",
            f"/v1/customers/{answer.json()['customer_id']}",
            headers={"Tenure-Min-Position": position},
        )
        assert read.status_code == 200
        assert read.json()["position"] >= int(position)
        assert read.headers["tenure-position"] == str(read.json()["position"])


def test_a_view_that_does_not_get_there_says_how_far_it_is_behind(guests: Guests) -> None:
    ahead = {"Tenure-Min-Position": str(guests.settled() + 10**9)}
    answer = guests.send("GET", "/v1/pool", headers=ahead)
    problem = assert_problem(answer, 503, "view-behind")
    assert problem["lag"] >= 10**9
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("value", ["x", "-1", "1.0", "9" * 19])
def test_a_malformed_position_is_named(guests: Guests, value: str) -> None:
    answer = guests.send("GET", "/v1/pool", headers={"Tenure-Min-Position": value})
    assert invalid_fields(answer) == {"Tenure-Min-Position": "malformed"}


def test_the_test_clock_is_named_in_every_answer(guests: Guests) -> None:
    answers: list[Any] = [
        guests.send("GET", "/v1/pool"),
        guests.send("GET", "/v1/pool", None),
        guests.send("GET", "/nowhere", None),
        guests.send("GET", "/health/live", None),
    ]
    for answer in answers:
        assert answer.headers["tenure-test-clock"] == "2026-03-02T01:00:00.000000Z"


def test_a_request_keeps_its_id_or_is_given_one(guests: Guests) -> None:
    given = guests.send("GET", "/v1/pool", headers={"X-Request-Id": "abc-1"})
    assert given.headers["x-request-id"] == "abc-1"
    for unfit in ("a b", "x" * 129, "<script>"):
        made = guests.send("GET", "/v1/pool", headers={"X-Request-Id": unfit})
        assert made.headers["x-request-id"] not in {unfit, ""}


def test_answers_are_not_kept_by_anybody(guests: Guests) -> None:
    for answer in (guests.send("GET", "/v1/pool"), guests.send("GET", "/v1/pool", None)):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
