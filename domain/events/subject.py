"""A data subject: whose data was asked to be erased, for which reason, and what became of it.

The subject's own stream holds the case (PIPL art. 47). What it means for a customer's record is on
that customer's stream, so that whoever folds the record alone learns of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from eventsourcing.domain import Aggregate

Ground = Literal[
    "consent-withdrawn",
    "purpose-achieved",
    "service-stopped",
    "retention-over",
    "unlawful",
    "other",
]
"""Why personal data must go (PIPL art. 47)."""


class SubjectEvent(Aggregate.Event):
    """A fact on a data subject's stream. customers: whose records hold the subject's data."""

    actor: str
    subject_id: UUID
    customers: list[UUID]


class _Restriction(SubjectEvent):
    """The data is kept and shown to nobody until somebody else confirms or it is lifted."""

    if TYPE_CHECKING:
        ground: Ground
        reason: str

    def apply(self, aggregate: Any) -> None:
        aggregate.subject_id = self.subject_id
        aggregate.customers = tuple(self.customers)
        aggregate.state = "restricted"
        aggregate.ground = self.ground
        aggregate.asked_by = self.actor
        aggregate.asked_at = self.timestamp
        aggregate.settled_by = None
        aggregate.settled_at = None


class SubjectRestricted(_Restriction, Aggregate.Created):
    """An erasure was asked for the first time (PIPL art. 47). ground, reason: why.

    From this instant the data is kept and shown to nobody.
    """

    TOPIC = "subject.restricted"

    ground: Ground
    reason: str


class SubjectRestrictedAgain(_Restriction):
    """An erasure was asked for once more, after an earlier restriction had been lifted."""

    TOPIC = "subject.restricted_again"

    ground: Ground
    reason: str


class SubjectRestrictionLifted(SubjectEvent):
    """The data is used again as before; nothing was erased. reason: why."""

    TOPIC = "subject.restriction_lifted"

    reason: str

    def apply(self, aggregate: Any) -> None:
        aggregate.customers = tuple(self.customers)
        aggregate.state = "open"
        aggregate.settled_by = self.actor
        aggregate.settled_at = self.timestamp


class SubjectErased(SubjectEvent):
    """Another person confirmed it, and the subject's key was destroyed in the same transaction.

    asked_by: who had asked. Nobody can read the data any more; every other fact stands.
    """

    TOPIC = "subject.erased"

    asked_by: str

    def apply(self, aggregate: Any) -> None:
        aggregate.customers = tuple(self.customers)
        aggregate.state = "erased"
        aggregate.settled_by = self.actor
        aggregate.settled_at = self.timestamp
