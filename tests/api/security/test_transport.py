"""Clients that are slow, huge or garbled are cut off, and the others are answered meanwhile."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from api.patience import HEAD_BYTES_MAX, HEADERS_MAX
from api.routes.calls import WAIT_SECONDS_MAX
from tests.api.http.guests import Guests
from tests.waiting import wait_until

SETTINGS = {"request_head_seconds": 1.0, "request_body_seconds": 1.0, "answer_stall_seconds": 1.0}
MANY = 60
CUT_OFF_SECONDS_MAX = 30.0
"""Far more than the settings say, since the machine may be busy; without them it is never."""
DRIP_SECONDS = 0.05
TCP = Path("/proc/net/tcp")
ESTABLISHED = "01"
HEAD = b"POST /v1/customers HTTP/1.1\r\nHost: tenure\r\nContent-Type: application/json\r\n"


@contextmanager
def connected(guests: Guests, receive_bytes: int | None = None) -> Iterator[socket.socket]:
    url = guests.client.base_url
    with socket.socket() as connection:
        if receive_bytes is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.settimeout(CUT_OFF_SECONDS_MAX)
        connection.connect((url.host, url.port))
        yield connection


def told_until_the_end(connection: socket.socket) -> bytes:
    """All that the server says until it closes."""
    told = b""
    try:
        while said := connection.recv(65536):
            told += said
    except ConnectionResetError:
        pass
    return told


def send_until_cut_off(connection: socket.socket, part: bytes, bytes_max: int) -> int:
    """Send `part` again and again; how much went out before the server closed."""
    sent = 0
    try:
        while sent < bytes_max:
            connection.sendall(part)
            sent += len(part)
    except (BrokenPipeError, ConnectionResetError):
        pass
    return sent


def drip(connection: socket.socket) -> bytes:
    """A byte now and then for as long as the server listens; what it said at the end."""
    connection.settimeout(DRIP_SECONDS)
    told = b""

    def is_cut_off() -> bool:
        nonlocal told
        try:
            said = connection.recv(65536)
        except TimeoutError:
            connection.sendall(b"a")
            return False
        told += said
        return not said

    with suppress(BrokenPipeError, ConnectionResetError):
        wait_until(is_cut_off, seconds_max=CUT_OFF_SECONDS_MAX, what="the end of the connection")
    return told


def assert_others_are_served(guests: Guests) -> None:
    answer = guests.send("GET", "/v1/pool")
    assert answer.status_code == 200
    assert guests.send("GET", "/health/live", None).status_code == 200


@pytest.mark.parametrize(
    "begun",
    [b"G", b"GET /health/live HTTP/1.1\r\nHost: tenure\r\nX-Slow: "],
    ids=["no line", "a header"],
)
def test_a_head_that_never_ends_is_cut_off_and_others_are_served(
    guests: Guests, begun: bytes
) -> None:
    with ExitStack() as stack:
        connections = [stack.enter_context(connected(guests)) for _ in range(MANY)]
        for connection in connections:
            connection.sendall(begun)
        assert_others_are_served(guests)
        for connection in connections:
            assert told_until_the_end(connection).startswith(b"HTTP/1.1 408 ")
    assert_others_are_served(guests)


def test_a_head_that_drips_does_not_begin_its_time_anew(guests: Guests) -> None:
    with connected(guests) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: tenure\r\nX-Slow: ")
        assert drip(connection).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_never_ends_is_cut_off_and_others_are_served(guests: Guests) -> None:
    token = guests.tokens["li"].encode()
    head = HEAD + b"Authorization: Bearer " + token + b"\r\nContent-Length: 1000\r\n\r\n{"
    before = guests.log_length()
    with ExitStack() as stack:
        connections = [stack.enter_context(connected(guests)) for _ in range(MANY)]
        for connection in connections:
            connection.sendall(head)
        assert_others_are_served(guests)
        for connection in connections[1:]:
            assert told_until_the_end(connection).startswith(b"HTTP/1.1 408 ")
    with connected(guests) as connection:
        connection.sendall(head)
        assert drip(connection).startswith(b"HTTP/1.1 408 ")
    assert guests.log_length() == before


def test_a_connection_that_asks_nothing_is_closed(guests: Guests) -> None:
    with connected(guests) as connection:
        assert told_until_the_end(connection) == b""
    with connected(guests) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: tenure\r\n\r\n")
        assert told_until_the_end(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.skipif(
    not TCP.exists(), reason="asks /proc/net/tcp how much is unread, which Linux alone has"
)
def test_a_client_that_does_not_read_its_answer_is_cut_off(guests: Guests) -> None:
    """What an export holds of the database would be held for ever."""
    asked = b"GET /openapi.json HTTP/1.1\r\nHost: tenure\r\n\r\n"
    with connected(guests, receive_bytes=4096) as connection:
        connection.sendall(asked * 100)
        wait_until(
            lambda: not is_held_by_the_server(connection),
            seconds_max=CUT_OFF_SECONDS_MAX,
            what="the end of the connection",
        )
    assert_others_are_served(guests)


def is_held_by_the_server(connection: socket.socket) -> bool:
    """True while the server's end of the connection is open."""
    (_, ours), (_, theirs) = connection.getsockname(), connection.getpeername()
    for line in TCP.read_text().splitlines()[1:]:
        _, local, remote, state, *_ = line.split()
        if (_port(local), _port(remote)) == (theirs, ours):
            return state == ESTABLISHED
    return False


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)


@pytest.mark.parametrize(
    "bomb",
    [
        b"X-Large: ",
        b"X-Large: " + b"a" * HEAD_BYTES_MAX + b"\r\n\r\n",
        b"".join(b"X-%d: 1\r\n" % number for number in range(HEADERS_MAX + 10)) + b"\r\n",
    ],
    ids=["endless", "one that is large", "too many"],
)
def test_a_bomb_of_headers_is_cut_off(guests: Guests, bomb: bytes) -> None:
    with connected(guests) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: tenure\r\n" + bomb)
        if bomb.endswith(b": "):
            send_until_cut_off(connection, b"a" * 65536, 64 * 1024 * 1024)
            assert told_until_the_end(connection)[:13] in (b"HTTP/1.1 431 ", b"")
        else:
            assert told_until_the_end(connection).startswith(b"HTTP/1.1 431 ")
    assert_others_are_served(guests)


def test_an_endless_address_is_cut_off(guests: Guests) -> None:
    with connected(guests) as connection:
        connection.sendall(b"GET /v1/pool?name=")
        sent = send_until_cut_off(connection, b"a" * 65536, 64 * 1024 * 1024)
        assert sent < 64 * 1024 * 1024
    assert_others_are_served(guests)


def test_heads_of_any_usual_size_are_read_one_after_another(guests: Guests) -> None:
    """Large heads, bodies and pipelines behind one another do not add up to a refusal."""
    body = b" " * 200_000
    sent = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    asked = b"GET /health/live HTTP/1.1\r\nHost: tenure\r\nX-Large: " + b"a" * 30_000 + b"\r\n\r\n"
    with connected(guests) as connection:
        connection.sendall((sent + asked) * 4)
        told = told_until_the_end(connection)
    assert told.count(b"HTTP/1.1 401 ") == 4
    assert told.count(b"HTTP/1.1 200 ") == 4


def test_headers_behind_a_body_are_nobodys_business(guests: Guests) -> None:
    """A trailer could otherwise name a token, or a client, after these were looked at."""
    token = guests.tokens["li"].encode()
    with connected(guests) as connection:
        connection.sendall(
            HEAD
            + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n"
            + b"Authorization: Bearer "
            + token
            + b"\r\n\r\n"
        )
        assert told_until_the_end(connection).startswith(b"HTTP/1.1 401 ")


def test_an_upload_without_an_end_is_cut_off(guests: Guests) -> None:
    token = guests.tokens["li"].encode()
    with connected(guests) as connection:
        connection.sendall(
            HEAD + b"Authorization: Bearer " + token + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        part = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        sent = send_until_cut_off(connection, part, 4 * 1024**3)
        assert sent < 4 * 1024**3
        assert told_until_the_end(connection)[:13] in (b"HTTP/1.1 413 ", b"")
    assert_others_are_served(guests)


@pytest.mark.parametrize(
    "rest",
    [
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}",
        b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: gzip, chunked, identity\r\n\r\n{}",
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"Content-Length: -1\r\n\r\n{}",
        b"Content-Length: 99999999999999999999999\r\n\r\n{}",
        b"Content-Length : 2\r\n\r\n{}",
        b"X\x00Y: 1\r\n\r\n",
        b" folded: 1\r\n\r\n",
        b"\xff\xfe\r\n\r\n",
    ],
)
def test_a_garbled_request_is_refused_and_closed(guests: Guests, rest: bytes) -> None:
    before = guests.log_length()
    with connected(guests) as connection:
        connection.sendall(HEAD + rest)
        assert told_until_the_end(connection).startswith(b"HTTP/1.1 4")
    assert guests.log_length() == before
    assert_others_are_served(guests)


@pytest.mark.parametrize(
    "line",
    [
        b"GET //[ HTTP/1.1",
        b"GET http://[::1/ HTTP/1.1",
        b"GET /v1/%00 HTTP/1.1",
        b"GET /v1/%ff%fe HTTP/1.1",
        b"GET /v1/../../etc/passwd HTTP/1.1",
        b"GET /v1/\xe6\x98\xa5 HTTP/1.1",
        b"CONNECT tenure:443 HTTP/1.1",
        b"PRI * HTTP/2.0",
        b"OPTIONS * HTTP/1.1",
        b"BREW /v1/pool HTTP/1.1",
        b"GET /v1/pool HTTP/9.9",
        b"\x16\x03\x01\x02\x00\x01",
    ],
)
def test_a_garbled_line_is_refused_and_closed(guests: Guests, line: bytes) -> None:
    with connected(guests) as connection:
        connection.sendall(line + b"\r\nHost: tenure\r\nConnection: close\r\n\r\n")
        told = told_until_the_end(connection)
    assert told == b"" or told.startswith(b"HTTP/1.1 4"), told
    assert_others_are_served(guests)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
        b"[" * 200_000,
        b'{"name": ' + b"9" * 200_000 + b"}",
        b'{"name": 1e999999999, "phone": -1e-999999999}',
        b'{"name": "\xff\xfe"}',
        b'{"name": "\\ud800"}',
        b'{"name": "x", "name": "y"}',
        b"\xef\xbb\xbf{}",
        b'{"name": NaN}',
        b"{" + b",".join(b'"k%d": 1' % number for number in range(20_000)) + b"}",
        json.dumps({"name": "x" * 200_000}).encode(),
    ],
    ids=[
        *("deep objects", "deep lists", "a huge number", "a huge exponent", "no UTF-8"),
        *("half a sign", "a name twice", "a mark of order", "not a number", "many names"),
        "a long text",
    ],
)
def test_a_body_that_is_built_to_hurt_is_refused(guests: Guests, body: bytes) -> None:
    before = guests.log_length()
    sent = {"Content-Type": "application/json"}
    answer = guests.send("POST", "/v1/customers", content=body, headers=sent)
    assert answer.status_code == 422, answer.text
    assert len(answer.content) < 16 * 1024, "an answer must not grow with what was sent"
    assert guests.log_length() == before


def test_of_a_member_that_is_named_twice_the_last_one_counts_everywhere(guests: Guests) -> None:
    company = guests.company()
    first = json.dumps(company)[:-1] + f', "name": "{guests.company()["name"]}"}}'
    last = json.loads(first)["name"]
    sent = {"Content-Type": "application/json"}
    answer = guests.send("POST", "/v1/customers", content=first.encode(), headers=sent)
    assert answer.status_code == 201, answer.text
    assert last != company["name"]
    customer = answer.json()["customer_id"]
    assert guests.get(f"/v1/customers/{customer}").json()["name"] == last


def test_thousands_of_parameters_are_answered_in_little(guests: Guests) -> None:
    query = "&".join(f"p{number}=1" for number in range(5_000))
    answer = guests.send("GET", f"/v1/customers?{query}")
    assert answer.status_code == 422
    assert len(answer.content) < 16 * 1024
    assert_others_are_served(guests)


def test_who_waits_for_what_will_never_be_holds_no_thread(guests: Guests) -> None:
    """A hundred that waited two seconds each would have every thread for many seconds."""
    ahead = {"Tenure-Min-Position": str(10**15)}
    spent = 0.0
    for _ in range(20):
        answer = guests.send("GET", "/v1/pool", headers=ahead)
        assert answer.status_code == 503
        spent += answer.elapsed.total_seconds()
    assert spent < 20 * WAIT_SECONDS_MAX / 2
