"""What if another version of the rules had held: over HTTP, for one customer and for all."""

from typing import Any
from uuid import uuid4

import pytest

from domain.rulebook import default_text
from tests.api.http.guests import DAY, MONDAY, Guests, assert_problem, invalid_fields


@pytest.fixture
def twenty(guests: Guests) -> str:
    """A version with a term of twenty days, which never decides."""
    return adopted(guests, "potential-20", "\ndays = 30 ", "\ndays = 20 ")


def adopted(guests: Guests, version: str, old: str, new: str) -> str:
    known = {found["version"] for found in guests.get("/v1/rulebooks").json()["items"]}
    if version not in known:
        toml = default_text().replace('version = "2026-1"', f'version = "{version}"')
        assert old in toml
        body = {
            "toml": toml.replace(old, new),
            "effective_from": "2999-01-01T00:00:00Z",
            "reason": "试算",
        }
        assert guests.post("/v1/rulebooks", body, "root").status_code == 201
    return version


def asked(guests: Guests, customer: str, version: str, member: str = "wu", **more: Any) -> Any:
    answer = guests.get(f"/v1/customers/{customer}/what-if", member, rulebook=version, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def outcomes(told: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [
        (step["event"]["topic"].split(".")[1], step["outcome"], step["rule"])
        for step in told["steps"]
        if step["outcome"] != "stands"
    ]


def lapsed_and_taken(guests: Guests) -> str:
    """Li held it for 30 days, Chen tried on the 25th, and claims it on the 31st."""
    customer = guests.potential()
    guests.at(MONDAY + 25 * DAY)
    assert_problem(guests.claim(customer, "chen"), 409, "already-protected")
    guests.at(MONDAY + 31 * DAY)
    assert guests.claim(customer, "chen").status_code == 201
    return customer


@pytest.mark.clause("S1-033", "S3-02")
def test_a_life_is_told_under_another_version_with_what_would_have_been_otherwise(
    guests: Guests, twenty: str
) -> None:
    customer = lapsed_and_taken(guests)
    told = asked(guests, customer, twenty)
    assert told["rulebook"] == twenty
    assert outcomes(told) == [
        ("lapsed", "would-have-followed", None),
        ("recorded", "would-not-have-been-refused", None),
        ("lapsed", "would-not-have-followed", None),
    ]
    lapse = next(step for step in told["steps"] if step["outcome"] == "would-have-followed")
    assert lapse["event"]["position"] is None
    assert lapse["event"]["at"] == "2026-03-22T01:00:00.000000Z"
    assert lapse["differences"]["state"] == {"was": "potential", "would_be": "pool"}
    (pair,) = [pair for pair in told["tenures"] if pair["differs"]]
    assert pair["ended_at"] == "2026-04-01T01:00:00.000000Z"
    assert pair["would_have_ended_at"] == "2026-03-22T01:00:00.000000Z"
    assert pair["reason"] == (
        "li (potential) from 2026-03-02 01:00:00 UTC to 2026-04-01 01:00:00 UTC (the deadline"
        " passed); under this version: li (potential) from 2026-03-02 01:00:00 UTC to 2026-03-22"
        " 01:00:00 UTC (the deadline passed)"
    )
    assert told["explanation"] == (
        "Under version potential-20, tenures that would have been otherwise: 1; events that would"
        " have been refused: 0; refused claims that would not have been: 1."
    )
    assert told["was"]["holder"] == told["would_be"]["holder"] == "chen"


@pytest.mark.clause("S1-302")
def test_what_could_not_have_been_names_the_rule(guests: Guests) -> None:
    longer = adopted(guests, "potential-45", "\ndays = 30 ", "\ndays = 45 ")
    told = asked(guests, lapsed_and_taken(guests), longer)
    assert outcomes(told) == [
        ("lapsed", "would-not-have-followed", None),
        ("claimed", "would-have-been-refused", "already-protected"),
        ("followed_up", "would-have-been-refused", "not-the-holder"),
    ]
    assert told["would_be"]["holder"] == "li"
    assert told["would_be"]["until"] == "2026-04-16T01:00:00.000000Z"


def test_under_the_version_that_decided_nothing_differs(guests: Guests) -> None:
    for customer in (lapsed_and_taken(guests), guests.formal()):
        told = asked(guests, customer, "2026-1")
        assert [step for step in told["steps"] if step["differs"]] == []
        assert [pair for pair in told["tenures"] if pair["differs"]] == []
        assert told["was"] == told["would_be"]


def test_it_is_told_in_the_language_of_the_request(guests: Guests, twenty: str) -> None:
    customer = lapsed_and_taken(guests)
    answer = guests.send(
        "GET",
        f"/v1/customers/{customer}/what-if",
        "wu",
        params={"rulebook": twenty},
        headers={"Accept-Language": "zh", "Tenure-Min-Position": str(guests.settled())},
    )
    told = answer.json()
    assert told["explanation"].startswith("依制度 potential-20：1 段保护期会有不同")
    assert any("依此版本则为：li（潜在客户）" in pair["reason"] for pair in told["tenures"])


@pytest.mark.clause("S3-02")
def test_a_stranger_of_a_running_protection_sees_the_life_before_it(
    guests: Guests, twenty: str
) -> None:
    customer = lapsed_and_taken(guests)
    told = asked(guests, customer, twenty, "li")
    assert told["details_hidden"] == "not-a-party"
    assert told["at"] == "2026-04-01T16:00:00.000000Z"
    assert [step["event"]["topic"] for step in told["steps"]].count("customer.claimed") == 1
    assert {tenure["was"]["holder"] for tenure in told["tenures"]} == {"li"}
    lapse = next(step for step in told["steps"] if step["outcome"] == "would-have-followed")
    assert (lapse["event"]["at"], lapse["event"]["words"]) == (
        "2026-03-22T16:00:00.000000Z",
        "the deadline passed",
    )
    assert lapse["event"]["facts"] == {}
    mine = asked(guests, customer, twenty, "chen")
    assert mine["details_hidden"] is None
    assert [step["event"]["topic"] for step in mine["steps"]].count("customer.claimed") == 2


def test_an_unknown_version_or_customer_is_not_found(guests: Guests) -> None:
    customer = guests.register()
    path = f"/v1/customers/{customer}/what-if"
    problem = assert_problem(guests.get(path, rulebook="2031-9"), 404, "not-found")
    assert (problem["kind"], problem["id"]) == ("rulebook", "2031-9")
    path = f"/v1/customers/{uuid4()}/what-if"
    problem = assert_problem(guests.get(path, rulebook="2026-1"), 404, "not-found")
    assert problem["kind"] == "customer"
    assert invalid_fields(guests.get(f"/v1/customers/{customer}/what-if")) == {
        "rulebook": "missing"
    }


def test_a_supposition_writes_nothing(guests: Guests, twenty: str) -> None:
    customer = lapsed_and_taken(guests)
    before = guests.log_length()
    asked(guests, customer, twenty)
    assert guests.log_length() == before
