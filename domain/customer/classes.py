"""Which class a customer is in (S4-37): said by members, never derived from who holds it (A-37)."""

from __future__ import annotations

from datetime import datetime

from domain.customer.state import CustomerState
from domain.errors import Invalid
from domain.events.classes import Classified
from domain.events.values import CLASSES, CustomerClass


class Classes(CustomerState):
    """Put into a class, or into none."""

    def classify(self, new: CustomerClass | None, *, reason: str, actor: str, at: datetime) -> None:
        """Put the customer into another class; None: into none. Raises Invalid where it is there
        already."""
        if new == self.customer_class:
            raise Invalid.field(
                "class", "unchanged", zh="该客户已是这一级别", en="is the customer's class already"
            )
        self.trigger_event(
            Classified,
            timestamp=at,
            actor=actor,
            old=self.customer_class,
            new=new,
            reason=reason,
        )

    def take_over_class(
        self, other: CustomerState, *, reason: str, actor: str, at: datetime
    ) -> None:
        """Of two records that are one, the higher class stands, so that no merge opens details."""
        if _rank(other.customer_class) < _rank(self.customer_class):
            self.classify(other.customer_class, reason=reason, actor=actor, at=at)


def _rank(found: CustomerClass | None) -> int:
    """The place of a class, the highest first; none is the last."""
    return len(CLASSES) if found is None else CLASSES.index(found)
