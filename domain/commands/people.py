"""Commands on members, their tokens and the rulebook."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.commands.records import problems_of
from domain.errors import FieldProblem, Invalid, NotFound
from domain.member import Member
from domain.rulebook import RulebookStream
from domain.scopes import require_no_wider
from domain.texts import prose
from domain.work import Decision, Work

SECRET_BYTES = 32
TOML_CHARACTERS_MAX = 100_000


@dataclass(frozen=True, slots=True)
class AddMember:
    """Add a person with roles and a department."""

    member: str
    display_name: str
    roles: Sequence[str]
    department: str
    name: str = field(default="add-member", init=False)
    customer_id: UUID | None = field(default=None, init=False)

    @property
    def about(self) -> None:
        return None

    def check(self) -> None:
        """The member checks its own fields when it joins."""

    def streams(self) -> Iterable[UUID]:
        return (Member.id_of(self.member),)

    def decide(self, work: Work) -> Decision:
        if Member.id_of(self.member) in work.streams:
            raise Invalid.field(
                "id", "taken", zh="该登录名已被使用", en="is the sign-in name of somebody else"
            )
        member = Member.join(
            self.member,
            name=self.display_name,
            roles=self.roles,
            department=self.department,
            actor=work.actor,
            at=work.at,
        )
        return Decision((member,))

    def asserted(self) -> dict[str, Any]:
        return {"member": self.member, "roles": list(self.roles)}


@dataclass(frozen=True, slots=True)
class ChangeMember:
    """Set a member's roles, department, or both."""

    member: str
    roles: Sequence[str] | None
    department: str | None
    name: str = field(default="change-member", init=False)
    customer_id: UUID | None = field(default=None, init=False)

    @property
    def about(self) -> UUID:
        return Member.id_of(self.member)

    def check(self) -> None:
        if self.roles is None and self.department is None:
            raise Invalid(FieldProblem("", "empty", "没有任何修改", "changes nothing"))

    def streams(self) -> Iterable[UUID]:
        return (Member.id_of(self.member),)

    def decide(self, work: Work) -> Decision:
        member = work.member(self.member)
        if member.has_left(work.at):
            raise Invalid.field(
                "", "has-left", zh="该成员已离职", en="the member has left the company"
            )
        if self.roles is not None:
            member.change_roles(self.roles, actor=work.actor, at=work.at)
        if self.department is not None:
            member.move(self.department, actor=work.actor, at=work.at)
        return Decision((member,))

    def asserted(self) -> dict[str, Any]:
        return {"member": self.member}


@dataclass(frozen=True, slots=True)
class IssueToken:
    """Make a bearer token; its secret is answered once and kept nowhere.

    label: the token's name. scopes: None where it is not limited.
    """

    member: str
    expires_at: datetime | None
    label: str = ""
    scopes: Sequence[str] | None = None
    name: str = field(default="issue-token", init=False)
    customer_id: UUID | None = field(default=None, init=False)

    @property
    def about(self) -> UUID:
        return Member.id_of(self.member)

    def check(self) -> None:
        """The expiry is compared with the instant of the decision."""

    def streams(self) -> Iterable[UUID]:
        return (Member.id_of(self.member),)

    def decide(self, work: Work) -> Decision:
        member = work.member(self.member)
        token_id = work.new_id()
        secret = urlsafe_b64encode(work.random(SECRET_BYTES)).rstrip(b"=").decode()
        member.issue_token(
            token_id,
            hashlib.sha256(secret.encode()).hexdigest(),
            expires_at=self.expires_at,
            actor=work.actor,
            at=work.at,
            name=self.label,
            scopes=self.scopes,
        )
        require_no_wider(work.signed.scopes, self.name, self.scopes)
        return Decision(
            (member,),
            {"token_id": str(token_id)},
            shown_once={"token": f"tnr.{self.member}.{secret}"},
        )

    def asserted(self) -> dict[str, Any]:
        return {"member": self.member}


@dataclass(frozen=True, slots=True)
class RevokeToken:
    """Make a bearer token void."""

    member: str
    token_id: UUID
    name: str = field(default="revoke-token", init=False)
    customer_id: UUID | None = field(default=None, init=False)

    @property
    def about(self) -> UUID:
        return Member.id_of(self.member)

    def check(self) -> None:
        """Nothing can be malformed."""

    def streams(self) -> Iterable[UUID]:
        return (Member.id_of(self.member),)

    def decide(self, work: Work) -> Decision:
        member = work.member(self.member)
        if not member.revoke_token(self.token_id, actor=work.actor, at=work.at):
            raise NotFound("token", self.token_id)
        return Decision((member,))

    def asserted(self) -> dict[str, Any]:
        return {"member": self.member}


@dataclass(frozen=True, slots=True)
class AdoptRulebook:
    """Adopt a version of the rules, from now or a later instant on."""

    toml: str
    effective_from: datetime | None
    reason: str
    name: str = field(default="adopt-rulebook", init=False)
    customer_id: UUID | None = field(default=None, init=False)

    @property
    def about(self) -> UUID:
        return RulebookStream.the_id()

    def check(self) -> None:
        found = problems_of(
            prose, "toml", self.toml, characters_max=TOML_CHARACTERS_MAX
        ) + problems_of(prose, "reason", self.reason, characters_max=2000)
        if found:
            raise Invalid(*found)

    def streams(self) -> Iterable[UUID]:
        return (RulebookStream.the_id(),)

    def decide(self, work: Work) -> Decision:
        effective_from = self.effective_from or work.at
        rules = work.rulebook.adopt(
            self.toml,
            effective_from=effective_from,
            reason=self.reason,
            actor=work.actor,
            at=work.at,
        )
        extra = {"version": rules.version, "effective_from": effective_from.isoformat()}
        return Decision((work.rulebook,), extra)

    def asserted(self) -> dict[str, Any]:
        return {"reason": self.reason}
