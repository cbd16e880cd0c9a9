"""Events made by hand and put into the log: stories of customers that a test tells itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import domain.application  # noqa: F401 - topics are known once their classes are imported
from domain import names
from domain.events import (
    Bar,
    ClaimCorrected,
    Claimed,
    ClaimWithdrawn,
    Contact,
    ContactAdded,
    FollowedUp,
    HolderRemoved,
    IdentityReserved,
    Lapsed,
    LeaveArranged,
    Likeness,
    Match,
    MemberJoined,
    PartyNoted,
    ProfileChanged,
    RefusalRecorded,
    Registered,
    Released,
    ReviewPassed,
    ReviewRefused,
    Sealed,
    Stage,
)
from tests.projections.story_steps import DAY, RULEBOOK, Steps

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
PLAIN_PHONE = "13800138000"


class Story(Steps):
    """One customer's stream. Every method makes the next event and remembers it."""

    def __init__(self, name: str = "上海春意科技有限公司", *, at: datetime = START) -> None:
        self.id = uuid4()
        self.at = at
        self.holder = "zhang"
        self.events = []
        self.new = []
        self._name = name

    def registered(self, **changed: Any) -> Story:
        parts = names.parse(self._name)
        facts: dict[str, Any] = {
            "originator_topic": "customer",
            "actor": "li",
            "profile": "enterprise",
            "name": self._name,
            "name_key": parts.key,
            "core": parts.core,
            "names_version": names.NAMES_VERSION,
            "address": "上海市人民路1号",
            "industry": "科技",
            "phone": Sealed(self.id, "c2VhbGVkIHBob25l"),
            "phone_hash": f"hash of {self.id}",
            "introduction": "做软件的",
            "contacts": [],
            "collision": [],
            "override_reason": None,
            "warnings": [],
            "rulebook": RULEBOOK,
        }
        return self._add(Registered, **{**facts, **changed})

    def contact_added(self, contact: Contact | None = None) -> Story:
        return self._add(ContactAdded, actor=self.holder, contact=contact or a_contact())

    def profile_changed(self, **changed: Any) -> Story:
        unchanged = (
            "name",
            "name_key",
            "core",
            "address",
            "industry",
            "phone",
            "phone_hash",
            "introduction",
            "override_reason",
        )
        if "name" in changed:
            parts = names.parse(changed["name"])
            changed |= {"name_key": parts.key, "core": parts.core}
        facts: dict[str, Any] = {
            **dict.fromkeys(unchanged),
            "actor": self.holder,
            "names_version": names.NAMES_VERSION,
            "collision": [],
            "warnings": [],
            "rulebook": RULEBOOK,
        }
        return self._add(ProfileChanged, **{**facts, **changed})

    def claimed(self, holder: str = "zhang", **changed: Any) -> Story:
        self.holder = holder
        facts: dict[str, Any] = {
            "actor": holder,
            "holder": holder,
            "department": "一部",
            "contact": a_contact(),
            "from_pool": False,
            "review_due": self.at + 3 * DAY,
            "collision": [],
            "rulebook": RULEBOOK,
        }
        return self._add(Claimed, **{**facts, **changed})

    def claim_corrected(self, *, contact: Contact | None = None) -> Story:
        return self._add(
            ClaimCorrected,
            actor=self.holder,
            holder=self.holder,
            contact=contact or a_contact(),
            review_due=self.at + 3 * DAY,
            rulebook=RULEBOOK,
        )

    def claim_withdrawn(self, *, stage: Stage = Stage.WAITING, bar: Bar | None = None) -> Story:
        return self._add(
            ClaimWithdrawn,
            actor=self.holder,
            holder=self.holder,
            stage=stage,
            reason="录错了",
            bar=bar,
            rulebook=RULEBOOK,
        )

    def review_passed(self, *, until: datetime | None = None, actor: str = "wang") -> Story:
        return self._add(
            ReviewPassed,
            actor=actor,
            holder=self.holder,
            counted_from=self.at,
            until=until or self.at + 30 * DAY,
            different_company=None,
            rulebook=RULEBOOK,
        )

    def review_refused(self, *, removal_due: datetime | None = None) -> Story:
        return self._add(
            ReviewRefused,
            actor="wang",
            holder=self.holder,
            reason="地址不详细",
            removal_due=removal_due or self.at + 3 * DAY,
            provisional=False,
            rulebook=RULEBOOK,
        )

    def followed_up(self, *, next_contact_at: datetime | None = None) -> Story:
        return self._add(
            FollowedUp,
            actor=self.holder,
            holder=self.holder,
            stage=Stage.POTENTIAL,
            channel="phone",
            note="谈了报价，约下周再谈",
            next_contact_at=next_contact_at,
            contact_id=None,
            contacted_at=None,
        )

    def released(self, *, bar: Bar | None = None) -> Story:
        return self._add(
            Released,
            actor=self.holder,
            holder=self.holder,
            stage=Stage.POTENTIAL,
            reason="没有需求",
            bar=bar,
            rulebook=RULEBOOK,
        )

    def lapsed(self, deadline: datetime, *, cause: str = "term-over") -> Story:
        return self._add(
            Lapsed,
            timestamp=deadline,
            actor="system",
            holder=self.holder,
            stage=Stage.POTENTIAL,
            deadline=deadline,
            cause=cause,
            bar=None,
            rulebook=RULEBOOK,
        )

    def holder_removed(self, due: datetime, *, cause: str = "review-refused") -> Story:
        return self._add(
            HolderRemoved,
            timestamp=due,
            actor="system",
            holder=self.holder,
            stage=Stage.REJECTED,
            cause=cause,
            bar=None,
            rulebook=RULEBOOK,
        )

    def then(self, after: timedelta) -> Story:
        """Time goes by."""
        self.at += after
        return self


class TestLog:
    """The log of a test's database."""

    __test__ = False

    def __init__(self, recorder: Any, mapper: Any) -> None:
        self.recorder = recorder
        self.mapper = mapper

    def append(self, *told: Any) -> int:
        """Store events, and of stories those that are not stored yet; returns the position."""
        events: list[Any] = []
        for item in told:
            if isinstance(item, Story):
                events += item.new
                item.new = []
            else:
                events.append(item)
        stored = [self.mapper.to_stored_event(event) for event in events]
        positions: Sequence[int] = self.recorder.insert_events(stored)
        return positions[-1]


def a_contact(phone_hash: str | None = None) -> Contact:
    contact_id = uuid4()
    return Contact(
        id=contact_id,
        position="采购经理",
        name=Sealed(contact_id, "c2VhbGVkIG5hbWU="),
        phone=Sealed(contact_id, "c2VhbGVkIHBob25l"),
        phone_hash=phone_hash or f"hash of {contact_id}",
    )


def a_likeness(story: Story, match: str = "similar") -> Likeness:
    return Likeness(story.id, Match(match))


def a_refusal(
    customer_id: UUID | None,
    *,
    actor: str = "zhao",
    at: datetime = START,
    rule: str = "already-protected",
) -> RefusalRecorded:
    return RefusalRecorded(
        originator_id=uuid4(),
        originator_version=1,
        originator_topic="refusal",
        timestamp=at,
        actor=actor,
        customer_id=customer_id,
        customer_version=2,
        command="claim",
        rule=rule,
        clause="S1-302",
        facts={"holder": "zhang", "stage": "waiting"},
        asserted={"contact_position": "总经理"},
        rulebook=RULEBOOK,
    )


def an_identity(story: Story, kind: str = "name") -> IdentityReserved:
    return IdentityReserved(
        originator_id=uuid4(),
        originator_version=1,
        originator_topic="identity",
        timestamp=story.at,
        actor="li",
        customer_id=story.id,
        kind=kind,
        key=f"{kind} of {story.id}",
    )


def a_party(customer_id: UUID, member: str, *, at: datetime = START) -> PartyNoted:
    return PartyNoted(
        originator_id=uuid4(),
        originator_version=1,
        originator_topic="party",
        timestamp=at,
        actor=member,
        customer_id=customer_id,
        member=member,
        refusal=uuid4(),
        command="claim",
        rule="already-protected",
    )


def a_leave(joined: MemberJoined, leaves_at: datetime) -> LeaveArranged:
    return LeaveArranged(
        originator_id=joined.originator_id,
        originator_version=2,
        timestamp=START,
        actor="chen",
        leaves_at=leaves_at,
        reason="离职",
        customers=1,
    )


def a_member(member: str) -> MemberJoined:
    return MemberJoined(
        originator_id=uuid4(),
        originator_version=1,
        originator_topic="member",
        timestamp=START,
        actor="console",
        member=member,
        name="张伟",
        roles=["seller"],
        department="一部",
    )
