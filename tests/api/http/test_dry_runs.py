"""Changed rules tried on everybody: how many would have fallen to the pool, when, and whose."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from api import dry_runs
from api.dry_runs import Question
from api.routes.calls import QueryCall
from domain.dry_run import Span
from domain.orders import Credentials
from domain.rulebook import default_text
from domain.rulebook_text import changed
from tests.api.http.guests import DAY, MONDAY, Guests, assert_problem, invalid_fields

TWENTY = {"changes": {"potential.days": 20}}


def tried(guests: Guests, start: datetime, days: int, **more: Any) -> dict[str, Any]:
    answer = send(guests, start, days, **more)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def send(
    guests: Guests, start: datetime, days: int, by: str = "wang", **body: Any
) -> httpx.Response:
    asked = {"from": start.isoformat(), "to": (start + days * DAY).isoformat()}
    headers = {"tenure_min_position": str(guests.settled())}
    return guests.post("/v1/rulebooks/dry-run", {**asked, **body}, by, **headers)


@pytest.fixture
def monday(guests: Guests) -> datetime:
    """A Monday on which nobody holds anything of other tests: each begins a year after another."""
    later = MONDAY + 371 * DAY * next(guests.numbers)
    guests.at(later)
    return later


def items(told: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {
        item["customer_id"]: (
            item["holder"],
            item["change"],
            item["ended"],
            item["would_have_ended"],
        )
        for item in told["items"]
    }


@pytest.mark.clause("S1-033", "S3-02")
def test_a_manager_tries_twenty_days_instead_of_thirty(guests: Guests, monday: datetime) -> None:
    lapsing, signed, taken = guests.potential(), guests.formal(), guests.potential("chen")
    guests.at(monday + 25 * DAY)
    guests.post(f"/v1/customers/{taken}/release", {"reason": "无需求"}, "chen")
    told = tried(guests, monday, 28, **TWENTY)
    assert items(told) == {
        lapsing: ("li", "earlier", "lapsed", "lapsed"),
        taken: ("chen", "added", "released", "lapsed"),
    }
    assert signed not in items(told)
    totals = told["totals"]
    assert (totals["fell"], totals["would_have_fallen"]) == (0, 2)
    assert totals["changes"]["earlier"] == totals["changes"]["added"] == 1
    day = (monday + 20 * DAY).date().isoformat()
    assert totals["days"] == [{"day": day, "fell": 0, "would_have_fallen": 2}]
    assert totals["departments"] == [{"department": "一部", "fell": 0, "would_have_fallen": 2}]
    assert [count["holder"] for count in totals["holders"]] == ["chen", "li"]
    assert (told["complete"], told["next"], told["based_on"]) == (True, None, "2026-1")
    item = next(item for item in told["items"] if item["customer_id"] == lapsing)
    assert item["name"].startswith("靖江市")
    assert item["would_have_ended_at"].startswith((monday + 20 * DAY).strftime("%Y-%m-%dT01:00"))


@pytest.mark.clause("S1-035")
def test_what_falls_and_would_not_is_spared_and_what_followed_from_it_never_begins(
    guests: Guests, monday: datetime
) -> None:
    customer = guests.potential()
    guests.at(monday + 31 * DAY)
    guests.claim(customer, "chen")
    guests.review(customer)
    told = tried(guests, monday, 80, changes={"potential.days": 100})
    assert [(item["holder"], item["change"]) for item in told["items"]] == [
        ("li", "later"),
        ("chen", "never-begun"),
    ]
    assert told["totals"]["fell"] == 2
    assert told["totals"]["would_have_fallen"] == 0
    assert told["totals"]["customers"] == {"fell": 1, "would_have_fallen": 0}
    past = tried(guests, monday, 30, **TWENTY)
    assert past["totals"]["would_have_fallen"] == 1
    nothing = tried(guests, monday, 80, changes={"potential.days": 30})
    assert {item["change"] for item in nothing["items"]} == {"same"}


def test_the_list_goes_on_behind_its_cursor_and_the_totals_come_once(
    guests: Guests, monday: datetime
) -> None:
    wanted = {guests.potential() for _ in range(5)}
    first = tried(guests, monday, 31, limit=2, **TWENTY)
    assert first["totals"]["would_have_fallen"] == 5
    found, told = [item["customer_id"] for item in first["items"]], first
    while told["next"]:
        told = tried(guests, monday, 31, limit=2, after=told["next"], **TWENTY)
        assert told["totals"] is None
        found += [item["customer_id"] for item in told["items"]]
    assert (set(found), len(found)) == (wanted, 5)
    assert told["complete"]
    other = send(guests, monday, 31, after=first["next"], changes={"potential.days": 21})
    assert invalid_fields(other) == {"after": "foreign-cursor"}


def test_a_member_or_a_department_is_tried_alone(guests: Guests, monday: datetime) -> None:
    mine, other = guests.potential(), guests.potential("chen")
    assert set(items(tried(guests, monday, 31, member="chen", **TWENTY))) == {other}
    both = tried(guests, monday, 31, department="一部", **TWENTY)
    assert set(items(both)) == {mine, other}
    assert items(tried(guests, monday, 31, department="九部", **TWENTY)) == {}


def test_a_whole_text_or_another_version_may_be_tried(guests: Guests, monday: datetime) -> None:
    guests.potential()
    toml = default_text().replace("\ndays = 30 ", "\ndays = 20 ")
    told = tried(guests, monday, 31, toml=toml)
    assert (told["based_on"], told["totals"]["changes"]["earlier"]) == (None, 1)
    told = tried(guests, monday, 31, based_on="2026-1", **TWENTY)
    assert told["totals"]["changes"]["earlier"] == 1
    problem = assert_problem(send(guests, monday, 31, based_on="2031", **TWENTY), 404, "not-found")
    assert problem["kind"] == "rulebook"


def test_what_no_fall_rests_on_is_said(guests: Guests, monday: datetime) -> None:
    told = tried(guests, monday, 2, changes={"claims.held_max": 5, "bar.days": 9})
    assert told["without_effect"] == ["claims.held_max"]


@pytest.mark.parametrize(
    ("changes", "field", "zh", "en"),
    [
        ({"potential.days": 0}, "changes.potential.days", "应为 1 至 3650 的整数", "not 0"),
        ({"potential_days": 20}, "changes.potential_days", "未知的键", "is not known"),
        ({"potential.days": None}, "changes.potential.days", "缺少此键", "is missing"),
        ({"pool.opens_at": "09:00"}, "changes.pool.closes_at", "缺少此键", "is missing"),
        ({"pool.opens_at": "9"}, "changes.pool.opens_at", "应为时刻", "time of day"),
        ({"potential": 3}, "changes.potential", "应为表", "must be a table"),
    ],
)
def test_a_wrong_value_is_named(
    guests: Guests, changes: dict[str, Any], field: str, zh: str, en: str
) -> None:
    answer = send(guests, MONDAY, 31, changes=changes)
    (entry,) = assert_problem(answer, 422, "invalid")["invalid"]
    assert (entry["field"], entry["code"]) == (field, "rulebook")
    assert en in entry["detail"]
    body = {"from": MONDAY.isoformat(), "to": (MONDAY + DAY).isoformat(), "changes": changes}
    told = guests.post("/v1/rulebooks/dry-run", body, "wang", accept_language="zh").json()
    assert zh in told["invalid"][0]["detail"]


def test_what_is_asked_must_make_sense(guests: Guests) -> None:
    assert invalid_fields(send(guests, MONDAY, 0, **TWENTY)) == {"to": "out-of-range"}
    for name in ("department", "member"):
        unseen = {name: "\x00", **TWENTY}
        assert invalid_fields(send(guests, MONDAY, 9, **unseen)) == {name: "unseen-character"}
    assert invalid_fields(send(guests, MONDAY, 367, **TWENTY)) == {"to": "out-of-range"}
    assert invalid_fields(send(guests, MONDAY, 9)) == {"changes": "one-of"}
    both = send(guests, MONDAY, 9, toml=default_text(), **TWENTY)
    assert invalid_fields(both) == {"changes": "one-of"}
    text = send(guests, MONDAY, 9, toml=default_text().replace("\ndays = 30 ", "\ndays = 0 "))
    (entry,) = assert_problem(text, 422, "invalid")["invalid"]
    assert entry["field"] == "toml.potential.days"
    assert entry["detail"].startswith("line ")
    assert invalid_fields(send(guests, MONDAY, 9, seconds_max=0, **TWENTY)) == {
        "seconds_max": "out-of-range"
    }


def test_who_may_try_rules_is_in_the_table_of_permissions(guests: Guests) -> None:
    for member in ("wang", "shen", "root"):
        assert send(guests, MONDAY, 1, member, **TWENTY).status_code == 200
    problem = assert_problem(send(guests, MONDAY, 1, "li", **TWENTY), 403, "not-allowed")
    assert problem["needs"] == ["manager", "director", "administrator"]


def test_a_dry_run_writes_nothing(guests: Guests, monday: datetime) -> None:
    guests.potential()
    before = guests.log_length()
    tried(guests, monday, 31, **TWENTY)
    assert guests.log_length() == before


def test_when_time_is_up_the_answer_says_so_and_goes_on_behind_it(
    guests: Guests, monday: datetime
) -> None:
    wanted = {guests.potential() for _ in range(3)}
    who, at = Credentials("wang", "-"), guests.settled()
    call = QueryCall(guests.service, who, at, "en", "-", "-", "see-dry-run")
    rules = changed(default_text(), {"potential.days": 20})
    span = Span(monday, monday + 31 * DAY)
    first = dry_runs.dry_run(call, Question(rules, span, monday, 50, None, 0.0))
    assert (first.tally.customers, first.is_complete) == (1, False)
    found, told = list(first.items), first
    while told.next is not None:
        told = dry_runs.dry_run(call, Question(rules, span, monday, 50, told.next, 0.0))
        found += told.items
    assert told.is_complete
    assert sorted(str(fall.customer_id) for fall in found) == sorted(wanted)


def test_a_second_dry_run_waits_for_the_first_and_not_for_ever(
    guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_runs, "WAIT_SECONDS", 0.01)
    with dry_runs._alone():
        answer = send(guests, MONDAY, 1, **TWENTY)
    assert_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"]
    assert send(guests, MONDAY, 1, **TWENTY).status_code == 200
