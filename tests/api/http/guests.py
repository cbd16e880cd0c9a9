"""A real server for tests, its members with tokens, and requests in a test's words."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from api.app import create_app
from api.composition import Service, open_service
from api.serving import server_config
from api.settings import Settings
from domain.orders import CONSOLE, Order
from tests.api.http.contract import Contract
from tests.waiting import wait_until

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
CONTACT = {"name": "张伟", "position": "采购经理", "phone": "13800138000"}
MEMBERS = {
    "li": "seller",
    "chen": "seller",
    "wang": "manager",
    "zhao": "reviewer",
    "qian": "reviewer",
    "wu": "auditor",
    "root": "administrator",
    "shen": "director",
    "feng": "finance",
    "han": "after-sales",
    "jiang": "after-sales-manager",
}
PRODUCT = {"name": "招聘会员一年", "quantity": 2, "price": "5800.00"}
STEPS = {
    "type": "招聘网虚拟合同",
    "signed_on": "2026-03-02",
    "payment_method": "银行转账",
    "buyer": "靖江市某公司，税号 91321282MA01A2B3C4",
    "products": [PRODUCT],
    "promises": ["赠送职位置顶三天"],
}
"""Every step of a contract after its draw."""
NO_LIMITS: Mapping[str, Any] = {
    "sign_ins_per_minute": 0,
    "member_requests_per_minute": 0,
    "client_requests_per_minute": 0,
}
_SIGNS = "鑫磊淼焱垚犇骉羴"


@dataclass
class Guests:
    """Members who call a server. clock: the file that tells it the time. contract: what it says
    that it answers."""

    service: Service
    client: httpx.Client
    clock: Path
    contract: Contract
    tokens: dict[str, str] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.clock.read_text())

    def at(self, instant: datetime) -> None:
        """Set the clock."""
        unfinished = self.clock.with_suffix(".unfinished")
        unfinished.write_text(instant.isoformat())
        unfinished.replace(self.clock)

    def move_in(self, members: Mapping[str, str] = MEMBERS) -> None:
        application = self.service.application
        for member, role in members.items():
            application.add_member(
                Order(CONSOLE), member=member, name=member, roles=[role], department="一部"
            )
            issued = application.issue_token(Order(CONSOLE), member)
            self.tokens[member] = issued.extra["token"]

    def place(self, department: str, under: str = "一部") -> None:
        """Put a department under another: where everybody of MEMBERS is, and so its manager."""
        answer = self.send("PUT", f"/v1/departments/{department}", "root", json={"parent": under})
        assert answer.status_code == 200, answer.text

    def send(
        self,
        method: str,
        path: str,
        member: str | None = "li",
        *,
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> httpx.Response:
        """A request of `member`, or of nobody."""
        named = dict(headers or {})
        if member is not None:
            named["Authorization"] = f"Bearer {self.tokens[member]}"
        answer = self.client.request(method, path, headers=named, **request)
        self.contract.check(answer)
        return answer

    def post(self, path: str, body: Any, member: str = "li", **headers: str) -> httpx.Response:
        return self.send("POST", path, member, json=body, headers=_dashed(headers))

    def patch(self, path: str, body: Any, member: str = "li", **headers: str) -> httpx.Response:
        return self.send("PATCH", path, member, json=body, headers=_dashed(headers))

    def get(self, path: str, member: str = "li", **parameters: Any) -> httpx.Response:
        """A query that waits for everything written so far."""
        position = str(self.settled())
        return self.send(
            "GET",
            path,
            member,
            params=parameters or None,
            headers={"Tenure-Min-Position": position},
        )

    def settled(self) -> int:
        return self.service.application.recorder.settled_position()

    def company(self, **changes: Any) -> dict[str, Any]:
        """The body of a registration that collides with no other."""
        number = next(self.numbers)
        return {
            "name": f"靖江市{trade_name(number)}空调有限公司",
            "address": f"靖江市人民路{number}号",
            "industry": "空调",
            "phone": f"0523-{80000000 + number}",
            "introduction": "主营空调",
            **changes,
        }

    def register(self, member: str = "li", **changes: Any) -> str:
        """The id of a new customer."""
        answer = self.post("/v1/customers", self.company(**changes), member)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["customer_id"])

    def claim(self, customer: str, member: str = "li", **headers: str) -> httpx.Response:
        """Claim with a contact and a follow-up, as every claim may."""
        return self.post(
            f"/v1/customers/{customer}/claim",
            {"contact": CONTACT, "follow_up": self.follow_up()},
            member,
            **headers,
        )

    def follow_up(self, note: str = "有意向，下周再联系") -> dict[str, Any]:
        later = (self.now + 7 * DAY).isoformat()
        return {"channel": "phone", "note": note, "next_contact_at": later}

    def review(
        self, customer: str, decision: str = "pass", member: str = "zhao", **more: Any
    ) -> httpx.Response:
        body = {"decision": decision, **more}
        return self.post(f"/v1/customers/{customer}/review", body, member)

    def potential(self, member: str = "li") -> str:
        """A customer that `member` holds as potential from now on."""
        customer = self.register(member)
        assert self.claim(customer, member).status_code == 201
        assert self.review(customer).status_code == 200
        return customer

    def apply(self, customer: str, kind: str = "intent", member: str = "li") -> httpx.Response:
        """Apply for `intent`, or for an `extension`."""
        return self.post(f"/v1/customers/{customer}/{kind}", {"reason": "客户已确认预算"}, member)

    def decide(
        self,
        customer: str,
        kind: str = "intent",
        decision: str = "grant",
        member: str = "wang",
        **more: Any,
    ) -> httpx.Response:
        body = {"decision": decision, **more}
        return self.post(f"/v1/customers/{customer}/{kind}/decision", body, member)

    def intent(self, member: str = "li") -> str:
        """A customer that `member` holds as intent from now on."""
        customer = self.potential(member)
        assert self.apply(customer, member=member).status_code == 201
        assert self.decide(customer).status_code == 200
        return customer

    def draw(self, customer: str, member: str = "li", **body: Any) -> httpx.Response:
        body = body or {"number": f"HT-{next(self.numbers)}"}
        return self.post(f"/v1/customers/{customer}/contracts", body, member)

    def write_contract(self, customer: str, member: str = "li", **steps: Any) -> str:
        """The number of a new contract of which these steps were taken; without any: all."""
        number = str(self.draw(customer, member).json()["number"])
        path = f"/v1/customers/{customer}/contracts/{number}"
        answer = self.patch(path, steps or STEPS, member)
        assert answer.status_code == 200, answer.text
        return number

    def confirm(self, customer: str, number: str, member: str = "feng") -> httpx.Response:
        return self.post(f"/v1/customers/{customer}/contracts/{number}/confirm", {}, member)

    def formal(self, member: str = "li") -> str:
        """A formal customer that `member` signed, held by after-sales as a group."""
        customer = self.intent(member)
        assert self.confirm(customer, self.write_contract(customer, member)).status_code == 200
        return customer

    def events(self, customer: str, member: str = "wu") -> list[dict[str, Any]]:
        """The whole history of a customer."""
        answer = self.get(f"/v1/customers/{customer}/history", member, limit=500)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def topics(self, customer: str) -> list[str]:
        return [event["topic"] for event in self.events(customer)]

    def log_length(self) -> int:
        """How many events there are at all."""
        with self.service.database.autocommit() as cursor:
            cursor.execute("SELECT count(*) FROM tenure.events")
            return int(cursor.fetchone()[0])


def trade_name(number: int) -> str:
    """A trade name of six signs that no other number has and that resembles no region."""
    return "".join(_SIGNS[number // 8**place % 8] for place in range(6))


def assert_problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The problem that `answer` is, of this kind."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"/problems/{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


def invalid_fields(answer: httpx.Response) -> dict[str, str]:
    """Field and code of each entry of an `invalid` problem."""
    problem = assert_problem(answer, 422, "invalid")
    return {entry["field"]: entry["code"] for entry in problem["invalid"]}


def settings_for(database_url: str, clock: Path | None, **changes: Any) -> Settings:
    """Settings of a test's server; nothing of the environment, and no limit that hurries meet."""
    return Settings(
        **NO_LIMITS | changes,
        _env_file=None,
        database=database_url,
        test_clock=clock,
        key=os.urandom(32).hex(),
        hash_key=os.urandom(32).hex(),
    )


@contextmanager
def served(settings: Settings) -> Iterator[tuple[Service, str]]:
    """A service behind uvicorn on a free port, its views followed beside it."""
    service = open_service(settings)
    stop = threading.Event()
    views = threading.Thread(target=service.engine.run, args=(stop,), name="views")
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    server = uvicorn.Server(server_config(create_app(service), settings))
    serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server")
    views.start()
    serving.start()
    try:
        wait_until(lambda: server.started, what="the server")
        yield service, f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        stop.set()
        serving.join()
        views.join()
        listener.close()
        service.close()


def _dashed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
