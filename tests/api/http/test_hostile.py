"""Hostile input in every field, parameter and header: never a 5xx, and nothing stored by a 422."""

import copy
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.http.commands import WITH_FIELDS, Body, Command
from tests.api.http.guests import Guests

Path = tuple[str | int, ...]
RECORDED = {409, 403}
"""Statuses whose refusal is kept as evidence; every other 4xx leaves the log as it was."""

TEXTS = (
    "",
    " ",
    "\u3000",
    "\x00",
    "a\x00b",
    "\u200b",
    "\u200d",
    "\u202e\u0645\u0648\u0642",
    "\ufeff",
    "\u2028",
    "\x1b[31m",
    "春",
    "春意",
    "ＡＢＣ有限公司",
    "臺灣積體電路製造股份有限公司",
    "👩‍👩‍👧‍👦",
    "e\u0301" * 50,
    "\u0335" * 500,
    "'; DROP TABLE tenure.events; --",
    "%s %(name)s {0} {name!r}",
    "<script>alert(1)</script>",
    "{{7*7}} ${7*7}",
    "../../etc/passwd",
    "\ud800",
    "\udfff\ud800",
    "ﷺ" * 30,
    "－" * 40,
    "9" * 400,
    "1e400",
    "-0",
    "NaN",
    "null",
    "tnr.root.x",
    "0198f2a4-7c3e-7b61-9d52-3f0a8e6c1b47",
    "2026-13-45T99:99:99Z",
    "9999-12-31T23:59:59.999999Z",
    "0001-01-01T00:00:00Z",
    "有限公司",
    "北京市",
    "北京市有限公司",
    "字" * 20_001,
    "x" * 200_000,
)
hostile = st.one_of(
    st.sampled_from(TEXTS),
    st.text(max_size=60),
    st.text(st.characters(categories=["Cc", "Cf", "Co", "Zs", "Mn", "Lo"]), max_size=20),
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**18, max_value=10**30),
    st.floats(allow_nan=True, allow_infinity=True),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


BOUNDED = settings(
    max_examples=16,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
LONG = settings(BOUNDED, max_examples=500)


def _as_header(value: bytes) -> bytes:
    """What a client can put on the wire at all: no controls, nothing blank around it."""
    return bytes(sign for sign in value if sign >= 32 and sign != 127).strip()


def places(node: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a body where something else may be put."""
    if path:
        yield path
    children: Any = ()
    if isinstance(node, dict | list):
        children = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in children:
        yield from places(child, (*path, key))


def with_value(body: Body, path: Path, value: Any) -> Body:
    changed: Any = copy.deepcopy(body)
    node = changed
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return changed  # type: ignore[no-any-return]


def send_hostile(guests: Guests, command: Command, data: st.DataObject) -> None:
    method, path, sender, body = command(guests)
    place = data.draw(st.sampled_from(sorted(places(body), key=str)), label="place")
    sent = with_value(body, place, data.draw(hostile, label="value"))
    before = guests.log_length()
    answer = guests.send(
        method,
        path,
        sender,
        content=json.dumps(sent).encode(),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        if answer.status_code not in RECORDED:
            assert guests.log_length() == before
        if answer.status_code == 422:
            assert answer.json()["invalid"][0]["field"]


@pytest.mark.parametrize("command", WITH_FIELDS, ids=lambda command: command.__name__)
@BOUNDED
@given(data=st.data())
def test_no_field_of_a_command_breaks_the_service(
    module_guests: Guests,
    command: Command,
    data: st.DataObject,
) -> None:
    send_hostile(module_guests, command, data)


@pytest.mark.long
@pytest.mark.parametrize("command", WITH_FIELDS, ids=lambda command: command.__name__)
@LONG
@given(data=st.data())
def test_no_field_of_a_command_breaks_the_service_however_long_it_is_tried(
    module_guests: Guests,
    command: Command,
    data: st.DataObject,
) -> None:
    send_hostile(module_guests, command, data)


@pytest.mark.parametrize("text", TEXTS)
def test_a_hostile_name_and_note_are_either_kept_as_typed_or_named_and_refused(
    guests: Guests, text: str
) -> None:
    """What was accepted is searched, shown and listed without a failure, too."""
    body = json.dumps(guests.company(name=text, introduction=text, address=text)).encode()
    sent = {"Content-Type": "application/json"}
    answer = guests.send("POST", "/v1/customers", content=body, headers=sent)
    assert answer.status_code in {201, 409, 413, 422}, answer.text
    wellformed = text.encode("utf-8", "replace").decode()
    for path in ("/v1/collisions", "/v1/customers", "/v1/pool"):
        asked = guests.send("GET", path, params={"name": wellformed[:200]})
        assert asked.status_code in {200, 422}, asked.text


@BOUNDED
@given(
    path=st.sampled_from(
        [
            "/v1/collisions?name={}",
            "/v1/collisions?phone={}",
            "/v1/customers?name={}",
            "/v1/customers?holder={}",
            "/v1/customers?industry={}",
            "/v1/customers?region={}",
            "/v1/customers?after={}",
            "/v1/customers?limit={}",
            "/v1/customers?{}=1",
            "/v1/customers/{}",
            "/v1/customers/{}/history",
            "/v1/pool?region={}",
            "/v1/pool/export?industry={}",
            "/v1/board?member={}",
            "/v1/board?until={}",
            "/v1/board/load?department={}",
            "/v1/customers?customer={}",
            "/v1/tenures?at={}",
            "/v1/tenures?holder={}",
            "/v1/agenda?kind={}",
            "/v1/approvals?kind={}",
            "/v1/briefing?department={}",
            "/v1/briefing?since={}",
            "/v1/address-book?after={}",
            "/v1/audit?topic={}",
            "/v1/audit?from={}",
            "/v1/audit?rule={}",
            "/v1/audit?position={}",
            "/v1/audit/export?topic={}",
            "/v1/audit/export?format={}",
            "/v1/statistics?from={}",
            "/v1/statistics?department={}",
            "/v1/statistics?by={}",
            "/v1/statistics?after={}",
            "/v1/statistics/events?figure={}",
            "/v1/statistics/events?figure=refusals&rule={}",
            "/v1/statistics/habits?member={}",
            "/v1/statistics/habits?days={}",
            "/v1/events?after={}",
            "/v1/events?topic={}",
            "/v1/events?customer={}",
            "/v1/members/{}",
            "/v1/members/{}/portfolio",
            "/v1/rulebooks/{}",
            "/problems/{}",
            "/{}",
        ]
    ),
    text=st.one_of(st.sampled_from(TEXTS), st.text(max_size=30)),
)
def test_no_parameter_breaks_the_service(module_guests: Guests, path: str, text: str) -> None:
    quoted = httpx.QueryParams({"x": text.encode("utf-8", "replace")[:2_000]})
    url = path.format(str(quoted).removeprefix("x="))
    answer = module_guests.send("GET", url, "shen")
    assert answer.status_code < 500, answer.text


@BOUNDED
@given(
    name=st.sampled_from(
        [
            "Authorization",
            "Idempotency-Key",
            "If-Match",
            "Tenure-Min-Position",
            "Accept-Language",
            "Accept",
            "X-Request-Id",
            "Last-Event-ID",
            "Content-Type",
        ]
    ),
    value=st.binary(max_size=60).map(_as_header),
)
def test_no_header_breaks_the_service(module_guests: Guests, name: str, value: bytes) -> None:
    token = module_guests.tokens["li"].encode()
    headers = {b"Authorization": b"Bearer " + token, b"Content-Type": b"application/json"}
    headers[name.encode()] = value
    for request in (("GET", "/v1/pool", b""), ("POST", "/v1/customers", b"{}")):
        method, path, content = request
        answer = module_guests.client.request(method, path, content=content, headers=headers)
        assert answer.status_code < 500 or answer.json()["type"] == "/problems/view-behind"


def test_the_log_still_decodes_and_every_view_has_folded_it(guests: Guests) -> None:
    """Last in the module: whatever was accepted above has broken no view."""
    guests.get("/v1/pool")
    told = guests.send("GET", "/health/ready", None).json()
    assert {view["failed"] for view in told["views"].values()} == {None}
    assert UUID(guests.register())
