"""Members, their roles, departments and tokens: events, because rights are audit questions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from eventsourcing.domain import Aggregate


class MemberEvent(Aggregate.Event):
    """A fact on a member's stream."""

    actor: str


class MemberJoined(MemberEvent, Aggregate.Created):
    """A person was added. member: the sign-in name. roles: names of Appendix 1's roles."""

    TOPIC = "member.joined"

    member: str
    name: str
    roles: list[str]
    department: str

    def apply(self, aggregate: Any) -> None:
        aggregate.member = self.member
        aggregate.name = self.name
        aggregate.roles = frozenset(self.roles)
        aggregate.department = self.department
        aggregate.tokens = {}
        aggregate.leaves_at = None


class RolesChanged(MemberEvent):
    """The member's roles are these from now on."""

    TOPIC = "member.roles_changed"

    roles: list[str]

    def apply(self, aggregate: Any) -> None:
        aggregate.roles = frozenset(self.roles)


class DepartmentChanged(MemberEvent):
    """The member belongs to this department from now on."""

    TOPIC = "member.department_changed"

    department: str

    def apply(self, aggregate: Any) -> None:
        aggregate.department = self.department


class Token(NamedTuple):
    """A bearer token as its member's stream knows it. scopes: None where it is not limited."""

    token_id: UUID
    expires_at: datetime | None
    name: str
    scopes: frozenset[str] | None
    issued_at: datetime


class TokenIssued(MemberEvent):
    """A bearer token was made; its secret is kept as SHA-256 alone (it has 256 random bits).

    expires_at: from this instant it is void; None: until it is revoked. name: what it is for.
    scopes: what it is limited to (`domain.scopes`); None: to nothing but the member's rights.
    """

    TOPIC = "member.token_issued"

    token_id: UUID
    digest: str
    expires_at: datetime | None
    name: str = ""
    scopes: list[str] | None = None

    def apply(self, aggregate: Any) -> None:
        scopes = None if self.scopes is None else frozenset(self.scopes)
        token = Token(self.token_id, self.expires_at, self.name, scopes, self.timestamp)
        aggregate.tokens = {**aggregate.tokens, self.digest: token}


class TokenRevoked(MemberEvent):
    """A bearer token is void from now on."""

    TOPIC = "member.token_revoked"

    token_id: UUID

    def apply(self, aggregate: Any) -> None:
        aggregate.tokens = {
            digest: token
            for digest, token in aggregate.tokens.items()
            if token.token_id != self.token_id
        }


class ClaimCounted(MemberEvent):
    """A claim was counted against the most that one may hold (A-35).

    held: how many customers the member held before it. held_max: how many one may. Two claims of
    one member meet here, so that the limit holds in any race.
    """

    TOPIC = "member.claim_counted"

    customer_id: UUID
    held: int
    held_max: int

    def apply(self, aggregate: Any) -> None:
        """The next claim counts anew, so there is nothing to keep."""


class LeaveArranged(MemberEvent):
    """The member leaves the company: from leaves_at on it holds nothing and may do nothing (A-47).

    customers: how many customers were arranged for with it.
    """

    TOPIC = "member.leave_arranged"

    leaves_at: datetime
    reason: str
    customers: int

    def apply(self, aggregate: Any) -> None:
        aggregate.leaves_at = self.leaves_at
