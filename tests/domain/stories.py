"""Given past events, when one command: the words in which the tests of the domain are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from domain.customer import Customer
from domain.events.customer import CustomerEvent
from domain.events.values import Contact, Sealed
from domain.rulebook import default_text
from domain.rulebook_text import Rulebook, parse

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Nine o'clock in Shanghai, on an ordinary working day."""
RULES = parse(default_text())


def rules(**changes: Any) -> Rulebook:
    """The default rulebook with other values, as `claims__corrections=0`."""
    changed = RULES
    for path, value in changes.items():
        table, _, name = path.rpartition("__")
        if table:
            inner = _with(getattr(changed, table), name, value)
            changed = _with(changed, table, inner)
        else:
            changed = _with(changed, name, value)
    return changed


def _with(value: Any, name: str, to: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(value, **{name: to})
    return replace(value, **{name: to})


def a_contact() -> Contact:
    contact_id = uuid4()
    return Contact(
        id=contact_id,
        position="经理",
        name=Sealed(contact_id, "bm8="),
        phone=Sealed(contact_id, "bm8="),
        phone_hash="0" * 64,
    )


def a_customer(at: datetime = MONDAY - 400 * DAY) -> Customer:
    """A company that nobody has claimed yet."""
    customer_id = uuid4()
    customer = Customer.register(
        customer_id,
        actor="wang",
        at=at,
        profile="enterprise",
        name="靖江市春意空调有限公司",
        name_key="靖江市春意空调有限公司",
        core="春意空调",
        names_version=1,
        address="靖江市人民路1号",
        industry="空调",
        phone=Sealed(customer_id, "bm8="),
        phone_hash="1" * 64,
        introduction="主营空调",
        contacts=[],
        collision=[],
        override_reason=None,
        warnings=[],
        rulebook=RULES.version,
    )
    customer.collect_events()
    return customer


def claimed(
    customer: Customer, member: str = "li", at: datetime = MONDAY, by: Rulebook = RULES
) -> Customer:
    customer.claim(
        member=member, department="一部", contact=a_contact(), collision=[], at=at, rules=by
    )
    return customer


def potential(
    customer: Customer, member: str = "li", at: datetime = MONDAY, by: Rulebook = RULES
) -> Customer:
    """Claimed and passed at one instant."""
    claimed(customer, member, at, by)
    if customer.state(at) == "waiting":
        customer.pass_review(reviewer="zhao", different_company=None, at=at, rules=by)
    return customer


def refused(
    customer: Customer, member: str = "li", at: datetime = MONDAY, by: Rulebook = RULES
) -> Customer:
    claimed(customer, member, at, by)
    customer.refuse_review(reviewer="zhao", reason="电话有误", at=at, rules=by)
    return customer


def follow_up(
    customer: Customer, member: str = "li", at: datetime = MONDAY, **changes: Any
) -> None:
    values: dict[str, Any] = {
        "channel": "phone",
        "note": "谈妥周五再联系",
        "next_contact_at": at + 3 * DAY,
        "contact_id": None,
        "contacted_at": None,
        "rules": RULES,
    }
    customer.follow_up(member=member, at=at, **{**values, **changes})


def rules_of(version: str) -> Rulebook:
    return RULES


def new_events(customer: Customer) -> Sequence[CustomerEvent]:
    """What was recorded since the last look."""
    return customer.collect_events()


def replayed(events: Sequence[CustomerEvent]) -> Customer:
    """A customer folded from events alone."""
    folded: Any = None
    for event in events:
        folded = event.mutate(folded)
    return folded


def an_id() -> UUID:
    return uuid4()
