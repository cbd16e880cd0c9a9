"""Who looked at what is kept before it is shown, over HTTP (S0-25, S4-36)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import pytest
import structlog

from api.checks.database import check_access_log
from api.checks.findings import Examined
from projections import audit
from tests.api.http.guests import CONTACT, MONDAY, Guests, assert_problem
from tests.waiting import wait_until

PERSONAL = ("13800138000", "+8613800138000", "张伟", "八千八百元", "客户已确认预算")


def entries(guests: Guests, after: int = 0) -> list[dict[str, Any]]:
    """The states of the access log behind a position."""
    with guests.service.database.autocommit() as cursor:
        cursor.execute(
            "SELECT state FROM access.entries WHERE position > %s ORDER BY position", (after,)
        )
        return [msgspec.json.decode(state) for (state,) in cursor.fetchall()]


def last_position(guests: Guests) -> int:
    with guests.service.database.autocommit() as cursor:
        cursor.execute("SELECT coalesce(max(position), 0) FROM access.entries")
        return int(cursor.fetchone()[0])


@contextmanager
def unwritable(guests: Guests) -> Iterator[None]:
    """No entry can be written meanwhile."""
    name = "access.{}(timestamptz[], text[], text[], uuid[], bytea[], integer[], uuid[], integer[])"
    with guests.service.database.autocommit() as cursor:
        cursor.execute(f"ALTER FUNCTION {name.format('record')} RENAME TO away")
    try:
        yield
    finally:
        with guests.service.database.autocommit() as cursor:
            cursor.execute(f"ALTER FUNCTION {name.format('away')} RENAME TO record")


@pytest.mark.clause("S0-25", "S4-36")
def test_a_card_with_details_is_kept_with_person_time_right_and_fields(guests: Guests) -> None:
    customer = guests.potential()
    before = last_position(guests)
    for member in ("li", "wang", "chen"):
        guests.get(f"/v1/customers/{customer}", member)
    kept = entries(guests, before)
    assert [(entry["member"], entry["right"]) for entry in kept] == [
        ("li", "holder"),
        ("wang", "department"),
    ]
    first = kept[0]
    assert (first["kind"], first["customer_id"]) == ("details-read", customer)
    assert first["facts"] == {
        "view": "card",
        "fields": ["phone", "contact-names", "contact-phones", "introduction"],
    }
    assert first["at"].startswith("2026-03-02T01:00:00")
    assert first["client"] == "127.0.0.1"


def test_an_entry_names_the_request_as_its_answer_does(guests: Guests) -> None:
    customer = guests.potential()
    before = last_position(guests)
    answer = guests.get(f"/v1/customers/{customer}", "wu")
    (entry,) = entries(guests, before)
    assert entry["request_id"] == answer.headers["x-request-id"]


@pytest.mark.clause("S4-36")
@pytest.mark.parametrize(
    ("path", "view", "fields"),
    [
        ("/v1/customers/{}/history", "history", ["introduction", "notes", "reasons"]),
        ("/v1/customers/{}/replay", "replay", ["introduction", "notes", "reasons"]),
        ("/v1/customers/{}/what-if?rulebook=2026-1", "what-if", ["introduction", "notes"]),
        ("/v1/customers/{}/holder", "holder", None),
        ("/v1/audit?customer={}", "audit", ["introduction", "notes", "reasons"]),
        ("/v1/customers/{}/disputes/1", "dispute", ["introduction", "notes", "reasons"]),
        ("/v1/disputes?customer={}", "disputes", ["reasons"]),
    ],
)
def test_every_view_with_details_is_kept_for_who_sees_them_and_not_for_strangers(
    guests: Guests, path: str, view: str, fields: list[str] | None
) -> None:
    customer = guests.potential()
    guests.apply(customer)
    opened = {"contested_at": MONDAY.isoformat(), "statement": "我先联系的客户"}
    answer = guests.post(f"/v1/customers/{customer}/disputes", opened, "chen")
    assert answer.status_code == 201, answer.text
    before = last_position(guests)
    for member in ("wu", "feng"):
        guests.get(path.format(customer), member)
    kept = [entry for entry in entries(guests, before) if entry["kind"] == "details-read"]
    assert {entry["member"] for entry in kept} <= {"wu"}
    told = {entry["facts"]["view"]: entry for entry in kept}
    if fields is not None:
        assert set(fields) <= set(told[view]["facts"]["fields"])
        assert told[view]["customer_id"] == customer


def test_a_list_with_details_is_one_entry_that_names_every_customer(guests: Guests) -> None:
    customers = {guests.potential("chen"), guests.potential("chen")}
    before = last_position(guests)
    guests.get("/v1/address-book", "chen", limit=2)
    (entry,) = entries(guests, before)
    assert (entry["right"], entry["facts"]["view"]) == ("author", "address-book")
    assert set(entry["customer_ids"]) == customers
    with guests.service.database.autocommit() as cursor:
        cursor.execute(
            "SELECT customer_id::text FROM access.about WHERE position = %s", (before + 1,)
        )
        assert {customer for (customer,) in cursor.fetchall()} == customers


def test_what_waits_for_a_decision_is_kept_and_not_counted_as_chosen(guests: Guests) -> None:
    customer = guests.potential()
    guests.apply(customer)
    before = last_position(guests)
    guests.get("/v1/approvals", "wang", limit=500)
    guests.get("/v1/briefing", "wang", limit=200)
    kept = entries(guests, before)
    assert {(entry["kind"], entry["facts"]["view"]) for entry in kept} == {
        ("waiting-read", "approvals"),
        ("waiting-read", "briefing"),
    }
    assert all(customer in [entry["customer_id"], *entry.get("customer_ids", [])] for entry in kept)


@pytest.mark.clause("S1-021", "S0-25")
def test_a_collision_check_is_kept_with_what_it_showed(guests: Guests) -> None:
    customer = guests.potential()
    name = guests.get(f"/v1/customers/{customer}").json()["name"]
    before = last_position(guests)
    answer = guests.get("/v1/collisions", "chen", name=name).json()
    (entry,) = entries(guests, before)
    facts = entry["facts"]
    assert (entry["kind"], facts["name"], facts["position"]) == (
        "collision-asked",
        name,
        answer["position"],
    )
    (shown,) = facts["shown"]
    (item,) = answer["items"]
    # As it was shown: a stranger saw the day, so the day is what is kept.
    assert shown.pop("protected_until") == "2026-04-01T16:00:00Z"
    assert item.pop("protected_until") == "2026-04-01T16:00:00.000000Z"
    assert shown == {name: item[name] for name in shown}
    assert shown["customer_id"] == customer


def test_a_check_that_found_nothing_is_kept_too(guests: Guests) -> None:
    before = last_position(guests)
    assert guests.get("/v1/collisions", name="谁也没有登记过的名字").json()["items"] == []
    (entry,) = entries(guests, before)
    assert entry["facts"]["shown"] == []


@pytest.mark.parametrize(
    "asked",
    [
        {"phone": "13800138000"},
        {"name": "13800138000"},
        {"name": "张先生 138-0013-8000"},
        {"name": "１３８００１３８０００"},
        {"name": "138 0013 8000 空调"},
    ],
)
def test_a_number_that_was_asked_for_is_kept_as_its_keyed_hash_alone(
    guests: Guests, asked: dict[str, str]
) -> None:
    before = last_position(guests)
    assert guests.get("/v1/collisions", **asked).status_code == 200
    (entry,) = entries(guests, before)
    facts = entry["facts"]
    hashed = guests.service.application.phone_hash("+8613800138000")
    assert hashed in [facts.get("phone_hash"), *facts.get("numbers", [])]
    assert not any(sign.isdigit() for sign in facts.get("name", ""))


@pytest.mark.clause("S0-25")
def test_an_export_is_kept_before_its_first_byte_and_told_how_it_ended(guests: Guests) -> None:
    customer = guests.potential()
    before = last_position(guests)
    answer = guests.get("/v1/audit/export", "wu", customer=customer, format="jsonl")
    wait_until(lambda: len(entries(guests, before)) == 2, what="the end of the export")
    begun, ended = entries(guests, before)
    position = int(answer.headers["tenure-position"])
    filters = {"customer": customer, "format": "jsonl"}
    told = {"view": "audit", "filters": filters, "position": position}
    rows = len(answer.content.splitlines()) - 1
    assert (begun["kind"], begun["facts"]) == ("exported", told)
    assert ended["kind"] == "export-ended"
    assert ended["facts"] == told | {"rows": rows, "complete": True}


def test_an_export_that_was_cut_off_is_told_as_such(
    guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    guests.potential()
    monkeypatch.setattr("api.routes.audit.LIMIT_MAX", 2)
    ask = audit.audit

    def failing(cursor: Any, **asked: Any) -> Any:
        if asked["after"] is not None:
            raise OSError("the disk is gone")
        return ask(cursor, **asked)

    monkeypatch.setattr(audit, "audit", failing)
    before = last_position(guests)
    with structlog.testing.capture_logs(), pytest.raises(httpx.RemoteProtocolError):
        guests.get("/v1/audit/export", "wu")
    wait_until(lambda: len(entries(guests, before)) == 2, what="the end of the export")
    _, ended = entries(guests, before)
    assert (ended["facts"]["complete"], ended["facts"]["rows"]) == (False, 2)


def test_following_the_log_is_an_export(guests: Guests) -> None:
    before = last_position(guests)
    guests.send("GET", "/v1/events?limit=3&topic=customer.*", "wu")
    token = {"Authorization": f"Bearer {guests.tokens['wu']}", "Accept": "text/event-stream"}
    with guests.client.stream("GET", "/v1/events?after=now", headers=token) as answer:
        assert answer.status_code == 200
        page, stream = entries(guests, before)
    assert (page["kind"], page["facts"]["view"]) == ("exported", "events")
    assert page["facts"]["filters"] == {"topic": ["customer.*"]}
    assert page["facts"]["rows"] <= 3
    assert (stream["kind"], stream["facts"]["view"]) == ("exported", "stream")


@pytest.mark.clause("S0-25")
def test_a_refused_permission_is_kept_with_what_was_lacking(guests: Guests) -> None:
    customer = guests.potential()
    before = last_position(guests)
    assert_problem(guests.get("/v1/audit", "li"), 403, "not-allowed")
    assert_problem(guests.review(customer, member="li"), 403, "not-allowed")
    question, command = entries(guests, before)
    assert (question["kind"], question["member"], question["right"]) == (
        "refused",
        "li",
        "see-audit",
    )
    assert question["facts"] == {"method": "GET", "route": "/v1/audit"}
    tokens = guests.get("/v1/members/li", "root").json()["tokens"]
    assert question["token_id"] in {token["token_id"] for token in tokens}
    assert command["token_id"] == question["token_id"]
    assert (command["right"], command["customer_id"]) == ("review", customer)


def test_a_list_searched_by_name_is_kept_with_what_it_showed(guests: Guests) -> None:
    """It finds as much as a collision check, so it is kept as one."""
    customer = guests.potential()
    name = guests.get(f"/v1/customers/{customer}").json()["name"]
    before = last_position(guests)
    guests.get("/v1/customers", "chen", holder="li")
    answer = guests.get("/v1/customers", "chen", name=name).json()
    (entry,) = entries(guests, before)
    assert (entry["kind"], entry["customer_id"]) == ("collision-asked", customer)
    facts = entry["facts"]
    assert (facts["name"], facts["view"], facts["position"]) == (
        name,
        "customers",
        answer["position"],
    )
    (shown,) = facts["shown"]
    assert (shown["holder"], shown["match"], shown["into"]) == ("li", "part", None)
    assert shown["protected_until"] == "2026-04-01T16:00:00Z", "the day, as it was shown"
    (line,) = guests.get("/v1/access/searches", "chen", customer=customer).json()["items"][-1:]
    assert line["name"] == name


def test_the_end_of_a_stream_is_kept_with_how_far_it_came(guests: Guests) -> None:
    before = last_position(guests)
    settled = guests.settled()
    headers = {"Authorization": f"Bearer {guests.tokens['wu']}", "Accept": "text/event-stream"}
    path = f"/v1/events?after={settled}"
    with guests.client.stream("GET", path, headers=headers) as answer:
        customer = guests.register()
        lines = (line for line in answer.iter_lines() if line.startswith("event:"))
        assert next(lines) == "event: customer.registered"
        told = guests.events(customer)[-1]["position"]
    wait_until(
        lambda: any(one["kind"] == "export-ended" for one in entries(guests, before)),
        what="the end of the stream",
    )
    (ended,) = (one for one in entries(guests, before) if one["kind"] == "export-ended")
    assert ended["member"] == "wu"
    assert ended["facts"]["view"] == "stream"
    assert (ended["facts"]["after"], ended["facts"]["reached"]) == (settled, told)
    assert ended["facts"]["rows"] == 1


def test_a_decision_in_ones_own_case_is_kept_as_refused(guests: Guests) -> None:
    guests.move_in({"both": "reviewer"})
    body = {"roles": ["seller", "reviewer"]}
    assert guests.patch("/v1/members/both", body, "root").status_code == 200
    customer = guests.register("both")
    assert guests.claim(customer, "both").status_code == 201
    before = last_position(guests)
    answer = guests.review(customer, member="both")
    problem = assert_problem(answer, 403, "own-decision")
    (entry,) = entries(guests, before)
    assert (entry["right"], entry["customer_id"]) == ("own-decision", customer)
    assert entry["facts"]["position"] == problem["position"]


@pytest.mark.clause("S0-25")
def test_what_cannot_be_kept_is_not_shown(guests: Guests) -> None:
    customer = guests.potential()
    asked = [
        ("li", f"/v1/customers/{customer}"),
        ("li", f"/v1/customers/{customer}/history"),
        ("li", f"/v1/customers/{customer}/replay"),
        ("li", "/v1/address-book"),
        ("chen", "/v1/collisions?name=公司"),
        ("wu", "/v1/audit/export"),
        ("wu", f"/v1/audit?customer={customer}"),
        ("wu", "/v1/events"),
        ("li", "/v1/audit"),
    ]
    position = {"Tenure-Min-Position": str(guests.settled())}
    with unwritable(guests):
        for member, path in asked:
            answer = guests.send("GET", path, member, headers=position)
            assert_problem(answer, 503, "unavailable")
            assert not any(secret in answer.text for secret in PERSONAL)
        # What shows no details needs no entry.
        assert guests.send("GET", "/v1/pool", "li").status_code == 200
        assert guests.get(f"/v1/customers/{customer}", "chen").status_code == 200
    assert guests.get(f"/v1/customers/{customer}").status_code == 200


def test_a_log_that_cannot_be_written_is_told_to_whoever_watches(guests: Guests) -> None:
    database = guests.service.database
    house = Examined(guests.service.settings, database)
    assert guests.send("GET", "/health/ready", None).json()["access_log"] is True
    before = last_position(guests)
    assert [found.standing for found in check_access_log(house)] == ["good"]
    assert last_position(guests) == before
    with unwritable(guests):
        ready = guests.send("GET", "/health/ready", None)
        assert (ready.status_code, ready.json()["access_log"]) == (200, False)
        (found,) = check_access_log(house)
        assert (found.name, found.standing) == ("access-log", "failure")
        assert "access.record" in found.en


def test_sixteen_readers_at_once_leave_one_entry_each(guests: Guests) -> None:
    customer = guests.potential()
    before = last_position(guests)

    def read(number: int) -> int:
        headers = {"X-Request-Id": f"race-{number}"}
        return guests.send("GET", f"/v1/customers/{customer}", "li", headers=headers).status_code

    guests.get(f"/v1/customers/{customer}", "chen")
    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(read, range(160))) == {200}
    kept = entries(guests, before)
    assert sorted(entry["request_id"] for entry in kept) == sorted(f"race-{n}" for n in range(160))
    assert last_position(guests) == before + 160


@pytest.mark.clause("S0-25")
def test_no_entry_holds_a_phone_or_a_name_of_a_person_in_plain_text(guests: Guests) -> None:
    customer = guests.formal()
    guests.get("/v1/collisions", phone=CONTACT["phone"])
    guests.get("/v1/collisions", name=CONTACT["phone"])
    for path in ("", "/history", "/replay", "/holder", "/may", "/what-if?rulebook=2026-1"):
        guests.get(f"/v1/customers/{customer}{path}", "wu")
    for path in ("address-book", "approvals", "agenda", "disputes", "tenures", "pool"):
        guests.get(f"/v1/{path}", "wang")
    guests.get("/v1/audit", "wu", limit=500)
    guests.get("/v1/audit/export", "wu")
    with guests.service.database.autocommit() as cursor:
        cursor.execute("SELECT state FROM access.entries")
        states = b"\n".join(state for (state,) in cursor.fetchall())
    for secret in (*PERSONAL, "13800138", "80013800", "有意向，下周再联系"):
        assert secret.encode() not in states
