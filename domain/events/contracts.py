"""Contracts: drawn, detailed, signed, confirmed, voided (S1-046, S1-054 to S1-061)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from domain.contract import Contract, Step
from domain.events.customer import CustomerEvent
from domain.events.values import Product, Stage
from domain.protection import AFTER_SALES, Protection


class ContractEvent(CustomerEvent):
    """A fact about one contract of the customer."""

    if TYPE_CHECKING:
        number: str

    def contract_after(self, before: Contract | None) -> Contract | None:
        """The contract that the fact leads to: aggregate and views both ask here."""
        return before

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        after = self.contract_after(aggregate.contracts.get(self.number))
        if after is not None:
            aggregate.contracts = {**aggregate.contracts, self.number: after}


class ContractDrawn(ContractEvent):
    """A contract was drawn in advance, by its number (S1-057).

    expires_at: from this instant on it can be signed no more, and its number is free again.
    """

    TOPIC = "customer.contract_drawn"

    holder: str
    stage: Stage
    number: str
    expires_at: datetime
    rulebook: str

    def contract_after(self, before: Contract | None) -> Contract | None:
        return Contract(self.number, self.holder, self.timestamp, self.expires_at)


class ContractDetailed(ContractEvent):
    """A step of a contract was filled in, in the fixed order (S1-056, S1-058, S1-061).

    step: which; the field of that name holds what was filled in, the others are None. `products`
    and `promises` add to those given before.
    """

    TOPIC = "customer.contract_detailed"

    holder: str
    number: str
    step: Step
    type: str | None = None
    payment_method: str | None = None
    buyer: str | None = None
    products: list[Product] | None = None
    promises: list[str] | None = None

    def contract_after(self, before: Contract | None) -> Contract | None:
        return before and replace(
            before,
            step=self.step,
            type=self.type if self.type is not None else before.type,
            payment_method=self.payment_method or before.payment_method,
            buyer=self.buyer or before.buyer,
            products=(*before.products, *(self.products or ())),
            promises=(*before.promises, *(self.promises or ())),
        )


class ContractSigned(ContractEvent):
    """A contract was signed (S1-054); signed_on: the date on it.

    What counts in time is the instant of this record. deadline: the one that stands; None for a
    formal customer. held_over_until: how long the signature keeps the protection alive if nobody
    confirms; None where it came too late for that, or nothing runs out. provisional: that rests on
    a calendar year not published yet.
    """

    TOPIC = "customer.contract_signed"

    holder: str
    number: str
    signed_on: date
    deadline: datetime | None
    held_over_until: datetime | None
    provisional: bool
    rulebook: str

    def protection_after(self, before: Protection | None) -> Protection | None:
        if before is None or self.held_over_until is None:
            return before
        return replace(
            before,
            signatures=(*before.signatures, self.number),
            held_over_until=self.held_over_until,
        )

    def contract_after(self, before: Contract | None) -> Contract | None:
        return before and replace(
            before,
            step="signed_on",
            signed_on=self.signed_on,
            signed_at=self.timestamp,
            signed_by=self.holder,
        )


class ContractConfirmed(ContractEvent):
    """Somebody else confirmed the contract: the customer is formal for good (S1-046, S1-060).

    holder: who signed it. group: who is responsible from now on; None where the customer was formal
    already (S1-048).
    """

    TOPIC = "customer.contract_confirmed"

    holder: str
    number: str
    group: str | None
    rulebook: str

    def protection_after(self, before: Protection | None) -> Protection | None:
        if before is None:
            return None
        if before.stage is Stage.FORMAL:
            return before.without_signature(self.number)
        return Protection(
            holder=None,
            stage=Stage.FORMAL,
            claimed_at=before.claimed_at,
            since=self.timestamp,
            in_force_since=before.in_force_since,
            until=None,
            review_due=None,
            corrections=before.corrections,
            rulebook=self.rulebook,
            group=self.group or AFTER_SALES,
        )

    def contract_after(self, before: Contract | None) -> Contract | None:
        return before and replace(before, status="confirmed")

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        if self.holder not in aggregate.signers:
            aggregate.signers = (*aggregate.signers, self.holder)


class ContractVoided(ContractEvent):
    """A contract is void, with the reason; a formal customer stays formal (A-32)."""

    TOPIC = "customer.contract_voided"

    number: str
    reason: str
    rulebook: str

    def protection_after(self, before: Protection | None) -> Protection | None:
        return before and before.without_signature(self.number)

    def contract_after(self, before: Contract | None) -> Contract | None:
        return before and replace(before, status="voided")
