"""Much reading: capped by the rulebook, and told to those who lead."""

from datetime import UTC, datetime
from importlib.resources import files
from typing import Any
from uuid import uuid4

import pytest

from api.access.entries import Entry
from tests.api.http.guests import DAY, MONDAY, Guests, assert_problem, invalid_fields

ENTERPRISE = files("domain").joinpath("rulebooks", "enterprise.toml").read_text("utf-8")


def adopt(guests: Guests, version: str, **values: str) -> None:
    text = ENTERPRISE.replace('version = "2026-1"', f'version = "{version}"')
    for name, value in values.items():
        lines = [
            f"{name} = {value}" if line.removeprefix("# ").startswith(f"{name} =") else line
            for line in text.splitlines()
        ]
        text = "\n".join(lines)
    body = {"toml": text, "reason": "限制查看客户详情"}
    assert guests.post("/v1/rulebooks", body, "root").status_code == 201


def read(guests: Guests, member: str, at: datetime, count: int) -> None:
    """Reads of so many other customers, as the routes keep them."""
    entries = [Entry("details-read", member, "holder", uuid4(), at=at) for _ in range(count)]
    guests.service.access_log.record(*entries)


def bursts(guests: Guests, member: str = "wang", **asked: Any) -> list[dict[str, Any]]:
    answer = guests.get("/v1/access/bursts", member, **asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.clause("S4-36")
def test_a_day_of_far_more_than_usual_is_told_to_the_manager(guests: Guests) -> None:
    guests.move_in({"ding": "seller", "even": "seller", "some": "seller"})
    for back in range(1, 11):
        read(guests, "ding", MONDAY - back * DAY, 10)
        read(guests, "even", MONDAY - back * DAY, 20)
    read(guests, "ding", MONDAY, 30)
    read(guests, "even", MONDAY, 59)
    read(guests, "some", MONDAY, 29)
    found = [line for line in bursts(guests) if line["member"] in {"ding", "even", "some"}]
    assert found == [
        {
            "member": "ding",
            "name": "ding",
            "department": "一部",
            "day": "2026-03-02",
            "details": 30,
            "searches": 0,
            "exports": 0,
            "exported": 0,
            "usual": 10.0,
            "leaves_at": None,
            "reasons": ["unusual"],
        }
    ]
    assert "ding" in {line["member"] for line in bursts(guests, department="一部")}
    assert bursts(guests, "shen", department="二部") == []
    assert_problem(guests.get("/v1/access/bursts", "wang", department="二部"), 403, "not-allowed")
    assert "ding" not in {line["member"] for line in bursts(guests, **{"from": "2026-03-03"})}


def test_who_never_read_before_is_told_on_his_first_day_of_much(guests: Guests) -> None:
    guests.move_in({"fresh": "seller"})
    read(guests, "fresh", MONDAY, 31)
    (line,) = [line for line in bursts(guests) if line["member"] == "fresh"]
    assert (line["usual"], line["reasons"]) == (0.0, ["unusual"])


@pytest.mark.clause("S4-36")
def test_much_reading_before_leaving_is_told_however_usual_it_is(guests: Guests) -> None:
    guests.move_in({"leaver": "seller"})
    for back in range(40):
        read(guests, "leaver", MONDAY - back * DAY, 35)
    span = {"from": "2026-01-01", "to": "2026-03-03"}
    mine = [line for line in bursts(guests, **span) if line["member"] == "leaver"]
    assert all(line["reasons"] == ["unusual"] for line in mine)
    leaves_at = (MONDAY + 10 * DAY).isoformat()
    left = guests.post(
        "/v1/members/leaver/leave", {"leaves_at": leaves_at, "reason": "个人原因离职"}, "wang"
    )
    assert left.status_code == 200, left.text
    mine = [line for line in bursts(guests, **span) if line["member"] == "leaver"]
    days = [line["day"] for line in mine if "leaving" in line["reasons"]]
    assert days == [str((MONDAY - back * DAY).date()) for back in range(21)]
    assert mine[0]["leaves_at"] == "2026-03-12T01:00:00.000000Z"


@pytest.mark.clause("S4-36")
def test_who_copies_a_list_is_told_as_who_reads_it_customer_by_customer(guests: Guests) -> None:
    """By the rows of what he took, whatever it was; what is usual is both together."""
    guests.move_in({"copier": "seller", "regular": "seller"})
    log = guests.service.access_log
    for back in range(1, 6):
        log.record(_taken("regular", 25, MONDAY - back * DAY))
    log.record(_taken("regular", 40, MONDAY), _taken("copier", 20, MONDAY))
    log.record(Entry("exported", "copier", "x", facts={"rows": 9, "view": "events"}, at=MONDAY))
    read(guests, "copier", MONDAY, 2)
    found = [line for line in bursts(guests) if line["member"] in {"copier", "regular"}]
    (line,) = found
    assert (line["member"], line["details"], line["exported"], line["usual"]) == (
        "copier",
        2,
        29,
        0,
    )
    assert line["exports"] == 1


def _taken(member: str, rows: int, at: datetime) -> Entry:
    facts = {"view": "board", "rows": rows, "complete": True}
    return Entry("export-ended", member, "see-portfolio", facts=facts, at=at)


@pytest.mark.parametrize(
    ("days", "path", "asked"),
    [
        (200, "/v1/pool/export", {}),
        (201, "/v1/board/export", {"format": "jsonl"}),
        (202, "/v1/audit/export", {}),
        (203, "/v1/access/export", {}),
        (204, "/v1/events", {"limit": 40}),
    ],
)
def test_every_file_and_every_page_of_events_counts_by_its_rows(
    guests: Guests, days: int, path: str, asked: dict[str, Any]
) -> None:
    at = MONDAY + days * DAY
    guests.at(at)
    for _ in range(2):
        guests.potential("shen")
    assert guests.get(path, "shen", **asked).status_code == 200
    kind = "exported" if path == "/v1/events" else "export-ended"
    (kept, *_) = guests.get("/v1/access", "shen", kind=kind).json()["items"]
    assert kept["at"] == f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"
    with guests.service.database.autocommit() as cursor:
        cursor.execute(
            "SELECT exported FROM access.reads_a_day WHERE member = 'shen' AND day = %s",
            (at.date(),),
        )
        assert cursor.fetchone() == (kept["facts"]["rows"],)


def test_a_burst_is_named_in_the_managers_briefing(guests: Guests) -> None:
    guests.move_in({"early": "seller"})
    read(guests, "early", MONDAY, 44)
    told = guests.get("/v1/briefing", "wang").json()["bursts"]
    assert ("early", 44) in {(line["member"], line["details"]) for line in told}
    told = guests.get("/v1/briefing", "shen", department="二部").json()["bursts"]
    assert told == []


def test_bursts_are_for_those_who_lead_and_for_auditors(guests: Guests) -> None:
    for member in ("wang", "shen", "wu"):
        bursts(guests, member)
    for member in ("li", "zhao", "root", "feng"):
        assert_problem(guests.get("/v1/access/bursts", member), 403, "not-allowed")
    asked = {"from": "2026-03-02", "to": "2026-03-01"}
    assert list(invalid_fields(guests.get("/v1/access/bursts", "wu", **asked))) == ["to"]
    asked = {"from": "2024-03-02", "to": "2026-03-01"}
    assert list(invalid_fields(guests.get("/v1/access/bursts", "wu", **asked))) == ["from"]


@pytest.mark.clause("S4-36")
def test_past_the_days_cap_no_details_are_shown_until_midnight_in_shanghai(
    guests: Guests,
) -> None:
    guests.move_in({"capped": "seller"})
    first, second, third = (guests.potential("capped") for _ in range(3))
    adopt(guests, "2026-cap", details_a_day="{ seller = 2 }")
    try:
        for customer in (first, second, first, second):
            assert guests.get(f"/v1/customers/{customer}", "capped").status_code == 200
        for path in (
            f"/v1/customers/{third}",
            f"/v1/customers/{third}/history",
            "/v1/address-book",
        ):
            answer = guests.get(path, "capped")
            problem = assert_problem(answer, 429, "details-used-up")
            assert (problem["details_max"], problem["until"]) == (2, "2026-03-02T16:00:00.000000Z")
            assert answer.headers["retry-after"] == str(15 * 3600)
        (kept, *_) = guests.get("/v1/access", "capped", kind="refused").json()["items"]
        assert kept["words"].startswith("capped was refused: the day's cap of details (")
        # Who sees no details needs none of them, and other roles have no cap.
        assert guests.get(f"/v1/customers/{third}", "chen").status_code == 200
        assert guests.get(f"/v1/customers/{third}", "wang").status_code == 200
        guests.at(datetime(2026, 3, 2, 16, tzinfo=UTC))
        assert guests.get(f"/v1/customers/{third}", "capped").status_code == 200
    finally:
        adopt(guests, "2026-open")
