"""A house of members around a real application, and a clock that the test sets."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import eventstore
from domain.application import Tenure
from domain.errors import Refused
from domain.events.values import Product
from domain.orders import CONSOLE, ContactInput, Credentials, FollowUpInput, Order, Receipt
from domain.sealing import Sealer
from eventstore.connections import Database

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
CONTACT = ContactInput("张伟", "采购经理", "13800138000")
MEMBERS = {
    "li": "seller",
    "chen": "seller",
    "wang": "manager",
    "gao": "manager",
    "dong": "director",
    "he": "finance",
    "zhao": "reviewer",
    "qian": "reviewer",
    "xu": "after-sales",
    "feng": "after-sales",
    "lin": "after-sales-manager",
    "wu": "auditor",
    "root": "administrator",
}
FILLED_IN: dict[str, Any] = {
    "type": "招聘网虚拟合同",
    "signed_on": date(2026, 3, 2),
    "payment_method": "银行转账",
    "buyer": "靖江市春意空调有限公司",
    "products": [Product("招聘套餐", 2, Decimal("1999.90"))],
    "promises": ["赠送一个月"],
}
"""Every step of a contract."""


@dataclass
class Clock:
    """The instant of everything until the test sets another."""

    at: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.at


@dataclass
class House:
    """Members with tokens, and commands in a test's words."""

    tenure: Tenure
    database: Database
    clock: Clock
    credentials: dict[str, Credentials] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))

    def order(self, member: str, **conditions: Any) -> Order:
        return Order(self.credentials[member], **conditions)

    def move_in(self, members: dict[str, str] = MEMBERS) -> None:
        for member, role in members.items():
            self.hire(role, name=member)

    def hire(self, *roles: str, name: str | None = None) -> str:
        """Somebody new with these roles, for a test that changes or dismisses him."""
        member = f"m{next(self.numbers)}" if name is None else name
        self.tenure.add_member(
            Order(CONSOLE), member=member, name=member, roles=list(roles), department="一部"
        )
        issued = self.tenure.issue_token(Order(CONSOLE), member)
        self.credentials[member] = credentials_of(issued.extra["token"])
        return member

    def register(self, member: str = "li", name: str | None = None, **changes: Any) -> UUID:
        number = next(self.numbers)
        values = {
            "name": f"靖江市{trade_name(number)}空调有限公司" if name is None else name,
            "address": f"靖江市人民路{number}号",
            "industry": "空调",
            "phone": f"0523-{80000000 + number}",
            "introduction": "主营空调",
        }
        receipt = self.tenure.register(self.order(member), **{**values, **changes})
        assert receipt.customer_id is not None
        return receipt.customer_id

    def claim(self, member: str, customer_id: UUID, **conditions: Any) -> Receipt:
        """Claim with a contact and a follow-up, as every claim may."""
        return self.tenure.claim(
            self.order(member, **conditions),
            customer_id,
            contact=CONTACT,
            follow_up=self.note(),
        )

    def note(self, text: str = "有意向，下周再联系") -> FollowUpInput:
        return FollowUpInput("phone", text, self.clock.at + 7 * DAY)

    def pass_review(self, member: str, customer_id: UUID, **more: Any) -> Receipt:
        return self.tenure.review(
            self.order(member), customer_id, decision="pass", reason=None, **more
        )

    def refuse_review(self, member: str, customer_id: UUID) -> Receipt:
        return self.tenure.review(
            self.order(member), customer_id, decision="refuse", reason="电话有误"
        )

    def potential(self, member: str = "li", **conditions: Any) -> UUID:
        """A customer that `member` holds as potential from now on."""
        customer_id = self.register(member)
        self.claim(member, customer_id)
        self.pass_review("zhao", customer_id)
        return customer_id

    def ask_intent(self, member: str, customer_id: UUID, **conditions: Any) -> Receipt:
        return self.tenure.request_intent(
            self.order(member, **conditions), customer_id, reason="已报价，客户有意签约"
        )

    def ask_extension(self, member: str, customer_id: UUID, **conditions: Any) -> Receipt:
        return self.tenure.request_extension(
            self.order(member, **conditions), customer_id, reason="客户月底开会决定"
        )

    def decide_intent(
        self, member: str, customer_id: UUID, decision: str = "grant", **conditions: Any
    ) -> Receipt:
        return self.tenure.decide_intent(
            self.order(member, **conditions), customer_id, decision=decision, reason="已核实"
        )

    def decide_extension(
        self, member: str, customer_id: UUID, decision: str = "grant", **conditions: Any
    ) -> Receipt:
        return self.tenure.decide_extension(
            self.order(member, **conditions), customer_id, decision=decision, reason="已核实"
        )

    def intent(self, member: str = "li") -> UUID:
        """A customer that `member` holds as intent from now on."""
        customer_id = self.potential(member)
        self.ask_intent(member, customer_id)
        self.decide_intent("wang", customer_id)
        return customer_id

    def contract_number(self) -> str:
        """A number that no other contract has."""
        return f"HT-{next(self.numbers)}"

    def draw(self, member: str, customer_id: UUID, number: str, **conditions: Any) -> Receipt:
        return self.tenure.draw_contract(
            self.order(member, **conditions), customer_id, number=number
        )

    def fill_in(
        self, member: str, customer_id: UUID, number: str, *steps: str, **conditions: Any
    ) -> Receipt:
        """Some steps of a contract in one act; all of them where none is named."""
        return self.tenure.detail_contract(
            self.order(member, **conditions),
            customer_id,
            number,
            steps={step: FILLED_IN[step] for step in steps or FILLED_IN},
        )

    def complete(self, member: str, customer_id: UUID) -> str:
        """The number of a contract that waits for nothing but its confirmation."""
        number = self.contract_number()
        self.draw(member, customer_id, number)
        self.fill_in(member, customer_id, number)
        return number

    def formal(self, member: str = "li") -> UUID:
        """A formal customer whose contract `member` signed; the group of after-sales has it."""
        customer_id = self.intent(member)
        number = self.complete(member, customer_id)
        self.tenure.confirm_contract(self.order("he"), customer_id, number)
        return customer_id

    def name_person(self, customer_id: UUID, to: str = "xu", **conditions: Any) -> Receipt:
        return self.tenure.name_after_sales(self.order("lin", **conditions), customer_id, to=to)

    def transfer(self, member: str, customer_id: UUID, to: str, **conditions: Any) -> Receipt:
        return self.tenure.transfer(
            self.order(member, **conditions), customer_id, to=to, reason="区域调整"
        )

    def report(self, member: str, customer_id: UUID, of: UUID, **conditions: Any) -> int:
        """The number of a report that one record doubles another."""
        receipt = self.tenure.report_duplicate(
            self.order(member, **conditions), customer_id, of=of, statement="同一税号"
        )
        number = receipt.extra["report"]
        assert isinstance(number, int)
        return number

    def resolve(
        self,
        member: str,
        customer_id: UUID,
        resolution: str,
        number: int = 1,
        **conditions: Any,
    ) -> Receipt:
        return self.tenure.resolve_duplicate(
            self.order(member, **conditions),
            customer_id,
            number,
            resolution=resolution,
            reason="已核对营业执照",
        )

    def merge(self, customer_id: UUID, into: UUID) -> Receipt:
        """Reported and merged."""
        number = self.report("wu", customer_id, into)
        return self.resolve("zhao", customer_id, "merge", number)

    def leave(
        self,
        member: str,
        *held: UUID,
        leaves_at: datetime | None = None,
        hand_over: Sequence[tuple[UUID, str]] = (),
        by: str = "wang",
        **conditions: Any,
    ) -> Receipt:
        return self.tenure.arrange_leave(
            self.order(by, **conditions),
            member,
            leaves_at=leaves_at,
            hand_over=hand_over,
            reason="离职",
            held=held,
        )

    def rule_of(self, command: Callable[[], object]) -> str:
        """The rule that forbids a command."""
        try:
            command()
        except Refused as refused:
            return refused.slug
        return "none"

    def topics(self, customer_id: UUID) -> list[str]:
        """Topics on the customer's own stream."""
        return self.column(
            "SELECT topic FROM tenure.events WHERE originator_id = %s ORDER BY position",
            customer_id,
        )

    def refusals(self, customer_id: UUID) -> list[dict[str, Any]]:
        """States of the refusals about a customer."""
        return self.column(
            "SELECT convert_from(state, 'UTF8')::jsonb FROM tenure.events"
            " WHERE topic = 'refusal.recorded'"
            " AND convert_from(state, 'UTF8')::jsonb ->> 'customer_id' = %s ORDER BY position",
            str(customer_id),
        )

    def column(self, query: str, *values: object) -> list[Any]:
        with self.database.autocommit() as cursor:
            cursor.execute(query, values)
            return [row[0] for row in cursor.fetchall()]


def credentials_of(token: str) -> Credentials:
    _, member, secret = token.split(".")
    return Credentials(member, hashlib.sha256(secret.encode()).hexdigest())


def trade_name(number: int) -> str:
    """A trade name that no other number has and that resembles no region."""
    signs: Sequence[str] = "鑫磊淼焱垚犇骉羴"
    digits = [signs[number // 8**place % 8] for place in range(4)]
    return "".join(digits)


def a_house(database: Database, clock: Clock) -> House:
    sealer = Sealer(b"k" * 32, b"h" * 32, random=os.urandom)
    tenure = Tenure(eventstore.Factory.with_database(database), sealer)
    tenure.open_log()
    return House(tenure, database, clock)
