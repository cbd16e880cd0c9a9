"""Identity: what must be unique lives on a stream whose id follows from its key (design §4).

Two registrations that race for one company meet on the same stream and one of them loses.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Literal
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate

from domain.events.identity import (
    IdentityEvent,
    IdentityReleased,
    IdentityReserved,
    IdentityShared,
)

Kind = Literal["name", "core", "phone", "contract"]
NAMESPACE = UUID("6f1c4f1e-5a3b-5c53-9b5e-6d3f0a1c7e21")


class Identity(Aggregate):
    """One name, core, phone or contract number, and the customers behind it as they came."""

    TOPIC = "identity"
    Event = IdentityEvent
    Created = IdentityReserved
    Shared = IdentityShared
    Released = IdentityReleased

    if TYPE_CHECKING:  # annotations at run time would make the library write an __init__
        kind: Kind
        key: str
        customers: tuple[UUID, ...]

    @staticmethod
    @lru_cache(maxsize=10_000)
    def id_of(kind: Kind, key: str) -> UUID:
        """The stream's id: version 5 from kind and key."""
        return uuid5(NAMESPACE, f"identity\x00{kind}\x00{key}")

    @classmethod
    def reserve(cls, kind: Kind, key: str, *, customer: UUID, actor: str, at: datetime) -> Identity:
        """Take the key for `customer`, the first one behind it."""
        return cls._create(
            IdentityReserved,
            id=cls.id_of(kind, key),
            timestamp=at,
            actor=actor,
            customer_id=customer,
            kind=kind,
            key=key,
        )

    def share(self, *, customer: UUID, actor: str, at: datetime) -> None:
        """Put `customer` behind the key, too; nothing where it stands there already."""
        if customer not in self.customers:
            self.trigger_event(IdentityShared, timestamp=at, actor=actor, customer_id=customer)

    def release(self, *, customer: UUID, actor: str, at: datetime) -> None:
        """Take `customer` from behind the key; nothing where it does not stand there."""
        if customer in self.customers:
            self.trigger_event(IdentityReleased, timestamp=at, actor=actor, customer_id=customer)
