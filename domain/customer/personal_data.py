"""Whose personal data a record holds, and what may be done with it (PIPL art. 47)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.customer.state import CustomerState
from domain.events import personal_data as events

FORGOTTEN = ""
"""In the place of the keyed hash of a phone that was erased: nothing is found by it."""


class PersonalData(CustomerState):
    """Restrict, lift, erase: what it means for one record. Who may is the subject's own rule."""

    def holds(self, subject_id: UUID) -> bool:
        """True where data of the subject lies on this record, readable or not."""
        return subject_id in (self.phone_subject, *self.contacts, *self.restricted, *self.erased)

    @property
    def findable_phone(self) -> str | None:
        """The keyed hash by which others are found that share its phone; None while restricted."""
        return None if self.phone_subject in self.restricted else self.phone_hash or None

    @property
    def takes_a_new_phone_under(self) -> UUID | None:
        """The subject whose key seals a new phone; None: a subject of its own.

        A number that is filled in while the old one waits to be erased must not go with it.
        """
        closed = self.restricted | self.erased
        return None if self.phone_subject in closed else self.phone_subject

    def restrict_data(self, subject_id: UUID, *, actor: str, at: datetime) -> None:
        """Show the subject's data to nobody; nothing is recorded where that is so already."""
        if subject_id not in self.restricted:
            self.trigger_event(
                events.DataRestricted, timestamp=at, actor=actor, subject_id=subject_id
            )

    def lift_data(self, subject_id: UUID, *, actor: str, at: datetime) -> None:
        """Use the subject's data again; nothing is recorded where that was so all the time."""
        if subject_id in self.restricted:
            self.trigger_event(
                events.DataRestrictionLifted, timestamp=at, actor=actor, subject_id=subject_id
            )

    def erase_data(self, subject_id: UUID, *, called: str | None, actor: str, at: datetime) -> None:
        """The subject's data is gone. called: keyed hash of the phone that goes with it, by which
        records that this one absorbed may be known."""
        aliases = [
            place
            for place, alias in enumerate(self.aliases)
            if called and alias.phone_hash == called
        ]
        if self.holds(subject_id) or aliases:
            self.trigger_event(
                events.DataErased,
                timestamp=at,
                actor=actor,
                subject_id=subject_id,
                aliases=aliases,
            )

    def forget(self, subject_id: UUID, aliases: Iterable[int]) -> None:
        """Keep no hash of the subject's; called by events."""
        self.restricted = self.restricted - {subject_id}
        self.erased = self.erased | {subject_id}
        if subject_id == self.phone_subject:
            self.phone_hash = FORGOTTEN
        if subject_id in self.contacts:
            contact = replace(self.contacts[subject_id], phone_hash=FORGOTTEN)
            self.contacts = {**self.contacts, subject_id: contact}
        gone = frozenset(aliases)
        self.aliases = tuple(
            replace(alias, phone_hash=FORGOTTEN) if place in gone else alias
            for place, alias in enumerate(self.aliases)
        )
