"""The pool as a file: CSV and JSON lines, over HTTP."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx
import pytest
import structlog

from api.exports import FORMULA_BEGINNINGS
from api.routes.pool import COLUMNS
from projections import pool
from projections.answers import Page
from tests.api.http.guests import Guests, assert_problem, invalid_fields

EXPORT = "/v1/pool/export"


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


@pytest.mark.clause("S1-050")
def test_the_file_holds_what_the_pool_answers_under_the_same_filters(
    guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.pool.LIMIT_MAX", 2)
    made = [guests.register(industry="文件业") for _ in range(5)]
    held = guests.register(industry="文件业")
    guests.claim(held)
    for asked in ({"industry": "文件业"}, {"industry": "文件业", "sort": "since"}):
        items = guests.get("/v1/pool", limit=500, **asked).json()["items"]
        answer = guests.get(EXPORT, format="jsonl", **asked)
        *lines, last = [json.loads(line) for line in answer.content.splitlines()]
        assert lines == items
        assert {line["customer_id"] for line in lines} == set(made)
        position = int(answer.headers["tenure-position"])
        assert last == {"complete": True, "count": 5, "position": position}
        name = f"tenure-pool-20260302T010000Z-{position}.jsonl"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_a_csv_speaks_the_language_of_its_reader(guests: Guests) -> None:
    customer = guests.potential()
    body = {"reason": "没有需求"}
    assert guests.post(f"/v1/customers/{customer}/release", body).status_code == 200
    name = guests.get(f"/v1/customers/{customer}").json()["name"]
    position = {"Tenure-Min-Position": str(guests.settled())}
    for language, place, words in (("en", 1, "given up"), ("zh", 0, "放弃")):
        headers = position | {"Accept-Language": language}
        answer = guests.send("GET", EXPORT, params={"name": name, "bom": True}, headers=headers)
        assert answer.content.startswith(b"\xef\xbb\xbf")
        (row,) = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
        assert list(row) == [header[place] for header in COLUMNS.values()]
        cells = dict(zip(COLUMNS, row.values(), strict=True))
        assert (cells["reason"], cells["reason_words"]) == ("released", words)
        assert (cells["customer_id"], cells["last_holder"]) == (customer, "li")
        assert json.loads(cells["bars"])[0]["member"] == "li"


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "＝"])
def test_no_cell_is_a_formula(guests: Guests, beginning: str) -> None:
    industry = f"{beginning}HYPERLINK"
    guests.register(industry=industry)
    (row,) = rows_of(guests.get(EXPORT, industry=industry))
    assert row["industry"].startswith("'")
    assert not any(cell.startswith(FORMULA_BEGINNINGS) for cell in row.values())


@pytest.mark.clause("S0-25")
def test_who_takes_the_pool_away_is_in_the_access_log_before_the_first_byte(
    guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    guests.register(industry="留痕业")
    rows_of(guests.get(EXPORT, "chen", industry="留痕业"))
    entries = guests.get("/v1/access?member=chen&sort=at&limit=500", "wu").json()["items"]
    told = [entry for entry in entries if entry["facts"].get("view") == "pool"]
    assert [entry["kind"] for entry in told] == ["exported", "export-ended"]
    assert told[0]["facts"]["filters"] == {"industry": "留痕业"}
    assert (told[1]["facts"]["rows"], told[1]["facts"]["complete"]) == (1, True)
    assert "pool" in told[0]["words"]
    ask = pool.in_pool

    def failing(cursor: Any, **asked: Any) -> Page[pool.PoolEntry]:
        if asked["after"] is not None:
            raise OSError("the disk is gone")
        return ask(cursor, **asked)

    monkeypatch.setattr("api.routes.pool.LIMIT_MAX", 1)
    monkeypatch.setattr(pool, "in_pool", failing)
    guests.register(industry="留痕业")
    with structlog.testing.capture_logs(), pytest.raises(httpx.RemoteProtocolError):
        guests.get(EXPORT, "chen", industry="留痕业")
    entries = guests.get("/v1/access?member=chen&sort=at&limit=500", "wu").json()["items"]
    assert entries[-1]["facts"]["complete"] is False


def test_the_file_is_the_pool_of_one_instant_whatever_is_claimed_and_comes_meanwhile(
    guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        guests.register(industry="同时业")
    monkeypatch.setattr("api.routes.pool.LIMIT_MAX", 1)
    ask = pool.in_pool
    order = [
        item["customer_id"] for item in guests.get("/v1/pool", industry="同时业").json()["items"]
    ]
    come: list[str] = []

    def meanwhile(cursor: Any, **asked: Any) -> Page[pool.PoolEntry]:
        page = ask(cursor, **asked)
        if asked["after"] is None and not come:
            guests.claim(order[-1], "chen")
            come.append(guests.register(industry="同时业"))
            now = guests.get("/v1/pool", "chen", industry="同时业", limit=500).json()["items"]
            assert {item["customer_id"] for item in now} == {*order[:-1], *come}
        return page

    monkeypatch.setattr(pool, "in_pool", meanwhile)
    rows = rows_of(guests.get(EXPORT, industry="同时业"))
    assert [row["customer_id"] for row in rows] == order


def test_a_file_that_takes_longer_than_it_may_is_cut_off_and_kept_so(
    guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        guests.register(industry="缓慢业")
    monkeypatch.setattr("api.routes.pool.LIMIT_MAX", 1)
    monkeypatch.setattr("api.routes.list_files.SECONDS_MAX", -1.0)
    with structlog.testing.capture_logs(), pytest.raises(httpx.RemoteProtocolError):
        guests.get(EXPORT, "chen", industry="缓慢业")
    entries = guests.get("/v1/access?member=chen&sort=at&limit=500", "wu").json()["items"]
    assert (entries[-1]["facts"]["complete"], entries[-1]["facts"]["rows"]) == (False, 1)


def test_an_export_is_for_whoever_sees_the_pool_and_names_what_is_malformed(
    guests: Guests,
) -> None:
    assert_problem(guests.send("GET", EXPORT, None), 401, "not-signed-in")
    for parameters, field in (
        ({"format": "xlsx"}, "format"),
        ({"limit": 5}, "limit"),
        ({"sort": "address"}, "sort"),
        ({"surprise": 1}, "surprise"),
    ):
        assert list(invalid_fields(guests.get(EXPORT, **parameters))) == [field]
    answer = guests.send("HEAD", EXPORT, params={"industry": "没有"})
    assert (answer.status_code, answer.content) == (200, b"")


def test_customers_are_asked_for_by_their_ids(guests: Guests) -> None:
    made = [guests.register() for _ in range(3)]
    items = guests.get("/v1/customers", customer=made[:2]).json()["items"]
    assert {item["customer_id"] for item in items} == set(made[:2])
    assert list(invalid_fields(guests.get("/v1/customers", customer="x"))) == ["customer.0"]
