"""A member's request to read a customer's details, and what became of it (S4-41)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from eventsourcing.domain import Aggregate


class DetailsEvent(Aggregate.Event):
    """A fact on the stream of one member's requests about one customer. member: who asks."""

    actor: str
    customer_id: UUID
    member: str


class _Request(DetailsEvent):
    """The request waits; a grant from before stays until its instant."""

    if TYPE_CHECKING:
        days: int
        reason: str

    def apply(self, aggregate: Any) -> None:
        aggregate.is_open = True
        aggregate.days = self.days


class DetailsRequested(_Request, Aggregate.Created):
    """The member asked for the first time (S4-41); it waits for somebody else's decision.

    days: for how many. reason: for what business.
    """

    TOPIC = "details.requested"

    days: int
    reason: str

    def apply(self, aggregate: Any) -> None:
        aggregate.customer_id = self.customer_id
        aggregate.member = self.member
        aggregate.granted_until = None
        aggregate.is_for_class_a = False
        super().apply(aggregate)


class DetailsRequestedAgain(_Request):
    """The member asked once more, after an earlier request had been decided."""

    TOPIC = "details.requested_again"

    days: int
    reason: str


class DetailsGranted(DetailsEvent):
    """The member reads the details until an instant, whoever holds the customer.

    days: for how many. until: the first instant at which it is over. for_class_a: who granted it
    may do so for class A, too (S4-40).
    """

    TOPIC = "details.granted"

    days: int
    until: datetime
    for_class_a: bool
    reason: str

    def apply(self, aggregate: Any) -> None:
        aggregate.is_open = False
        aggregate.granted_until = self.until
        aggregate.is_for_class_a = self.for_class_a


class DetailsRefused(DetailsEvent):
    """The request was refused; a grant from before stays until its instant. reason: why."""

    TOPIC = "details.refused"

    reason: str

    def apply(self, aggregate: Any) -> None:
        aggregate.is_open = False
