"""Commands on contracts: draw, fill in and sign, confirm, void (S1-054 to S1-061)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from domain.commands.claims import reason_problems
from domain.commands.parties import require_no_part
from domain.commands.records import problems_of
from domain.contract import STEPS
from domain.customer import Customer
from domain.errors import FieldProblem, Invalid, NumberTaken
from domain.events.values import Product
from domain.identity import Identity
from domain.permissions import permitted
from domain.texts import line, prose
from domain.work import Decision, Work
from domain.working_days import ZONE

NUMBER_CHARACTERS_MAX: Final = 60
PRODUCTS_MAX: Final = 200
PROMISES_MAX: Final = 100
QUANTITY_MAX: Final = 10_000_000
PRICE_MAX: Final = Decimal("1e12")
TEXT_CHARACTERS_MAX: Final[Mapping[str, int]] = {"type": 60, "payment_method": 200, "buyer": 500}


@dataclass(frozen=True, slots=True)
class DrawContract:
    """Draw a contract in advance, by a number that no other contract has (S1-057)."""

    customer_id: UUID
    number: str
    name: str = field(default="draw-contract", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        line("number", self.number, characters_max=NUMBER_CHARACTERS_MAX)

    def streams(self) -> Iterable[UUID]:
        return (Identity.id_of("contract", number_key(self.number)),)

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        customer.require_drawing(work.actor, work.at, work.rules)
        number = normalised_number(self.number)
        left = self._number_given_back(work, customer)
        customer.draw_contract(member=work.actor, number=number, at=work.at, rules=work.rules)
        identity = work.identity("contract", number_key(number))
        if identity is None:
            identity = work.stand_behind("contract", number_key(number), customer.id)
        else:
            for other in left:
                identity.release(customer=other, actor=work.actor, at=work.at)
            identity.share(customer=customer.id, actor=work.actor, at=work.at)
        return Decision((customer, identity), {"number": number})

    def _number_given_back(self, work: Work, customer: Customer) -> list[UUID]:
        """Other customers whose contract had the number and gave it back. Raises NumberTaken."""
        key = number_key(self.number)
        others = work.behind("contract", key, but=customer.id)
        work.read(others)
        for found in (customer, *(work.other_customer(other) for other in others)):
            contracts = found.contracts.values() if found is not None else ()
            for contract in contracts:
                if number_key(contract.number) == key and not contract.gives_its_number_back(
                    work.at
                ):
                    raise NumberTaken(customer.id, self.number)
        return others

    def asserted(self) -> dict[str, Any]:
        return {"number": self.number}


@dataclass(frozen=True, slots=True)
class DetailContract:
    """Take the next steps of a contract, in their order; `signed_on` is the signature (S1-056).

    steps: what is filled in, by step: texts; a date for `signed_on`; products for `products`; a
    list of texts for `promises`, empty where nothing was promised.
    """

    customer_id: UUID
    number: str
    steps: Mapping[str, Any]
    name: str = field(default="detail-contract", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        found = []
        if not self.steps:
            found.append(FieldProblem("", "empty", "没有填写任何步骤", "fills in nothing"))
        found += [
            FieldProblem(step, "unknown", "没有这个步骤", "is no step of a contract")
            for step in self.steps
            if step not in STEPS
        ]
        for step, characters_max in TEXT_CHARACTERS_MAX.items():
            if step in self.steps:
                found += problems_of(line, step, self.steps[step], characters_max=characters_max)
        found += _product_problems(self.steps.get("products"))
        found += _promise_problems(self.steps.get("promises"))
        if found:
            raise Invalid(*found)

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        number = normalised_number(self.number)
        customer.contract(number)
        for step in STEPS:
            if step in self.steps:
                self._take(work, customer, number, step)
        return Decision((customer,), {"number": number})

    def _take(self, work: Work, customer: Customer, number: str, step: Any) -> None:
        given = self.steps[step]
        if step == "signed_on":
            customer.require_step(work.actor, number, step, work.at, work.rules)
            customer.sign_contract(
                member=work.actor,
                number=number,
                signed_on=_checked_date(given, work.at),
                at=work.at,
                rules=work.rules,
                rules_of=work.rulebook.rules_of,
            )
            return
        customer.require_step(work.actor, number, step, work.at, work.rules)
        text = given.strip() if isinstance(given, str) else None
        if step == "type":
            _require_known_type(text, work.rules.contracts.types)
        customer.fill_in_contract(
            member=work.actor,
            number=number,
            step=step,
            at=work.at,
            rules=work.rules,
            text=text,
            products=given if step == "products" else None,
            promises=[promise.strip() for promise in given] if step == "promises" else None,
        )

    def asserted(self) -> dict[str, Any]:
        told: dict[str, Any] = msgspec.to_builtins(dict(self.steps))
        return {"number": self.number, **told}


@dataclass(frozen=True, slots=True)
class ConfirmContract:
    """Confirm a complete contract: the customer is formal (S1-046, S1-060)."""

    customer_id: UUID
    number: str
    name: str = field(default="confirm-contract", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        """Nothing can be malformed."""

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        number = normalised_number(self.number)
        _, contract = customer.require_unconfirmed(number, work.at, work.rules)
        require_no_part(work, customer, contract.signed_by or contract.drawn_by)
        customer.confirm_contract(confirmer=work.actor, number=number, at=work.at, rules=work.rules)
        return Decision((customer,), {"number": number})

    def asserted(self) -> dict[str, Any]:
        return {"number": self.number}


@dataclass(frozen=True, slots=True)
class VoidContract:
    """Declare a contract void: the holder his open one, a confirmer any (A-32)."""

    customer_id: UUID
    number: str
    reason: str
    name: str = field(default="void-contract", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        found = reason_problems(self.reason)
        if found:
            raise Invalid(*found)

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        number = normalised_number(self.number)
        contract = customer.contract(number)
        held = customer.live_protection(work.at)
        decides = not work.signed.roles.isdisjoint(permitted("confirm-contract", work.rules))
        if decides and (held is None or held.holder != work.actor):
            require_no_part(work, customer, contract.signed_by or contract.drawn_by)
        customer.require_voidable(work.actor, number, work.at, work.rules, decides=decides)
        customer.void_contract(
            actor=work.actor,
            decides=decides,
            number=number,
            reason=self.reason.strip(),
            at=work.at,
            rules=work.rules,
            rules_of=work.rulebook.rules_of,
        )
        return Decision((customer,), {"number": number})

    def asserted(self) -> dict[str, Any]:
        return {"number": self.number, "reason": self.reason}


def normalised_number(typed: str) -> str:
    """A contract number as it is kept: full-width signs made plain, no space around."""
    return unicodedata.normalize("NFKC", typed).strip()


def number_key(typed: str) -> str:
    """What makes two numbers the same: letters whatever their case, no spaces."""
    return "".join(normalised_number(typed).upper().split())


def _require_known_type(typed: str | None, types: Iterable[str]) -> None:
    """S1-059: the type is chosen from the rulebook's list. Raises Invalid."""
    known = list(types)
    if typed not in known:
        listed = "、".join(known)
        raise Invalid.field(
            "type", "unknown", zh=f"须为以下之一：{listed}", en=f"must be one of {listed}"
        )


def _checked_date(signed_on: date, at: datetime) -> date:
    """A signature is not dated in the future, in Asia/Shanghai. Raises Invalid."""
    if signed_on > at.astimezone(ZoneInfo(ZONE)).date():
        raise Invalid.field(
            "signed_on", "in-the-future", zh="不能晚于今天", en="must not lie in the future"
        )
    return signed_on


def _product_problems(products: Iterable[Product] | None) -> list[FieldProblem]:
    """S1-058: one product or more, each with its name and quantity."""
    if products is None:
        return []
    given = list(products)
    if not 1 <= len(given) <= PRODUCTS_MAX:
        return [
            FieldProblem(
                "products",
                "count",
                f"须有 1 至 {PRODUCTS_MAX} 项产品",
                f"must be 1 to {PRODUCTS_MAX} products",
            )
        ]
    found = []
    for index, product in enumerate(given):
        at_field = f"products.{index}"
        found += problems_of(line, f"{at_field}.name", product.name, characters_max=200)
        if not 1 <= product.quantity <= QUANTITY_MAX:
            found.append(
                FieldProblem(
                    f"{at_field}.quantity",
                    "out-of-range",
                    f"须为 1 至 {QUANTITY_MAX}",
                    f"must be from 1 to {QUANTITY_MAX}",
                )
            )
        if product.price is not None and not _is_price(product.price):
            found.append(
                FieldProblem(
                    f"{at_field}.price",
                    "out-of-range",
                    "须为不小于零的金额，最多两位小数",
                    "must be an amount of zero or more, with two decimals at most",
                )
            )
    return found


def _is_price(price: Decimal) -> bool:
    if not price.is_finite():
        return False
    exponent = price.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -2 and 0 <= price <= PRICE_MAX


def _promise_problems(promises: Iterable[str] | None) -> list[FieldProblem]:
    """S1-061: each promise is written out; an empty list says that there is none."""
    if promises is None:
        return []
    given = list(promises)
    if len(given) > PROMISES_MAX:
        return [
            FieldProblem(
                "promises", "count", f"最多 {PROMISES_MAX} 条", f"must be at most {PROMISES_MAX}"
            )
        ]
    found: list[FieldProblem] = []
    for index, promise in enumerate(given):
        found += problems_of(prose, f"promises.{index}", promise, characters_max=2000)
    return found
