"""A customer in other hands: transfer, leaving, after-sales (S1-048, S1-283; A-31, A-47)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from domain.events.customer import CustomerEvent
from domain.events.values import Stage
from domain.protection import Leaving, Protection


class Transferred(CustomerEvent):
    """A manager gave the customer to another member; deadline and open applications stay.

    holder: who had it. department: that of `to`. until: the deadline that stays.
    """

    TOPIC = "customer.transferred"

    holder: str
    to: str
    department: str
    stage: Stage
    until: datetime | None
    reason: str
    rulebook: str

    def protection_after(self, before: Protection | None) -> Protection | None:
        return before and before.handed_over(self.to, self.department)

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.claimants = aggregate.claimants | {self.to}


class HandOverArranged(CustomerEvent):
    """The holder leaves the company at leaves_at; from then on `to` has the customer.

    to: None: nobody takes over, the protection ends with the leaving. department: that of `to`.
    """

    TOPIC = "customer.hand_over_arranged"

    holder: str
    stage: Stage
    leaves_at: datetime
    to: str | None
    department: str | None
    reason: str

    def protection_after(self, before: Protection | None) -> Protection | None:
        leaving = Leaving(self.leaves_at, self.actor, self.to, self.department, self.reason)
        return before and replace(before, leaving=leaving)


class MovedToAfterSales(CustomerEvent):
    """A person of after-sales is responsible for the formal customer from now on (S1-048, A-31).

    holder: who was; None for the group. to: None: the group, until a person is named.
    """

    TOPIC = "customer.moved_to_after_sales"

    holder: str | None
    to: str | None
    department: str | None
    rulebook: str

    def protection_after(self, before: Protection | None) -> Protection | None:
        return before and before.handed_over(self.to, self.department)
