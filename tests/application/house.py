"""A house of members around a real application, and a clock that the test sets."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import eventstore
from domain.application import Tenure
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
    "zhao": "reviewer",
    "qian": "reviewer",
    "wu": "auditor",
    "root": "administrator",
}


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
            self.tenure.add_member(
                Order(CONSOLE), member=member, name=member, roles=[role], department="一部"
            )
            issued = self.tenure.issue_token(Order(CONSOLE), member)
            self.credentials[member] = credentials_of(issued.extra["token"])

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
