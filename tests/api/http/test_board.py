"""The board over HTTP: whom it shows what, in which order, and as a file."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest

from projections import board as views
from tests.api.http.guests import DAY, MONDAY, Guests, assert_problem, invalid_fields

STAGES = {"waiting", "rejected", "potential", "intent", "formal"}


@pytest.fixture
def team(guests: Guests) -> dict[str, str]:
    """Two sellers and a manager in a department of their own, and a seller of another."""
    mark = uuid4().hex[:6]
    people = {name: f"{name}-{mark}" for name in ("one", "two", "lead", "rival")}
    guests.move_in({people[name]: "seller" for name in ("one", "two", "rival")})
    guests.move_in({people["lead"]: "manager"})
    people |= {"department": f"南部{mark}", "other": f"北部{mark}"}
    for name in ("one", "two", "lead", "rival"):
        department = people["other" if name == "rival" else "department"]
        guests.patch(f"/v1/members/{people[name]}", {"department": department}, "root")
    return people


def ask(guests: Guests, reader: str, path: str = "/v1/board", **asked: Any) -> httpx.Response:
    """A question of `reader`; `member` is one of its filters."""
    return guests.get(f"{path}?{urlencode(asked)}", reader)


def ids(guests: Guests, reader: str, **asked: Any) -> list[str]:
    """Every customer of the board, page by page."""
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        answer = ask(guests, reader, limit=2, **asked, **after)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += [item["customer_id"] for item in page["items"]]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


@pytest.mark.clause("S1-271", "S1-272")
def test_a_seller_sees_his_own_a_manager_his_department_and_a_director_all(
    guests: Guests, team: dict[str, str]
) -> None:
    one, two, lead, rival = (team[name] for name in ("one", "two", "lead", "rival"))
    first, second, third = (guests.potential(member) for member in (one, two, rival))
    free = guests.register(one)
    assert ids(guests, one) == [first]
    assert set(ids(guests, lead)) == {first, second}
    assert ids(guests, lead, member=two) == [second]
    assert ids(guests, lead, member=rival) == []
    assert {first, second, third} <= set(ids(guests, "shen"))
    assert free not in ids(guests, "shen")
    assert ids(guests, "shen", department=team["other"]) == [third]
    assert ids(guests, "zhao") == []
    assert_problem(ask(guests, one, member=two), 403, "not-allowed")
    assert_problem(ask(guests, lead, department=team["other"]), 403, "not-allowed")
    for path in ("/v1/board/load", "/v1/board/export"):
        assert_problem(ask(guests, one, path, member=two), 403, "not-allowed")
        assert_problem(guests.send("GET", path, None), 401, "not-signed-in")


def test_the_load_says_how_much_each_holds_by_stage_and_what_falls_this_week(
    guests: Guests, team: dict[str, str]
) -> None:
    one, two, lead = team["one"], team["two"], team["lead"]
    guests.potential(one)
    guests.at(MONDAY + 26 * DAY)
    guests.potential(one)
    waiting = guests.register(two)
    assert guests.claim(waiting, two).status_code == 201
    told = guests.get("/v1/board/load", lead).json()
    by_member = {line["member"]: line for line in told["items"]}
    assert set(by_member) == {one, two}
    assert set(by_member[one]["stages"]) == STAGES
    assert (by_member[one]["held"], by_member[one]["falls"]) == (2, 1)
    assert by_member[one]["stages"]["potential"] == 2
    assert by_member[two]["stages"]["waiting"] == 1
    assert told["held_max"] is None
    assert told["days"][0]["day"] == "2026-03-28"
    assert len(told["days"]) == 7
    assert {day["day"]: day["count"] for day in told["days"] if day["count"]} == {"2026-04-01": 1}
    assert [line["member"] for line in guests.get("/v1/board/load", one).json()["items"]] == [one]
    first = guests.get("/v1/board/load", lead, limit=1).json()
    second = guests.get("/v1/board/load", lead, limit=1, after=first["next"]).json()
    assert [first["items"][0]["member"], second["items"][0]["member"]] == sorted([one, two])
    assert second["next"] is None


def test_filters_and_order_of_the_board(guests: Guests, team: dict[str, str]) -> None:
    one = team["one"]
    early = guests.potential(one)
    guests.at(MONDAY + DAY)
    late = guests.potential(one)
    waiting = guests.register(one)
    guests.claim(waiting, one)
    assert ids(guests, one) == [early, late, waiting]
    assert ids(guests, one, sort="-ends_at") == [waiting, late, early]
    assert ids(guests, one, state="waiting") == [waiting]
    assert ids(guests, one, until=(MONDAY + 30 * DAY + timedelta(hours=1)).isoformat()) == [early]
    for asked, field in (
        ({"state": "pool"}, "state"),
        ({"until": "tomorrow"}, "until"),
        ({"sort": "name"}, "sort"),
        ({"after": "x"}, "after"),
        ({"surprise": "1"}, "surprise"),
    ):
        assert list(invalid_fields(guests.get("/v1/board", one, **asked))) == [field]
    following = guests.get("/v1/board", one, limit=1).json()["next"]
    assert list(invalid_fields(guests.get("/v1/board", "shen", after=following))) == ["after"]


@pytest.mark.clause("S1-272")
def test_who_sees_deadlines_to_the_day_learns_no_more_from_order_or_filter(
    guests: Guests, team: dict[str, str]
) -> None:
    one, lead = team["one"], team["lead"]
    guests.at(MONDAY + timedelta(hours=3))
    late = guests.potential(one)
    guests.at(MONDAY + timedelta(hours=2))
    early = guests.potential(one)
    asked = {"department": team["department"]}
    exact = {item["customer_id"]: item for item in board(guests, lead, **asked)}
    assert exact[late]["ends_at"] == "2026-04-01T04:00:00.000000Z"
    by_day = board(guests, "root", **asked)
    assert {item["ends_at"] for item in by_day} == {"2026-04-01T16:00:00.000000Z"}
    assert {item["until"] for item in by_day} == {"2026-04-01T16:00:00.000000Z"}
    assert [item["customer_id"] for item in by_day] == sorted([late, early])
    for hour in ("03:30", "12:00"):
        until = f"2026-04-01T{hour}:00Z"
        assert board(guests, "root", until=until, **asked) == []
    assert len(board(guests, lead, until="2026-04-01T03:30:00Z", **asked)) == 1


def board(guests: Guests, reader: str, **asked: Any) -> list[dict[str, Any]]:
    answer = ask(guests, reader, **asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_a_customer_whose_deadline_moves_while_the_board_is_sent_is_in_the_file_once(
    guests: Guests, team: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the deadline that it had when the file was begun."""
    monkeypatch.setattr("api.routes.board.LIMIT_MAX", 1)
    one, lead = team["one"], team["lead"]
    for _ in range(3):
        guests.potential(one)
    before = board(guests, lead, member=one)
    first, last = before[0]["customer_id"], before[-1]["customer_id"]
    held = views.held
    moved: list[str] = []

    def meanwhile(cursor: Any, *asked: Any, **more: Any) -> Any:
        page = held(cursor, *asked, **more)
        if not moved:
            moved.append(first)
            body = {"reason": "没有需求"}
            assert guests.post(f"/v1/customers/{last}/release", body, one).status_code == 200
            assert guests.apply(first, "extension", one).status_code == 201
            path = f"/v1/customers/{first}/extension/decision"
            assert guests.post(path, {"decision": "grant", "days": 20}, lead).status_code == 200
            now = board(guests, lead, member=one)
            assert [line["customer_id"] for line in now][-1] == first
            assert last not in {line["customer_id"] for line in now}
        return page

    monkeypatch.setattr(views, "held", meanwhile)
    answer = ask(guests, lead, "/v1/board/export", format="jsonl", member=one)
    *lines, end = [json.loads(line) for line in answer.content.splitlines()]
    assert moved == [first]
    assert lines == before
    assert end["complete"] is True


@pytest.mark.clause("S0-25")
def test_the_board_is_a_file_under_the_same_filters_and_kept_in_the_access_log(
    guests: Guests, team: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.board.LIMIT_MAX", 2)
    one, lead = team["one"], team["lead"]
    held = [guests.potential(one) for _ in range(5)]
    items = board(guests, lead)
    answer = guests.get("/v1/board/export", lead, format="jsonl")
    *lines, last = [json.loads(line) for line in answer.content.splitlines()]
    assert lines == items
    assert (last["complete"], last["count"]) == (True, len(held))
    wanted = urlencode({"state": "potential", "member": one})
    position = {"Tenure-Min-Position": str(guests.settled()), "Accept-Language": "zh"}
    told = guests.send("GET", f"/v1/board/export?{wanted}", lead, headers=position)
    rows = list(csv.DictReader(io.StringIO(told.content.decode(), newline="")))
    assert {row["客户编号"] for row in rows} == set(held)
    assert {row["状态说明"] for row in rows} == {"潜在客户"}
    name = told.headers["content-disposition"]
    assert "tenure-board-20260302T010000Z-" in name
    entries = ask(guests, "wu", "/v1/access", member=lead, limit=500).json()["items"]
    kinds = [entry["kind"] for entry in entries if entry["facts"].get("view") == "board"]
    assert kinds.count("exported") == kinds.count("export-ended") == 2
    filters = [entry["facts"]["filters"] for entry in entries if entry["kind"] == "exported"]
    assert {"state": "potential", "member": one} in filters
