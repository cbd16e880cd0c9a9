"""The audit as a file: CSV and JSON lines, over HTTP."""

import csv
import io
import json
from typing import Any

import httpx
import pytest
import structlog

from api.exports import COLUMNS, FORMULA_BEGINNINGS
from projections import audit
from projections.answers import LIMIT_MAX, Page
from tests.api.http.guests import DAY, MONDAY, Guests, assert_problem, invalid_fields
from tests.waiting import wait_until

EXPORT = "/v1/audit/export"


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def lines_of(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.content.splitlines()]


def test_json_lines_are_what_the_audit_answers_and_say_at_the_end_that_they_are_all(
    guests: Guests,
) -> None:
    customer = guests.potential()
    items = guests.get("/v1/audit", "wu", customer=customer).json()["items"]
    answer = guests.get(EXPORT, "wu", customer=customer, format="jsonl")
    *told, last = lines_of(answer)
    assert told == items
    assert len(told) >= 4
    assert last == {
        "complete": True,
        "count": len(items),
        "position": int(answer.headers["tenure-position"]),
    }
    assert answer.headers["content-type"] == "application/jsonl"
    name = f"tenure-audit-20260302T010000Z-{last['position']}.jsonl"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_a_csv_has_the_same_events_and_a_header_in_the_language_of_the_request(
    guests: Guests,
) -> None:
    customer = guests.potential()
    items = guests.get("/v1/audit", "wu", customer=customer).json()["items"]
    answer = guests.get(EXPORT, "wu", customer=customer)
    rows = rows_of(answer)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert list(rows[0]) == [english for _, english in COLUMNS.values()]
    for row, item in zip(rows, items, strict=True):
        assert json.loads(row.pop("facts")) == item.pop("facts")
        assert row == {name: "" if item[name] is None else str(item[name]) for name in row}
    position = {"Tenure-Min-Position": str(guests.settled())}
    chinese = guests.send(
        "GET",
        EXPORT,
        "wu",
        params={"customer": customer},
        headers=position | {"Accept-Language": "zh"},
    )
    assert list(rows_of(chinese)[0]) == [zh for zh, _ in COLUMNS.values()]
    assert chinese.headers["content-language"] == "zh-CN"
    assert all(row["说明"] for row in rows_of(chinese))
    assert answer.content.count(b"\r\n") == len(items) + 1


def test_a_csv_begins_with_a_byte_order_mark_where_excel_is_to_read_it(guests: Guests) -> None:
    customer = guests.register()
    marked = guests.get(EXPORT, "wu", customer=customer, bom=True)
    assert marked.content.startswith(b"\xef\xbb\xbfposition,at,")
    assert not guests.get(EXPORT, "wu", customer=customer).content.startswith(b"\xef")
    lines = guests.get(EXPORT, "wu", customer=customer, format="jsonl", bom=True)
    assert lines.content.startswith(b"{")


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_no_cell_of_a_csv_is_a_formula_and_json_lines_are_exact(
    guests: Guests, beginning: str
) -> None:
    customer = guests.potential()
    reason = f'{beginning}HYPERLINK("http://x.example","看这里")'
    assert guests.post(f"/v1/customers/{customer}/release", {"reason": reason}).status_code == 200
    asked = {"customer": customer, "topic": "customer.released"}
    (row,) = rows_of(guests.get(EXPORT, "wu", **asked))
    (line, _) = lines_of(guests.get(EXPORT, "wu", format="jsonl", **asked))
    assert line["reason"][0] in FORMULA_BEGINNINGS
    assert row["reason"] == f"'{line['reason']}"
    assert not any(cell.startswith(FORMULA_BEGINNINGS) for cell in row.values())


def test_an_export_is_filtered_as_the_audit_is(guests: Guests) -> None:
    customer = guests.potential()
    guests.claim(customer, "chen")
    guests.at(MONDAY + DAY)
    guests.post(f"/v1/customers/{customer}/release", {"reason": "没有需求"})
    for asked in (
        {"actor": "li"},
        {"topic": "customer."},
        {"topic": "customer.claimed"},
        {"topic": "nothing."},
        {"rule": "already-protected"},
        {"rule": "already-protected", "actor": "chen"},
        {"rule": "already-protected", "topic": "customer.claimed"},
        {"from": (MONDAY + DAY).isoformat()},
        {"to": (MONDAY + DAY).isoformat(), "sort": "-position"},
        {"actor": "li", "topic": "customer.released", "from": MONDAY.isoformat()},
    ):
        asked = asked | {"customer": customer}
        items = guests.get("/v1/audit", "wu", limit=500, **asked).json()["items"]
        *told, last = lines_of(guests.get(EXPORT, "wu", format="jsonl", **asked))
        assert (told, last["count"]) == (items, len(items))
    positions = [item["position"] for item in guests.events(customer)][1:3]
    *told, _ = lines_of(guests.get(EXPORT, "wu", format="jsonl", position=positions))
    assert [item["position"] for item in told] == positions


def test_an_export_is_true_at_its_position_whatever_is_written_meanwhile(
    guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = guests.potential()
    before = guests.settled()
    ask = audit.audit

    def slow(cursor: Any, **asked: Any) -> Any:
        guests.claim(customer, "chen")
        wanted = guests.settled()
        wait_until(lambda: guests.service.engine.lag()["audit"].position >= wanted, what="audit")
        return ask(cursor, **asked)

    monkeypatch.setattr(audit, "audit", slow)
    *told, last = lines_of(guests.get(EXPORT, "wu", customer=customer, format="jsonl"))
    assert last["position"] == before
    assert max(item["position"] for item in told) <= before
    assert guests.settled() > before


def test_pages_follow_one_another_in_a_long_export(
    guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    guests.potential()
    monkeypatch.setattr("api.routes.audit.LIMIT_MAX", 3)
    count = guests.log_length()
    for sort in ("position", "-position"):
        *told, last = lines_of(guests.get(EXPORT, "wu", format="jsonl", sort=sort))
        positions = [item["position"] for item in told]
        assert positions == sorted(positions, reverse=sort == "-position")
        assert (len(set(positions)), last["count"]) == (count, count)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_export_that_fails_midway_is_cut_off_and_not_taken_for_complete(
    guests: Guests, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    guests.potential()
    monkeypatch.setattr("api.routes.audit.LIMIT_MAX", 2)
    ask = audit.audit

    def failing(cursor: Any, **asked: Any) -> Page[audit.AuditEntry]:
        if asked["after"] is not None:
            raise OSError("the disk is gone")
        return ask(cursor, **asked)

    monkeypatch.setattr(audit, "audit", failing)
    with structlog.testing.capture_logs() as logs, pytest.raises(httpx.RemoteProtocolError):
        guests.get(EXPORT, "wu", format=form)
    told = {entry["event"]: entry for entry in logs}
    assert "the disk is gone" in repr(told["request failed"]["exc_info"])


def test_an_export_of_a_view_that_is_folded_anew_meanwhile_is_cut_off(
    guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    guests.potential()
    monkeypatch.setattr("api.routes.audit.LIMIT_MAX", 2)
    ask = audit.audit

    def anew(cursor: Any, **asked: Any) -> Page[audit.AuditEntry]:
        page = ask(cursor, **asked)
        return page if asked["after"] is None else Page([], None, 1)

    monkeypatch.setattr(audit, "audit", anew)
    with structlog.testing.capture_logs(), pytest.raises(httpx.RemoteProtocolError):
        guests.get(EXPORT, "wu", format="jsonl")


def test_an_export_holds_no_connection_between_its_pages(
    guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    guests.potential()
    monkeypatch.setattr("api.routes.audit.LIMIT_MAX", 2)
    database = guests.service.database
    with guests.client.stream(
        "GET", EXPORT, headers={"Authorization": f"Bearer {guests.tokens['wu']}"}
    ) as answer:
        parts = answer.iter_raw()
        next(parts)
        # The views' engine takes one a moment at a time; an export that kept one would for good.
        wait_until(lambda: database.connections_in_use == 0, what="a free pool")
    # The client went away here, and the service is still there for everybody else.
    assert guests.get("/v1/audit", "wu", limit=1).status_code == 200


def test_who_asks_for_the_headers_alone_gets_no_body_made(
    guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    monkeypatch.setattr("api.routes.audit.written", lambda *a, **k: made.append(a) or iter(()))
    answer = guests.send("HEAD", EXPORT, "wu")
    assert (answer.status_code, answer.content, made) == (200, b"", [])
    assert "attachment" in answer.headers["content-disposition"]


def test_an_export_is_for_those_who_audit(guests: Guests) -> None:
    for member in ("li", "zhao", "feng", "han"):
        assert_problem(guests.get(EXPORT, member), 403, "not-allowed")
    for member in ("wu", "shen", "root"):
        assert guests.get(EXPORT, member, topic="member.joined").status_code == 200
    assert guests.get(EXPORT, "wang", actor="li").status_code == 200
    assert_problem(guests.get(EXPORT, "wang", topic="member.joined"), 403, "not-allowed")
    assert_problem(guests.send("GET", EXPORT, None), 401, "not-signed-in")
    for parameters, field in (
        ({"format": "xlsx"}, "format"),
        ({"position": 0}, "position.0"),
        ({"position": 2**63}, "position.0"),
        ({"limit": 5}, "limit"),
        ({"from": (MONDAY + DAY).isoformat(), "to": MONDAY.isoformat()}, "to"),
        ({"surprise": 1}, "surprise"),
    ):
        assert list(invalid_fields(guests.get(EXPORT, "wu", **parameters))) == [field]
    too_many = guests.get(EXPORT, "wu", position=list(range(1, LIMIT_MAX + 2)))
    assert list(invalid_fields(too_many)) == ["position"]
