"""A data subject: the person, or the phone of a company, whose data one key seals (decision 0023).

Two people erase: one asks, another confirms. In between the data is restricted: kept, and shown to
nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, get_args
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate

from domain.errors import AlreadyErased, AlreadyPending, NothingPending, OwnDecision
from domain.events.subject import (
    Ground,
    SubjectErased,
    SubjectEvent,
    SubjectRestricted,
    SubjectRestrictedAgain,
    SubjectRestrictionLifted,
)

NAMESPACE: Final = UUID("0d7c0f0a-52d5-5f0e-9c1e-7a5f2d9c4b18")
GROUNDS: Final[tuple[Ground, ...]] = get_args(Ground)
SubjectState = Literal["open", "restricted", "erased"]


class Subject(Aggregate):
    """Invariant: what is erased stays so, and who confirmed it had not asked for it."""

    TOPIC = "subject"
    Event = SubjectEvent
    Created = SubjectRestricted
    RestrictedAgain = SubjectRestrictedAgain
    RestrictionLifted = SubjectRestrictionLifted
    Erased = SubjectErased

    if TYPE_CHECKING:  # annotations at run time would make the library write an __init__
        subject_id: UUID
        customers: tuple[UUID, ...]
        state: SubjectState
        ground: Ground
        asked_by: str
        asked_at: datetime
        settled_by: str | None
        settled_at: datetime | None

    @staticmethod
    def id_of(subject_id: UUID) -> UUID:
        """The stream's id: a customer is the subject of its own phone, and has a stream already."""
        return uuid5(NAMESPACE, f"subject\x00{subject_id}")

    @classmethod
    def restrict(
        cls,
        subject_id: UUID,
        *,
        customers: Sequence[UUID],
        ground: Ground,
        reason: str,
        actor: str,
        at: datetime,
    ) -> Subject:
        """Ask for an erasure for the first time."""
        return cls._create(
            SubjectRestricted,
            id=cls.id_of(subject_id),
            timestamp=at,
            actor=actor,
            subject_id=subject_id,
            customers=list(customers),
            ground=ground,
            reason=reason,
        )

    def restrict_again(
        self, *, customers: Sequence[UUID], ground: Ground, reason: str, actor: str, at: datetime
    ) -> None:
        """Ask once more. Raises AlreadyErased, AlreadyPending."""
        self._require_not_erased()
        if self.state == "restricted":
            raise AlreadyPending(self.customers[0])
        self.trigger_event(
            SubjectRestrictedAgain,
            timestamp=at,
            actor=actor,
            subject_id=self.subject_id,
            customers=list(customers),
            ground=ground,
            reason=reason,
        )

    def lift(self, *, customers: Sequence[UUID], reason: str, actor: str, at: datetime) -> None:
        """Use the data again. Raises AlreadyErased, NothingPending."""
        self._require_restricted()
        self.trigger_event(
            SubjectRestrictionLifted,
            timestamp=at,
            actor=actor,
            subject_id=self.subject_id,
            customers=list(customers),
            reason=reason,
        )

    def erase(self, *, customers: Sequence[UUID], actor: str, at: datetime) -> None:
        """Confirm the erasure: not by who asked. Raises AlreadyErased, NothingPending,
        OwnDecision."""
        self._require_restricted()
        if actor == self.asked_by:
            raise OwnDecision(self.customers[0], self.asked_by)
        self.trigger_event(
            SubjectErased,
            timestamp=at,
            actor=actor,
            subject_id=self.subject_id,
            customers=list(customers),
            asked_by=self.asked_by,
        )

    def _require_restricted(self) -> None:
        self._require_not_erased()
        if self.state != "restricted":
            raise NothingPending(self.customers[0])

    def _require_not_erased(self) -> None:
        if self.state == "erased":
            raise AlreadyErased(self.customers[0], self.subject_id)
