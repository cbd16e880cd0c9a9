"""A contract on its way: drawn, detailed step by step, signed, confirmed (S1-056 to S1-061)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal

Step = Literal["type", "signed_on", "payment_method", "buyer", "products", "promises"]
STEPS: Final[tuple[Step, ...]] = (
    "type",
    "signed_on",
    "payment_method",
    "buyer",
    "products",
    "promises",
)
"""What follows the draw, in the order of S1-056; the confirmation comes last."""
ADDED_TO: Final = frozenset(("products", "promises"))
"""Steps that may be repeated while they are the last one: each time adds (S1-056, S1-061)."""
Status = Literal["open", "confirmed", "voided", "dropped"]
State = Literal["drawn", "signed", "confirmed", "voided", "dropped", "expired"]


@dataclass(frozen=True, slots=True)
class Product:
    """One product of a contract (S1-058). price: yuan for one piece; None: not stated."""

    name: str
    quantity: int
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract of a customer as far as it has come.

    drawn_by, signed_by: the holders who drew and signed it. expires_at: from this instant on a
    drawn one can be signed no more. step: the last step taken; None after the draw. status:
    `dropped` where the protection ended before the confirmation.
    """

    number: str
    drawn_by: str
    drawn_at: datetime
    expires_at: datetime
    step: Step | None = None
    type: str | None = None
    signed_on: date | None = None
    signed_at: datetime | None = None
    signed_by: str | None = None
    payment_method: str | None = None
    buyer: str | None = None
    products: tuple[Product, ...] = ()
    promises: tuple[str, ...] = ()
    status: Status = "open"

    @property
    def next_steps(self) -> tuple[Step, ...]:
        """The steps that may be taken now; none once it is closed."""
        if self.status != "open":
            return ()
        if self.step is None:
            return STEPS[:1]
        following = STEPS.index(self.step) + 1
        return STEPS[following - (self.step in ADDED_TO) : following + 1]

    @property
    def is_complete(self) -> bool:
        """True once every step was taken: only then can it be confirmed (S1-060)."""
        return self.step == STEPS[-1]

    @property
    def is_signed(self) -> bool:
        """True once the signature was recorded."""
        return self.signed_at is not None

    def has_expired(self, at: datetime) -> bool:
        """True where it was drawn and not signed in time."""
        return self.status == "open" and not self.is_signed and self.expires_at <= at

    def state(self, at: datetime) -> State:
        """How far it is at `at`."""
        if self.status != "open":
            return self.status
        if self.has_expired(at):
            return "expired"
        return "signed" if self.is_signed else "drawn"

    def is_open(self, at: datetime) -> bool:
        """True while steps may be taken."""
        return self.status == "open" and not self.has_expired(at)

    def gives_its_number_back(self, at: datetime) -> bool:
        """True where nobody ever signed it and nobody can: the number may be drawn again."""
        return not self.is_signed and not self.is_open(at)


Contracts = Mapping[str, Contract]


def dropped(contracts: Contracts) -> dict[str, Contract]:
    """What the end of a protection makes of its contracts: none that was open can be confirmed."""
    return {
        number: replace(contract, status="dropped") if contract.status == "open" else contract
        for number, contract in contracts.items()
    }
