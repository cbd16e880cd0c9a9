"""The class of a customer (S4-37): beside its protection, which it never moves (A-37)."""

from __future__ import annotations

from typing import Any

from domain.events.customer import CustomerEvent
from domain.events.values import CustomerClass


class Classified(CustomerEvent):
    """The customer was put into another class, which says who reads its details (S4-40).

    old, new: the classes; null: none. reason: why, in writing.
    """

    TOPIC = "customer.classified"

    old: CustomerClass | None
    new: CustomerClass | None
    reason: str

    def apply(self, aggregate: Any) -> None:
        aggregate.customer_class = self.new
        aggregate.classified_by = self.actor
