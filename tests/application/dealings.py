"""Rules of the machine on contracts: drawn, filled in, signed, confirmed, voided."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from domain.errors import NumberTaken
from domain.events import Product
from tests.application.agreement import DEALING, Agreement, customers, holders
from tests.application.believed import is_taken
from tests.application.believed_parts import STEPS
from tests.application.house import MONDAY

CONFIRMERS = ("feng", "wang", "ma")
CONFIRMING = ("finance", "manager")
numbers = st.integers(0, 5)
FILLED_IN: dict[str, Any] = {
    "type": "其他合同",
    "signed_on": MONDAY.date(),
    "payment_method": "对公转账",
    "buyer": "靖江市春意空调有限公司",
    "products": [Product("网络招聘", 2, Decimal("1200.50"))],
    "promises": ["赠送一次培训"],
}


class Dealings(Agreement):
    """Draw, fill in, sign, confirm, void."""

    life: int

    @rule(customer=customers, actor=holders, which=numbers, in_capitals=st.booleans())
    def draw(self, customer: UUID, actor: str, which: int, in_capitals: bool) -> None:
        number = self.a_name(which)
        self.draw_named(customer, actor, number if in_capitals else number.lower())

    def draw_named(self, customer: UUID, actor: str, number: str) -> None:
        believed, member = self.believed[customer], self.member(customer, actor)
        verdict = believed.held_in(self.terms.contract_stages, member)
        if verdict is None and is_taken(number, self.believed, self.now):
            verdict = NumberTaken
        draw = partial(self.house.tenure.draw_contract, number=number)
        if self.send(member, customer, verdict, lambda o: draw(o, customer), roles=DEALING):
            believed.draw(member, number, self.now, self.terms)

    def a_name(self, which: int) -> str:
        return f"HT{self.life}-{which}"

    def a_number(self, customer: UUID, which: int) -> str:
        """One of the customer's, or, seldom, one that it has not."""
        known = [*self.believed[customer].papers]
        return known[which % len(known)] if known and which else self.a_name(9)

    @rule(
        customer=customers,
        actor=holders,
        which=numbers,
        steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=3, unique=True),
    )
    def fill_in_some(self, customer: UUID, actor: str, which: int, steps: list[str]) -> None:
        self.fill_in(customer, actor, self.a_number(customer, which), steps)

    def fill_in(self, customer: UUID, actor: str, number: str, steps: Iterable[str]) -> None:
        believed, member = self.believed[customer], self.member(customer, actor)
        told = {step: FILLED_IN[step] for step in steps}
        verdict = believed.may_fill_in(member, number, told, self.now, self.terms)
        is_filled_in = self.send(
            member,
            customer,
            verdict,
            lambda order: self.house.tenure.detail_contract(order, customer, number, steps=told),
            roles=DEALING,
            events=len(told),
        )
        if is_filled_in:
            believed.fill_in(member, number, told, self.now)

    @rule(customer=customers, actor=st.sampled_from(CONFIRMERS), which=numbers)
    def confirm_some(self, customer: UUID, actor: str, which: int) -> None:
        self.confirm(customer, actor, self.a_number(customer, which))

    def confirm(self, customer: UUID, actor: str, number: str) -> None:
        believed, member = self.believed[customer], self.person(actor)
        is_own = self.is_own_case(customer, member)
        verdict = believed.may_confirm(number, self.now, self.terms, is_own=is_own)
        confirm = partial(self.house.tenure.confirm_contract, number=number)
        if self.send(member, customer, verdict, lambda o: confirm(o, customer), roles=CONFIRMING):
            believed.confirm(number, self.now, self.terms)

    @rule(customer=customers, actor=st.one_of(holders, st.sampled_from(CONFIRMERS)), which=numbers)
    def void(self, customer: UUID, actor: str, which: int) -> None:
        believed, member = self.believed[customer], self.member(customer, actor)
        number = self.a_number(customer, which)
        confirms = not set(CONFIRMING).isdisjoint(self.roles_of(member))
        verdict = believed.may_void(
            member,
            number,
            self.now,
            self.terms,
            is_own=self.is_own_case(customer, member),
            confirms=confirms,
        )
        is_void = self.send(
            member,
            customer,
            verdict,
            lambda order: self.house.tenure.void_contract(order, customer, number, reason="作废"),
            roles=(*DEALING, "finance"),
        )
        if is_void:
            believed.recorded += believed.void(number, self.now)
