"""Given past events, when one command: the words in which the tests of the domain are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import msgspec

from domain.customer import Customer
from domain.events.customer import CustomerEvent
from domain.events.values import Contact, Product, Sealed
from domain.rulebook import default_text
from domain.rulebook_text import Rulebook, parse

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Nine o'clock in Shanghai, on an ordinary working day."""
RULES = parse(default_text())
NUMBER = "HT-2026-001"
PRODUCT = Product("招聘套餐", 2, Decimal("1999.90"))
FILLED_IN: dict[str, dict[str, Any]] = {
    "type": {"text": "招聘网虚拟合同"},
    "signed_on": {"signed_on": date(2026, 3, 2)},
    "payment_method": {"text": "银行转账"},
    "buyer": {"text": "靖江市春意空调有限公司，税号 1"},
    "products": {"products": [PRODUCT]},
    "promises": {"promises": ["赠送一个月"]},
}
"""What each step of a contract is filled in with, in the order of S1-056."""
STEPS = tuple(FILLED_IN)


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


def rules_by_version(*known: Rulebook) -> Callable[[str], Rulebook]:
    """`rules_of` where several versions were adopted."""
    return {version.version: version for version in known}.__getitem__


def ask_intent(
    customer: Customer,
    member: str = "li",
    at: datetime = MONDAY,
    of: Callable[[str], Rulebook] = rules_of,
) -> Customer:
    customer.request_intent(member=member, reason="已报价，客户有意签约", at=at, rules_of=of)
    return customer


def ask_extension(
    customer: Customer,
    member: str = "li",
    at: datetime = MONDAY,
    days: int | None = None,
    of: Callable[[str], Rulebook] = rules_of,
) -> Customer:
    customer.request_extension(
        member=member, reason="客户月底开会决定", days=days, at=at, rules_of=of
    )
    return customer


def intent(
    customer: Customer, member: str = "li", at: datetime = MONDAY, by: Rulebook = RULES
) -> Customer:
    """Potential, asked for and granted at one instant."""
    ask_intent(potential(customer, member, at, by), member, at, lambda _: by)
    customer.grant_intent(decider="sun", at=at, rules=by)
    return customer


def draw(
    customer: Customer,
    member: str = "li",
    at: datetime = MONDAY,
    by: Rulebook = RULES,
    number: str = NUMBER,
) -> Customer:
    customer.draw_contract(member=member, number=number, at=at, rules=by)
    return customer


def take_step(
    customer: Customer,
    step: Any,
    member: str = "li",
    at: datetime = MONDAY,
    by: Rulebook = RULES,
    number: str = NUMBER,
) -> Customer:
    filled_in = {"member": member, "number": number, "at": at, "rules": by, **FILLED_IN[step]}
    if step == "signed_on":
        customer.sign_contract(**filled_in, rules_of=lambda _: by)
    else:
        customer.fill_in_contract(step=step, **filled_in)
    return customer


def sign(
    customer: Customer,
    member: str = "li",
    at: datetime = MONDAY,
    by: Rulebook = RULES,
    number: str = NUMBER,
) -> Customer:
    """Drawn, given its type and signed at one instant."""
    draw(customer, member, at, by, number)
    take_step(customer, "type", member, at, by, number)
    return take_step(customer, "signed_on", member, at, by, number)


def complete(
    customer: Customer,
    member: str = "li",
    at: datetime = MONDAY,
    by: Rulebook = RULES,
    number: str = NUMBER,
) -> Customer:
    """Signed, and every further step taken: it waits for its confirmation."""
    sign(customer, member, at, by, number)
    for step in ("payment_method", "buyer", "products", "promises"):
        take_step(customer, step, member, at, by, number)
    return customer


def formal(
    customer: Customer,
    member: str = "li",
    at: datetime = MONDAY,
    by: Rulebook = RULES,
    number: str = NUMBER,
) -> Customer:
    """An intent customer whose contract was confirmed at the same instant."""
    complete(intent(customer, member, at, by), member, at, by, number)
    customer.confirm_contract(confirmer="he", number=number, at=at, rules=by)
    return customer


def name_person(customer: Customer, to: str = "xu", at: datetime = MONDAY) -> Customer:
    customer.name_after_sales(actor="lin", to=to, department="售后部", at=at, rules=RULES)
    return customer


def arrange(
    customer: Customer,
    leaves_at: datetime,
    to: str | None = None,
    at: datetime = MONDAY,
    actor: str = "sun",
) -> Customer:
    customer.arrange_hand_over(
        actor=actor,
        leaves_at=leaves_at,
        to=to,
        department="二部" if to is not None else None,
        reason="离职",
        at=at,
    )
    return customer


def fact(event: type[CustomerEvent], at: datetime, actor: str, **facts: Any) -> dict[str, Any]:
    """An event as `recorded` shows it."""
    return {"event": event, "at": at, "actor": actor, **facts}


def recorded(customer: Customer) -> list[dict[str, Any]]:
    """What was recorded since the last look, to the last field, less its place on the stream."""
    frame = ("originator_id", "originator_version", "originator_topic", "timestamp", "actor")
    return [
        fact(
            type(event),
            event.timestamp,
            event.actor,
            **{name: value for name, value in vars(event).items() if name not in frame},
        )
        for event in customer.collect_events()
    ]


def state_of(customer: Customer) -> dict[str, Any]:
    """Everything that a customer is, to compare it with another fold of the same events."""
    return {name: value for name, value in vars(customer).items() if name != "_pending_events"}


def replay_of(customer: Customer) -> Customer:
    """The customer again, from the events that nobody has looked at since it was registered."""
    again = a_customer(customer.created_on)
    again._id = customer.id
    again.phone_subject = customer.phone_subject
    for event in customer.collect_events():
        event.mutate(again)
    return again
