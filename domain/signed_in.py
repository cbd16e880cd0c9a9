"""Who sends: the member behind live credentials, with the rights of that instant."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.errors import NotSignedIn
from domain.log import Read
from domain.member import Member
from domain.orders import CONSOLE, Credentials, Signed
from domain.organisation import Organisation
from domain.reach import departments_in, rulebook_in
from domain.rulebook import RulebookStream


def who_and_rules(credentials: Credentials) -> tuple[UUID, ...]:
    """The streams that tell what a member may do: his own, the departments, the rulebook."""
    member_id = Member.id_of(credentials.member)
    return member_id, Organisation.the_id(), RulebookStream.the_id()


def signed_in(credentials: Credentials, read: Read) -> Signed:
    """The member behind live credentials, with the rights of this instant. Raises NotSignedIn,
    and Unavailable before the log was opened."""
    member = read.streams.get(Member.id_of(credentials.member))
    if not isinstance(member, Member):
        raise NotSignedIn
    token = member.live_token(credentials.digest, read.now) if credentials.digest else None
    if token is None and credentials != CONSOLE and not _in_session(credentials, member, read.now):
        raise NotSignedIn
    return Signed(
        member.member,
        member.name,
        member.roles_at(read.now),
        member.department,
        read.now,
        rulebook_in(read).in_force(read.now),
        member.leaves_at,
        departments=frozenset(departments_in(read).with_all_below(member.department)),
        scopes=token.scopes if token else None,
        token_id=token.token_id if token else None,
        session_id=credentials.session,
    )


def _in_session(credentials: Credentials, member: Member, at: datetime) -> bool:
    """Whether a session that was found live still counts: not once its member has left (A-47)."""
    is_session = credentials.session is not None and credentials.digest is None
    return is_session and not member.has_left(at)
