"""What the running service writes and counts holds nothing that was typed or that opens anything.

Everything is sent through every kind of request: good, refused, malformed, unknown, too large,
through forms, addresses and headers, and while the database fails in the middle of it.
"""

from __future__ import annotations

import re
import signal
import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import psycopg2

from api.security import COOKIE, CSRF, DEVICE_COOKIE
from tests.end_to_end.conftest import KEYS
from tests.end_to_end.installed import House, Server, company

NAME, PHONE, LANDLINE = "欧阳琉璃", "13987654321", "0512-68887777"
NOTE, REASON, WORDS = "她下周三生日要送花", "对方老板欠款未还清", "琉璃瓦的秘密"
PASSWORD, WRONG = "nine purple herons", "ten purple herons"
HEADER, MARK = "x-canary-in-a-header", "x-canary-in-an-address"
PERSONAL = {
    "name": NAME,
    "phone": PHONE,
    "landline": LANDLINE,
    "note": NOTE,
    "reason": REASON,
    "words": WORDS,
    "password": PASSWORD,
    "wrong password": WRONG,
    "header": HEADER,
    "address": MARK,
}
RECORD = "access.{}(timestamptz[], text[], text[], uuid[], bytea[], integer[], uuid[], integer[])"
JSON = {"Content-Type": "application/json"}
BROKEN = {
    "the access log": (
        f"ALTER FUNCTION {RECORD.format('record')} RENAME TO away",
        f"ALTER FUNCTION {RECORD.format('away')} RENAME TO record",
    ),
    "names": (
        "ALTER TABLE views.customer_names RENAME COLUMN name_key TO away",
        "ALTER TABLE views.customer_names RENAME COLUMN away TO name_key",
    ),
    "the log": (
        "ALTER TABLE tenure.events ADD CONSTRAINT nothing_more CHECK (position < 0) NOT VALID",
        "ALTER TABLE tenure.events DROP CONSTRAINT nothing_more",
    ),
    "passwords": (
        "ALTER TABLE access.failed_sign_ins RENAME COLUMN failures TO away",
        "ALTER TABLE access.failed_sign_ins RENAME COLUMN away TO failures",
    ),
    # Of this one the database's message repeats what was asked. The last, for what is folded
    # meanwhile sets the view aside.
    "the pool": (
        "ALTER TABLE views.pool RENAME COLUMN industry TO away;"
        " ALTER TABLE views.pool ADD COLUMN industry integer",
        "ALTER TABLE views.pool DROP COLUMN industry;"
        " ALTER TABLE views.pool RENAME COLUMN away TO industry",
    ),
}
"""Ways in which the database fails, and how each is mended."""


def test_no_canary_is_in_the_services_log_or_metrics(kept_house: House) -> None:
    house = kept_house
    token = house.token("li", "seller")
    secrets = {"token": token.rpartition(".")[2], **KEYS}
    one_time = str(house.json("member", "password", "li")["password"])
    secrets["one-time password"] = one_time
    with house.serving() as server:
        with server.client(token) as client, server.client() as browser:
            secrets |= signed_in(browser, one_time)
            customer = good(client)
            bad(client, server, customer)
            typed(browser, secrets, customer)
            statuses = set()
            for breaking, mending in BROKEN.values():
                with failing(house, breaking, mending):
                    statuses |= set(while_failing(client, browser, secrets, customer))
            assert {500, 503} <= statuses, "the failures were met"
            metrics = client.get("/metrics").text
        server.process.send_signal(signal.SIGTERM)
        server.process.wait()
        assert server.process.stdout is not None
        server.lines += server.process.stdout.read().splitlines()
    log = "\n".join([*server.lines, *server.errors])
    assert '"route":"/v1/customers/{customer_id}/claim"' in log
    for told in ("storage failed", "access log not written", "SQLSTATE", "Traceback"):
        assert told in log, "what failed, and where, is told"
    assert "tenure_http_requests_total" in metrics
    found = [
        (what, where)
        for what, text in {**PERSONAL, **secrets}.items()
        for where, written in (("log", log), ("metrics", metrics))
        if any(form in written for form in forms(text))
    ]
    assert found == []


def forms(text: str) -> Iterator[str]:
    """A text as it may be written down: as it is, escaped, quoted for an address, as bytes."""
    yield text
    yield text.encode("unicode_escape").decode()
    yield quote(text)
    yield text.encode().hex()
    if text.encode() != text.encode("ascii", "ignore"):
        yield repr(text.encode())[2:-1]
    middle = b64encode(text.encode()).decode().rstrip("=")
    yield middle[:-1] if len(middle) > 8 else middle
    if text == PHONE:
        yield f"+86{text}"
    if text == LANDLINE:
        yield re.sub(r"\D", "", text)


def signed_in(browser: httpx.Client, one_time: str) -> dict[str, str]:
    """The secrets of a session that has begun."""
    body = {"member": "li", "password": one_time, "new_password": PASSWORD}
    answer = browser.post("/v1/sign-in", json=body)
    assert answer.status_code == 200, answer.text
    cookies = {
        name: value.partition(";")[0]
        for name, _, value in (
            cookie.partition("=") for cookie in answer.headers.get_list("set-cookie")
        )
    }
    browser.cookies.clear()
    browser.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return {
        "session": cookies[COOKIE],
        "device": cookies[DEVICE_COOKIE],
        "csrf": answer.json()["csrf_token"],
    }


def good(client: httpx.Client) -> str:
    """Everything personal in its place; the customer."""
    body = company(1, phone=LANDLINE, introduction=WORDS)
    answer = client.post("/v1/customers", json=body)
    assert answer.status_code == 201, answer.text
    customer = str(answer.json()["customer_id"])
    assert client.post(f"/v1/customers/{customer}/claim", json=claim()).status_code == 201
    for path in (f"/v1/customers/{customer}", "/v1/address-book"):
        assert client.get(path).status_code == 200
    for question in ({"name": NAME}, {"phone": PHONE}, {"name": f"{NAME} {PHONE}"}):
        assert client.get("/v1/collisions", params=question).status_code == 200
    for path in ("/v1/pool", "/v1/customers", "/v1/pool/export"):
        assert client.get(path, params={"name": WORDS, "region": NAME}).status_code == 200
    return customer


def claim() -> dict[str, Any]:
    contact = {"name": NAME, "position": "采购经理", "phone": PHONE}
    later = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    follow_up = {"channel": "phone", "note": NOTE, "next_contact_at": later}
    return {"contact": contact, "follow_up": follow_up}


def bad(client: httpx.Client, server: Server, customer: str) -> None:
    """Refused, malformed, unknown, too large, and what is no HTTP at all."""
    of = f"/v1/customers/{customer}"
    sent: list[tuple[int, httpx.Response]] = [
        (409, client.post(f"{of}/claim", json=claim())),
        (403, client.get("/v1/audit", params={"words": WORDS})),
        (403, client.post(f"{of}/review", json={"decision": "refuse", "reason": REASON})),
        (422, client.post("/v1/customers", json={"name": [NAME], PHONE: NOTE})),
        (422, client.post("/v1/customers", content=f'{{"phone": "{PHONE}"', headers=JSON)),
        (422, client.post(f"{of}/release", json={"reason": {"text": REASON}})),
        (422, client.get("/v1/collisions", params={"phone": f"{PHONE}x", "limit": NAME})),
        (422, client.get("/v1/pool", params={MARK: PHONE, "after": NAME})),
        (404, client.get(f"/v1/{MARK}/{PHONE}", params={"name": NAME})),
        (404, client.get(f"/{NAME}/{PHONE}", headers={"Accept": "text/html"})),
        (405, client.request("PURGE", "/v1/pool", params={"phone": PHONE})),
        (413, client.post("/v1/customers", json={"introduction": NOTE * 30_000})),
        (
            415,
            client.post("/v1/customers", content=NOTE.encode(), headers={"Content-Type": HEADER}),
        ),
        (401, client.get("/v1/pool", headers={"Authorization": f"Bearer {PASSWORD}"})),
        (401, client.get("/v1/pool", headers={"Authorization": f"Basic {HEADER}"})),
        (401, client.post("/v1/sign-in", json={"member": "li", "password": WRONG})),
        (401, client.post("/v1/sign-in", json={"member": PASSWORD, "password": WRONG})),
        (422, client.post("/v1/sign-in", json={"member": [PASSWORD], "password": {"is": WRONG}})),
        (422, client.post("/v1/customers", json={}, headers={"Idempotency-Key": HEADER * 40})),
    ]
    for name in ("User-Agent", "Referer", "X-Forwarded-For", "Origin", "Cookie", "X-Canary"):
        sent.append((200, client.get("/v1/pool", headers={name: f"{HEADER}={PHONE}"})))
    strange = [
        (status, answer.status_code, answer.text)
        for status, answer in sent
        if answer.status_code != status
    ]
    assert strange == []
    host, port = urlsplit(server.address).hostname, urlsplit(server.address).port
    for raw in (
        f"GET /v1/pool?phone={PHONE} HTTP/9.9\r\n{HEADER}\r\n\r\n",
        f"POST /v1/customers HTTP/1.1\r\nContent-Length: {PHONE}{PHONE}\r\n\r\n{NOTE}",
        f"GET / HTTP/1.1\r\n{HEADER}: {PHONE * 10_000}\r\n\r\n",
        f"{PASSWORD}\r\n\r\n",
    ):
        with socket.create_connection((host, port), timeout=30) as connection:
            connection.sendall(raw.encode())
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass


def typed(browser: httpx.Client, secrets: dict[str, str], customer: str) -> None:
    """The same through pages and forms."""
    html = {"Accept": "text/html"}
    for path in (
        f"/collisions?name={NAME}&phone={PHONE}",
        f"/pool?name={WORDS}&{MARK}={PHONE}",
        f"/customers/{customer}",
        f"/audit/access?member={NAME}",
    ):
        assert browser.get(path, headers=html).status_code in (200, 403, 422), path
    form = {"csrf_token": secrets["csrf"], "reason": REASON, "note": NOTE, "phone": PHONE}
    for path in ("/register", f"/customers/{customer}/actions/follow-up", "/sign-in"):
        for fields in (form, {**form, "csrf_token": WRONG}):
            answer = browser.post(path, data=fields, headers=html)
            assert 200 <= answer.status_code < 500, (path, answer.status_code)
    for csrf in (secrets["csrf"], WRONG):
        body = {"current": WRONG, "new": PASSWORD}
        assert browser.put("/v1/password", json=body, headers={CSRF: csrf}).status_code < 500


def while_failing(
    client: httpx.Client, browser: httpx.Client, secrets: dict[str, str], customer: str
) -> Iterator[int]:
    """The statuses of requests while the database fails in the middle of them."""
    yield client.get("/v1/collisions", params={"name": NAME, "phone": PHONE}).status_code
    yield client.get("/v1/pool", params={"name": WORDS, "industry": WORDS}).status_code
    yield client.get(f"/v1/customers/{customer}").status_code
    yield client.post(
        "/v1/customers", json=company(2, introduction=WORDS, phone=LANDLINE)
    ).status_code
    yield client.post(f"/v1/customers/{customer}/release", json={"reason": REASON}).status_code
    yield client.post("/v1/sign-in", json={"member": NAME, "password": WRONG}).status_code
    html = {"Accept": "text/html"}
    yield browser.get(f"/collisions?name={NAME}", headers=html).status_code
    form = {"csrf_token": secrets["csrf"], "reason": REASON, "phone": PHONE, "name": NAME}
    yield browser.post("/register", data=form, headers=html).status_code


@contextmanager
def failing(house: House, breaking: str, mending: str) -> Iterator[None]:
    """The database fails meanwhile."""
    url = house.environment["TENURE_DATABASE"]
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        connection.cursor().execute(breaking)
        try:
            yield
        finally:
            connection.cursor().execute(mending)
