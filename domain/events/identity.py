"""What must be unique, and which customers stand behind it (design §4, Identity)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from eventsourcing.domain import Aggregate


class IdentityEvent(Aggregate.Event):
    """A fact on the stream of one name, one core or one phone."""

    actor: str
    customer_id: UUID


class IdentityReserved(IdentityEvent, Aggregate.Created):
    """The key was taken for the first time.

    kind: `name`, `core` or `phone`. key: the normalised name or core, or the keyed hash.
    """

    TOPIC = "identity.reserved"

    kind: str
    key: str

    def apply(self, aggregate: Any) -> None:
        aggregate.kind = self.kind
        aggregate.key = self.key
        aggregate.customers = (self.customer_id,)


class IdentityShared(IdentityEvent):
    """Another customer stands behind the key, too: by an override, or after a release."""

    TOPIC = "identity.shared"

    def apply(self, aggregate: Any) -> None:
        aggregate.customers = (*aggregate.customers, self.customer_id)


class IdentityReleased(IdentityEvent):
    """A customer changed its name or phone and stands behind the key no more."""

    TOPIC = "identity.released"

    def apply(self, aggregate: Any) -> None:
        aggregate.customers = tuple(
            customer_id for customer_id in aggregate.customers if customer_id != self.customer_id
        )
