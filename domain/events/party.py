"""Who sought a customer in vain: kept so that nobody decides a matter of his own (design §4)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from eventsourcing.domain import Aggregate


class PartyEvent(Aggregate.Event):
    """A fact on the stream of one member's part in one customer."""

    actor: str


class PartyNoted(PartyEvent, Aggregate.Created):
    """The member sought the customer and was refused, for the first time.

    refusal: the id of the refusal's stream. command, rule: as in the refusal.
    """

    TOPIC = "party.noted"

    customer_id: UUID
    member: str
    refusal: UUID
    command: str
    rule: str

    def apply(self, aggregate: Any) -> None:
        aggregate.customer_id = self.customer_id
        aggregate.member = self.member
