"""Members: people with roles and a department, whose rights are events (design §4)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate

from domain.errors import FieldProblem, Invalid, PortfolioFull
from domain.events.member import (
    ClaimCounted,
    DepartmentChanged,
    LeaveArranged,
    MemberEvent,
    MemberJoined,
    RolesChanged,
    Token,
    TokenIssued,
    TokenRevoked,
)
from domain.identity import NAMESPACE
from domain.permissions import ROLES
from domain.scopes import known_scopes
from domain.texts import line

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class Member(Aggregate):
    """A person who acts. The sign-in name is the id that the surface shows."""

    TOPIC = "member"
    Event = MemberEvent
    Created = MemberJoined
    RolesChanged = RolesChanged
    DepartmentChanged = DepartmentChanged
    LeaveArranged = LeaveArranged
    ClaimCounted = ClaimCounted
    TokenIssued = TokenIssued
    TokenRevoked = TokenRevoked

    if TYPE_CHECKING:  # annotations at run time would make the library write an __init__
        member: str
        name: str
        roles: frozenset[str]
        department: str
        tokens: dict[str, Token]
        leaves_at: datetime | None

    @staticmethod
    @lru_cache(maxsize=10_000)
    def id_of(member: str) -> UUID:
        """The stream's id: version 5 from the sign-in name."""
        return uuid5(NAMESPACE, f"member\x00{member}")

    @classmethod
    def join(
        cls,
        member: str,
        *,
        name: str,
        roles: Sequence[str],
        department: str,
        actor: str,
        at: datetime,
    ) -> Member:
        """Add a person. Raises Invalid that names each malformed field."""
        if not _ID.fullmatch(member):
            raise Invalid.field(
                "id",
                "member-id",
                zh="登录名须为 1 至 40 个小写字母、数字、连字符或下划线，且以字母或数字开头",
                en="must be 1 to 40 lower-case letters, digits, hyphens or underscores",
            )
        return cls._create(
            MemberJoined,
            id=cls.id_of(member),
            timestamp=at,
            actor=actor,
            member=member,
            name=line("name", name, characters_max=100),
            roles=_known_roles(roles),
            department=line("department", department, characters_max=100),
        )

    def has_left(self, at: datetime) -> bool:
        """True from the instant of the leaving on: no rights, no tokens (A-47)."""
        return self.leaves_at is not None and self.leaves_at <= at

    def roles_at(self, at: datetime) -> frozenset[str]:
        """The roles that count at `at`: none once the member has left."""
        return frozenset() if self.has_left(at) else self.roles

    def arrange_leave(
        self, leaves_at: datetime, *, reason: str, customers: int, actor: str, at: datetime
    ) -> None:
        """The member leaves at leaves_at. Raises Invalid that names the field."""
        if self.leaves_at is not None:
            raise Invalid.field(
                "leaves_at",
                "already-leaving",
                zh="该成员的离职已安排",
                en="is arranged for this member already",
            )
        if leaves_at < at:
            raise Invalid.field(
                "leaves_at", "in-the-past", zh="不能早于现在", en="must not lie in the past"
            )
        self.trigger_event(
            LeaveArranged,
            timestamp=at,
            actor=actor,
            leaves_at=leaves_at,
            reason=reason,
            customers=customers,
        )

    def count_claim(self, customer_id: UUID, *, held: int, held_max: int, at: datetime) -> None:
        """Claim one more. Raises PortfolioFull once the member holds as many as one may (A-35)."""
        if held >= held_max:
            raise PortfolioFull(customer_id, held, held_max)
        self.trigger_event(
            ClaimCounted,
            timestamp=at,
            actor=self.member,
            customer_id=customer_id,
            held=held,
            held_max=held_max,
        )

    def change_roles(self, roles: Sequence[str], *, actor: str, at: datetime) -> None:
        """Set the roles; nothing is recorded where they are the same."""
        known = _known_roles(roles)
        if frozenset(known) != self.roles:
            self.trigger_event(RolesChanged, timestamp=at, actor=actor, roles=known)

    def move(self, department: str, *, actor: str, at: datetime) -> None:
        """Set the department; nothing is recorded where it is the same."""
        department = line("department", department, characters_max=100)
        if department != self.department:
            self.trigger_event(DepartmentChanged, timestamp=at, actor=actor, department=department)

    def issue_token(
        self,
        token_id: UUID,
        digest: str,
        *,
        expires_at: datetime | None,
        actor: str,
        at: datetime,
        name: str = "",
        scopes: Collection[str] | None = None,
    ) -> None:
        """Make a bearer token known by the SHA-256 of its secret.

        Raises Invalid if it is expired, and for a name or a scope that is none.
        """
        if expires_at is not None and expires_at <= at:
            raise Invalid.field(
                "expires_at", "in-the-past", zh="到期时间须在将来", en="must lie in the future"
            )
        self.trigger_event(
            TokenIssued,
            timestamp=at,
            actor=actor,
            token_id=token_id,
            digest=digest,
            expires_at=expires_at,
            name=line("name", name, characters_max=100) if name else "",
            scopes=None if scopes is None else known_scopes(scopes),
        )

    def revoke_token(self, token_id: UUID, *, actor: str, at: datetime) -> bool:
        """Make a token void. False where the member has no such token."""
        known = any(found.token_id == token_id for found in self.tokens.values())
        if known:
            self.trigger_event(TokenRevoked, timestamp=at, actor=actor, token_id=token_id)
        return known

    def live_token(self, digest: str, at: datetime) -> Token | None:
        """The member's token of that digest, before its expiry.

        Every token is compared in constant time, so that timing tells nothing of a digest. Those of
        a leaver end with the leaving.
        """
        live = None
        for known, token in self.tokens.items():
            if hmac.compare_digest(known, digest):
                live = token
        if live is None or self.has_left(at):
            return None
        return live if live.expires_at is None or at < live.expires_at else None


def _known_roles(roles: Sequence[str]) -> list[str]:
    unknown = sorted(set(roles) - set(ROLES))
    if unknown or not roles:
        raise Invalid(
            FieldProblem(
                "roles",
                "unknown-role",
                f"未知角色：{'、'.join(unknown) or '（空）'}；可选：{'、'.join(ROLES)}",
                f"unknown: {', '.join(unknown) or '(none given)'}; known: {', '.join(ROLES)}",
            )
        )
    return sorted(set(roles), key=ROLES.index)
