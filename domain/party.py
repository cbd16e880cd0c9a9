"""A member's part in a customer whom he sought in vain (design §4).

Its stream's id follows from both, so that a decision finds it in the round trip of its load, and no
view, which may lag, is asked.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate

from domain.events.party import PartyEvent, PartyNoted
from domain.identity import NAMESPACE


class Party(Aggregate):
    """Exists for a member who claimed or entered a customer and was refused."""

    TOPIC = "party"
    Event = PartyEvent
    Created = PartyNoted

    if TYPE_CHECKING:  # annotations at run time would make the library write an __init__
        customer_id: UUID
        member: str

    @staticmethod
    def id_of(customer_id: UUID, member: str) -> UUID:
        """The stream's id: version 5 from customer and sign-in name."""
        return uuid5(NAMESPACE, f"party\x00{customer_id}\x00{member}")

    @classmethod
    def note(
        cls, customer_id: UUID, member: str, *, refusal: UUID, command: str, rule: str, at: datetime
    ) -> Party:
        """The member has a part in the customer from now on."""
        return cls._create(
            PartyNoted,
            id=cls.id_of(customer_id, member),
            timestamp=at,
            actor=member,
            customer_id=customer_id,
            member=member,
            refusal=refusal,
            command=command,
            rule=rule,
        )
