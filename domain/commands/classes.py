"""The command that puts a customer into a class (S4-37)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from domain.commands.claims import reason_problems
from domain.errors import FieldProblem, Invalid
from domain.events.values import CLASSES, CustomerClass
from domain.work import Decision, Work


@dataclass(frozen=True, slots=True)
class Classify:
    """Put a customer into a class, or into none (S4-37; A-37). reason: why, in writing."""

    customer_id: UUID
    new: str | None
    reason: str
    name: str = field(default="classify", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        found = reason_problems(self.reason)
        if self.new is not None and self.new not in CLASSES:
            known = "A, B, C"
            found.append(
                FieldProblem("class", "unknown", f"须为 {known} 之一", f"must be one of {known}")
            )
        if found:
            raise Invalid(*found)

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        customer.classify(
            cast(CustomerClass | None, self.new),
            reason=self.reason.strip(),
            actor=work.actor,
            at=work.at,
        )
        return Decision((customer,), {"class": self.new})

    def asserted(self) -> dict[str, Any]:
        return {"class": self.new, "reason": self.reason}
