"""A member's requests to read one customer's details, each decided by somebody else (S4-41).

The stream's id follows from customer and member (decision 0011), so that whoever decides what a
reader sees finds a grant in one load, and no view, which may lag, is asked.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate

from domain.errors import AlreadyPending, NothingPending, OwnDecision
from domain.events.details import (
    DetailsEvent,
    DetailsGranted,
    DetailsRefused,
    DetailsRequested,
    DetailsRequestedAgain,
)
from domain.identity import NAMESPACE
from domain.permissions import CLASS_A

DAYS_MAX: Final = 30


class DetailsRequests(Aggregate):
    """Invariant: one request at most is open, and who decided it had not made it."""

    TOPIC = "details"
    Event = DetailsEvent
    Created = DetailsRequested
    RequestedAgain = DetailsRequestedAgain
    Granted = DetailsGranted
    Refused = DetailsRefused

    if TYPE_CHECKING:  # annotations at run time would make the library write an __init__
        customer_id: UUID
        member: str
        is_open: bool
        days: int
        granted_until: datetime | None
        is_for_class_a: bool

    @staticmethod
    def id_of(customer_id: UUID, member: str) -> UUID:
        """The stream's id: version 5 from customer and sign-in name."""
        return uuid5(NAMESPACE, f"details\x00{customer_id}\x00{member}")

    @classmethod
    def request(
        cls, customer_id: UUID, member: str, *, days: int, reason: str, at: datetime
    ) -> DetailsRequests:
        """Ask for the first time."""
        return cls._create(
            DetailsRequested,
            id=cls.id_of(customer_id, member),
            timestamp=at,
            actor=member,
            customer_id=customer_id,
            member=member,
            days=days,
            reason=reason,
        )

    def request_again(self, *, days: int, reason: str, at: datetime) -> None:
        """Ask once more. Raises AlreadyPending."""
        if self.is_open:
            raise AlreadyPending(self.customer_id)
        self.trigger_event(
            DetailsRequestedAgain,
            timestamp=at,
            actor=self.member,
            customer_id=self.customer_id,
            member=self.member,
            days=days,
            reason=reason,
        )

    def grant(
        self, *, days: int | None, for_class_a: bool, reason: str, actor: str, at: datetime
    ) -> datetime:
        """Let the member read, and until when. days: None for as many as were asked for.

        Raises NothingPending, OwnDecision.
        """
        self._require_decidable(actor)
        days = self.days if days is None else days
        until = at + timedelta(days=days)
        self.trigger_event(
            DetailsGranted,
            timestamp=at,
            actor=actor,
            customer_id=self.customer_id,
            member=self.member,
            days=days,
            until=until,
            for_class_a=for_class_a,
            reason=reason,
        )
        return until

    def refuse(self, *, reason: str, actor: str, at: datetime) -> None:
        """Refuse the request. Raises NothingPending, OwnDecision."""
        self._require_decidable(actor)
        self.trigger_event(
            DetailsRefused,
            timestamp=at,
            actor=actor,
            customer_id=self.customer_id,
            member=self.member,
            reason=reason,
        )

    def opens(self, customer_class: str | None, at: datetime) -> bool:
        """True while the member reads the details by a grant (S4-41); of class A, by that of
        somebody who may read class A himself (S4-40)."""
        is_live = self.granted_until is not None and at < self.granted_until
        return is_live and (customer_class != CLASS_A or self.is_for_class_a)

    def _require_decidable(self, actor: str) -> None:
        if actor == self.member:
            raise OwnDecision(self.customer_id, self.member)
        if not self.is_open:
            raise NothingPending(self.customer_id)
