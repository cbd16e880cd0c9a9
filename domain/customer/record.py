"""The record and what is noted on it: contacts, corrections, follow-ups."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.customer.state import CustomerState
from domain.errors import Invalid, NotTheHolder
from domain.events import customer as events
from domain.events.values import Channel, Contact, Stage
from domain.protection import Protection
from domain.rulebook_text import Rulebook


class Record(CustomerState):
    """Contact persons, the profile, follow-ups."""

    def add_contact(
        self,
        contact: Contact,
        *,
        actor: str,
        at: datetime,
        groups: frozenset[str] = frozenset(),
    ) -> None:
        """Fill in a contact person (S1-027). Raises NotTheHolder while somebody else holds it."""
        self.require_editable(actor, at, groups)
        self.trigger_event(events.ContactAdded, timestamp=at, actor=actor, contact=contact)

    def change_profile(self, *, actor: str, at: datetime, **facts: Any) -> None:
        """Correct the record; facts: of ProfileChanged. Raises NotTheHolder."""
        self.trigger_event(events.ProfileChanged, timestamp=at, actor=actor, **facts)

    def follow_up(
        self,
        *,
        member: str,
        groups: frozenset[str] = frozenset(),
        channel: Channel,
        note: str,
        next_contact_at: datetime | None,
        contact_id: UUID | None,
        contacted_at: datetime | None,
        at: datetime,
        rules: Rulebook,
    ) -> None:
        """Note a contact (S1-029 to S1-031, S1-049); it moves no deadline (A-29).

        groups: those that the member belongs to. Raises NotTheHolder, Invalid.
        """
        held = self.require_following_up(member, groups, at)
        _check_note(note, rules)
        _check_next_contact(next_contact_at, held.stage, at, rules)
        self._check_contacted(contact_id, contacted_at, at)
        self.trigger_event(
            events.FollowedUp,
            timestamp=at,
            actor=member,
            holder=held.holder,
            stage=held.stage,
            channel=channel,
            note=note,
            next_contact_at=next_contact_at,
            contact_id=contact_id,
            contacted_at=contacted_at,
        )

    def require_following_up(self, member: str, groups: frozenset[str], at: datetime) -> Protection:
        """The holder follows up; where a group holds it, all of the group. Raises NotTheHolder."""
        live = self.live_protection(at)
        if live is None:
            raise NotTheHolder(self.id, None)
        if live.holder != member and (live.group is None or live.group not in groups):
            raise NotTheHolder(self.id, live.holder, live.group)
        return live

    def require_editable(
        self, actor: str, at: datetime, groups: frozenset[str] = frozenset()
    ) -> None:
        """While somebody holds the customer, only the holder, or his group, edits it.

        Raises NotTheHolder.
        """
        live = self.live_protection(at)
        if live is not None and live.holder != actor and live.group not in groups:
            raise NotTheHolder(self.id, live.holder, live.group)

    def _check_contacted(
        self, contact_id: UUID | None, contacted_at: datetime | None, at: datetime
    ) -> None:
        """With whom and when a contact was: somebody known, and not in the future."""
        if contacted_at is not None and contacted_at > at:
            raise Invalid.field(
                "contacted_at", "in-the-future", zh="不能晚于现在", en="must not lie in the future"
            )
        if contact_id is not None and contact_id not in self.contacts:
            raise Invalid.field(
                "contact",
                "unknown-contact",
                zh="该客户没有这个联系人",
                en="is no contact of this customer",
            )


def _check_note(note: str, rules: Rulebook) -> None:
    """S1-030: a note is no longer than the rulebook allows; that it is not empty was checked."""
    characters_max = rules.follow_up.note_characters_max
    if len(note) > characters_max:
        raise Invalid.field(
            "note",
            "too-long",
            zh=f"最多 {characters_max} 个字符",
            en=f"must have at most {characters_max} characters",
        )


def _check_next_contact(
    next_contact_at: datetime | None, stage: Stage, at: datetime, rules: Rulebook
) -> None:
    """S1-031, A-28: mandatory in the stages the rulebook names; in the future, not too far."""
    if next_contact_at is None:
        if stage.value in rules.follow_up.next_contact_required_stages:
            raise Invalid.field(
                "next_contact_at", "required", zh="必须填写下次联系时间", en="is required"
            )
        return
    days_max = rules.follow_up.next_contact_days_max
    if not at < next_contact_at <= at + timedelta(days=days_max):
        raise Invalid.field(
            "next_contact_at",
            "out-of-range",
            zh=f"须在将来 {days_max} 天之内",
            en=f"must lie in the future, at most {days_max} days ahead",
        )
