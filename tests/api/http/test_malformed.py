"""Malformed requests: a problem that names the field, nothing stored, and told to members alone."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.http.guests import CONTACT, Guests, assert_problem, invalid_fields

SOME_ID = "0198f2a4-7c3e-7b61-9d52-3f0a8e6c1b47"
COMMANDS = [
    ("POST", "/v1/customers"),
    ("PATCH", f"/v1/customers/{SOME_ID}"),
    ("POST", f"/v1/customers/{SOME_ID}/contacts"),
    ("POST", f"/v1/customers/{SOME_ID}/claim"),
    ("POST", f"/v1/customers/{SOME_ID}/withdrawal"),
    ("POST", f"/v1/customers/{SOME_ID}/review"),
    ("POST", f"/v1/customers/{SOME_ID}/follow-ups"),
    ("POST", f"/v1/customers/{SOME_ID}/release"),
    ("POST", f"/v1/customers/{SOME_ID}/intent"),
    ("POST", f"/v1/customers/{SOME_ID}/intent/decision"),
    ("POST", f"/v1/customers/{SOME_ID}/extension"),
    ("POST", f"/v1/customers/{SOME_ID}/extension/decision"),
    ("POST", f"/v1/customers/{SOME_ID}/transfer"),
    ("POST", f"/v1/customers/{SOME_ID}/removal"),
    ("POST", f"/v1/customers/{SOME_ID}/after-sales"),
    ("POST", f"/v1/customers/{SOME_ID}/contracts"),
    ("PATCH", f"/v1/customers/{SOME_ID}/contracts/HT-1"),
    ("POST", f"/v1/customers/{SOME_ID}/contracts/HT-1/confirm"),
    ("POST", f"/v1/customers/{SOME_ID}/contracts/HT-1/void"),
    ("POST", f"/v1/customers/{SOME_ID}/duplicates"),
    ("POST", f"/v1/customers/{SOME_ID}/duplicates/1/resolution"),
    ("POST", f"/v1/customers/{SOME_ID}/disputes"),
    ("POST", f"/v1/customers/{SOME_ID}/disputes/1/statements"),
    ("POST", f"/v1/customers/{SOME_ID}/disputes/1/ruling"),
    ("POST", "/v1/members"),
    ("PATCH", "/v1/members/li"),
    ("POST", "/v1/members/li/leave"),
    ("POST", "/v1/members/li/tokens"),
    ("POST", "/v1/rulebooks"),
    ("POST", "/v1/rulebooks/dry-run"),
]
QUERIES = [
    "/v1/collisions",
    f"/v1/customers/{SOME_ID}",
    f"/v1/customers/{SOME_ID}/history",
    f"/v1/customers/{SOME_ID}/holder",
    f"/v1/customers/{SOME_ID}/may",
    f"/v1/customers/{SOME_ID}/replay",
    f"/v1/customers/{SOME_ID}/disputes/1",
    "/v1/disputes",
    f"/v1/customers/{SOME_ID}/what-if?rulebook=2026-1",
    "/v1/customers",
    "/v1/pool",
    "/v1/pool/export",
    "/v1/board",
    "/v1/board/load",
    "/v1/board/export",
    "/v1/tenures",
    "/v1/members",
    "/v1/members/li",
    "/v1/members/li/portfolio",
    "/v1/agenda",
    "/v1/approvals",
    "/v1/briefing",
    "/v1/address-book",
    "/v1/audit",
    "/v1/audit/export",
    "/v1/statistics",
    "/v1/statistics/events?figure=claims",
    "/v1/statistics/habits",
    "/v1/rulebooks",
    "/v1/rulebooks/2026-1",
    "/metrics",
]
NO_JSON = {
    "no JSON": b"name=x",
    "cut off": b'{"name": "x"',
    "trailing": b'{"name": "x"} x',
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": -Infinity}',
    "not UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a lone surrogate": b'{"name": "\\ud800"}',
    "a surrogate in UTF-8": b'{"name": "\xed\xa0\x80"}',
    "10,000 levels of lists": b"[" * 10_000 + b"]" * 10_000,
    "10,000 levels of objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "a number of 5,000 digits": b"1" * 5_000,
    "a number out of range": b"1e999",
}
NO_OBJECT = {"a list": b"[]", "a text": b'"x"', "null": b"null", "a number": b"1"}


@pytest.fixture(autouse=True)
def nothing_is_stored(guests: Guests) -> Iterator[None]:
    """Whatever a test of this module sends: the log does not grow by it."""
    before = guests.log_length()
    yield
    assert guests.log_length() == before


def send_raw(guests: Guests, method: str, path: str, body: bytes, **headers: str) -> httpx.Response:
    named = {"Content-Type": "application/json", **headers}
    return guests.send(method, path, "root", content=body, headers=named)


@pytest.mark.parametrize(("method", "path"), COMMANDS)
def test_who_is_not_signed_in_is_told_nothing_of_what_is_malformed(
    guests: Guests, method: str, path: str
) -> None:
    for body in (b"{}", b"no json", b"x" * 300_000):
        answer = guests.send(
            method, path, None, content=body, headers={"Content-Type": "application/json"}
        )
        assert_problem(answer, 401, "not-signed-in")
        assert answer.headers["www-authenticate"] == 'Bearer realm="tenure"'
    text = guests.send(method, path, None, content=b"x", headers={"Content-Type": "text/plain"})
    assert_problem(text, 401, "not-signed-in")


@pytest.mark.parametrize("path", QUERIES)
def test_every_query_needs_a_token(guests: Guests, path: str) -> None:
    assert_problem(guests.send("GET", path, None), 401, "not-signed-in")
    assert_problem(guests.send("GET", path, None, params={"limit": "x"}), 401, "not-signed-in")
    unknown = {"Authorization": f"Bearer tnr.li.{'A' * 43}"}
    answer = guests.send("GET", path, None, headers=unknown)
    assert_problem(answer, 401, "not-signed-in")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("path", ["/v1/customers/x", "/v1/customers/x/history"])
def test_a_malformed_id_is_told_to_members_alone(guests: Guests, path: str) -> None:
    assert_problem(guests.send("GET", path, None), 401, "not-signed-in")
    assert invalid_fields(guests.send("GET", path)) == {"customer_id": "malformed"}


@pytest.mark.parametrize(("method", "path"), COMMANDS)
def test_a_body_that_is_no_json_is_refused(guests: Guests, method: str, path: str) -> None:
    for kind, body in NO_JSON.items():
        fields = invalid_fields(send_raw(guests, method, path, body))
        assert fields == {"body": "no-json"}, kind


@pytest.mark.parametrize(("method", "path"), COMMANDS)
def test_a_body_that_is_no_object_is_refused(guests: Guests, method: str, path: str) -> None:
    for body in NO_OBJECT.values():
        if path.endswith(("/tokens", "/confirm")) and body == b"null":
            continue  # These need no body, and null is none.
        assert "body" in invalid_fields(send_raw(guests, method, path, body))


@pytest.mark.parametrize(("method", "path"), COMMANDS)
def test_an_unknown_member_is_refused(guests: Guests, method: str, path: str) -> None:
    answer = send_raw(guests, method, path, b'{"surprise": 1, "\\u0000": 2}')
    fields = invalid_fields(answer)
    assert fields["surprise"] == "unknown"
    assert fields["\ufffd"] == "unknown"


@pytest.mark.parametrize(("method", "path"), COMMANDS)
def test_another_content_type_is_refused(guests: Guests, method: str, path: str) -> None:
    for sent in ("text/plain", "application/xml", "application/json; charset=gbk", "x", ""):
        answer = send_raw(guests, method, path, b"{}", **{"Content-Type": sent})
        assert_problem(answer, 415, "unsupported-type")
    zipped = send_raw(guests, method, path, b"{}", **{"Content-Encoding": "gzip"})
    assert_problem(zipped, 415, "unsupported-type")


def test_a_charset_of_utf_8_may_be_named(guests: Guests) -> None:
    sent = {"Content-Type": "application/json; charset=UTF-8"}
    assert "name" in invalid_fields(send_raw(guests, "POST", "/v1/customers", b"{}", **sent))


@pytest.mark.parametrize(("method", "path"), COMMANDS)
def test_a_body_past_the_limit_is_refused_announced_or_not(
    guests: Guests, method: str, path: str
) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 10_000

    headers = {"Content-Type": "application/json"}
    announced = guests.send(method, path, "root", content=b" " * 262_145, headers=headers)
    assert assert_problem(announced, 413, "too-large")["bytes_max"] == 262_144
    unannounced = guests.send(method, path, "root", content=pieces(), headers=headers)
    assert_problem(unannounced, 413, "too-large")


def test_a_body_at_the_limit_is_read(guests: Guests) -> None:
    body = b"{}".ljust(262_144)
    assert "name" in invalid_fields(send_raw(guests, "POST", "/v1/customers", body))


@pytest.mark.clause("S1-025", "S1-019", "S1-030")
def test_every_malformed_field_is_named_at_once(guests: Guests) -> None:
    body = {
        "name": 5,
        "address": None,
        "phone": ["1"],
        "introduction": {},
        "contacts": [CONTACT, {"name": "x", "position": True, "phone": "1", "extra": 1}],
    }
    assert invalid_fields(guests.post("/v1/customers", body)) == {
        "name": "wrong-type",
        "address": "wrong-type",
        "industry": "missing",
        "phone": "wrong-type",
        "introduction": "wrong-type",
        "contacts.1.position": "wrong-type",
        "contacts.1.extra": "unknown",
    }


@pytest.mark.clause("S1-025", "S1-019")
def test_the_domains_findings_are_named_by_their_path_too(guests: Guests) -> None:
    body = guests.company(address=" ", phone="12", contacts=[CONTACT, CONTACT | {"phone": "x"}])
    fields = invalid_fields(guests.post("/v1/customers", body | {"name": "春意"}))
    assert set(fields) == {"name", "address", "phone", "contacts.1.phone"}


def test_findings_are_worded_in_chinese_and_english(guests: Guests) -> None:
    for language, title, detail in (
        ("zh-CN", "请求内容有误", "缺少此字段"),
        ("en", "The request is malformed", "is required"),
    ):
        answer = guests.post("/v1/customers", {}, Accept_Language=language)
        problem = assert_problem(answer, 422, "invalid")
        assert problem["title"] == title
        assert problem["invalid"][0]["detail"] == detail
        assert answer.headers["content-language"].startswith(language[:2])


INSTANTS = {
    "2026-03-05": "malformed",
    "2026-03-05T14:03:00": "malformed",
    "20260305T140300Z": "malformed",
    "1700000000": "malformed",
    "": "malformed",
    "tomorrow": "malformed",
    "0000-01-01T00:00:00Z": "out-of-range",
    "0001-01-01T00:00:00+14:00": "out-of-range",
    "9999-12-31T23:59:59-14:00": "out-of-range",
    "2026-02-30T00:00:00Z": "out-of-range",
    "2026-03-05T25:00:00Z": "out-of-range",
    "2026-03-05T00:00:00+99:00": "out-of-range",
    1700000000: "wrong-type",
    1.5: "wrong-type",
    True: "wrong-type",
}


@pytest.mark.parametrize("sent", INSTANTS)
def test_a_malformed_instant_is_refused(guests: Guests, sent: Any) -> None:
    body = {"channel": "phone", "note": "x", "next_contact_at": sent}
    answer = guests.post(f"/v1/customers/{SOME_ID}/follow-ups", body)
    assert invalid_fields(answer) == {"next_contact_at": INSTANTS[sent]}
    if isinstance(sent, str):
        asked = guests.send("GET", "/v1/tenures", params={"at": sent})
        assert invalid_fields(asked) == {"at": INSTANTS[sent]}


def test_an_offset_whose_plus_was_not_escaped_is_understood(guests: Guests) -> None:
    answer = guests.send("GET", "/v1/tenures?at=2026-03-05T14:03:00+08:00")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "parameters", "field"),
    [
        ("/v1/pool", {"limit": "0"}, "limit"),
        ("/v1/pool", {"limit": "501"}, "limit"),
        ("/v1/pool", {"limit": "x"}, "limit"),
        ("/v1/pool", {"limit": "9" * 30}, "limit"),
        ("/v1/pool", {"after": "x"}, "after"),
        ("/v1/pool", {"sort": "size"}, "sort"),
        ("/v1/pool", {"surprise": "1"}, "surprise"),
        ("/v1/pool", {"name": "a\x00b"}, "name"),
        ("/v1/pool", {"name": "x" * 201}, "name"),
        ("/v1/customers", {"state": "formally"}, "state"),
        ("/v1/customers", {"holder": "\x7f"}, "holder"),
        ("/v1/collisions", {}, "name"),
        ("/v1/collisions", {"name": "", "phone": ""}, "name"),
        ("/v1/collisions", {"phone": "abc"}, "phone"),
        ("/v1/tenures", {"customer": "x"}, "customer"),
        ("/v1/tenures", {"from": "2026-03-05T00:00:00Z", "to": "2026-03-04T00:00:00Z"}, "to"),
        ("/v1/agenda", {"kind": "birthday"}, "kind.0"),
        (f"/v1/customers/{SOME_ID}/holder", {"known_position": "-1"}, "known_position"),
        (f"/v1/customers/{SOME_ID}/holder", {"known_position": "9" * 20}, "known_position"),
        ("/v1/members/a%00b", {}, "member"),
        ("/v1/rulebooks/a%00b", {}, "version"),
    ],
)
def test_a_malformed_parameter_is_named(
    guests: Guests, path: str, parameters: dict[str, str], field: str
) -> None:
    answer = guests.send("GET", path, "wang", params=parameters)
    assert list(invalid_fields(answer)) == [field]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_that_does_not_exist_is_not_found(guests: Guests, method: str) -> None:
    for path in ("/v2/customers", "/v1/customers/", "/v1/%00", "/v1/%ff", "/docs"):
        assert_problem(guests.send(method, path, None), 404, "not-found")


def test_another_method_is_told_which_ones_there_are(guests: Guests) -> None:
    answer = guests.send("DELETE", "/v1/pool", None)
    assert assert_problem(answer, 405, "method-not-allowed")["allowed"] == ["GET"]
    assert answer.headers["allow"] == "GET"


def test_ids_that_do_not_exist_are_not_found(guests: Guests) -> None:
    contact = {"contact": CONTACT, "follow_up": guests.follow_up()}
    bodies: dict[str, Any] = {
        "claim": contact,
        "withdrawal": {"what": "claim", "reason": "x"},
        "follow-ups": guests.follow_up(),
        "release": {"reason": "x"},
        "contacts": CONTACT,
        "intent": {"reason": "x"},
        "extension": {"reason": "x"},
        "contracts": {"number": "x"},
        "contracts/x/void": {"reason": "x"},
        "duplicates": {"of": SOME_ID[:-1] + "8", "statement": "x"},
    }
    for path, body in bodies.items():
        answer = guests.post(f"/v1/customers/{SOME_ID}/{path}", body)
        assert assert_problem(answer, 404, "not-found")["id"] == SOME_ID
    for path in ("", "/history", "/holder"):
        assert_problem(guests.send("GET", f"/v1/customers/{SOME_ID}{path}"), 404, "not-found")
    assert_problem(guests.post("/v1/members/nobody/tokens", {}, "root"), 404, "not-found")
    assert_problem(guests.send("GET", "/v1/members/nobody/portfolio", "wang"), 404, "not-found")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Idempotency-Key", "a b"),
        ("Idempotency-Key", "x" * 256),
        ("If-Match", "7"),
        ("If-Match", '"x"'),
    ],
)
def test_a_malformed_condition_is_named(guests: Guests, header: str, value: str) -> None:
    answer = guests.send("POST", "/v1/customers", json=guests.company(), headers={header: value})
    assert invalid_fields(answer) == {header: "malformed"}
    nobody = guests.send("POST", "/v1/customers", None, json={}, headers={header: value})
    assert_problem(nobody, 401, "not-signed-in")
