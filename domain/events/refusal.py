"""A command that broke a rule: kept as evidence on a stream of its own (design §4)."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from eventsourcing.domain import Aggregate

SEEKING: Final = frozenset(("register", "claim"))
"""Commands by which one seeks a customer for oneself: who is refused has a part in it from then."""


class RefusalEvent(Aggregate.Event):
    """A fact on a refusal's stream."""

    actor: str


class RefusalRecorded(RefusalEvent, Aggregate.Created):
    """A command was refused; nothing else changed.

    customer_id: the customer it was about; of a refused registration, the one that was in the way.
    customer_version: what the refusal was decided on; None for a registration. command: `claim`,
    `review`, …  rule: the slug of the broken rule. clause: the document's clause, if one asks
    for it. facts: what the rule rested on. asserted: what the sender claimed, less personal data.
    """

    TOPIC = "refusal.recorded"

    customer_id: UUID
    customer_version: int | None
    command: str
    rule: str
    clause: str | None
    facts: dict[str, Any]
    asserted: dict[str, Any]
    rulebook: str | None

    def apply(self, aggregate: Any) -> None:
        """Evidence decides nothing, so nothing is kept."""
