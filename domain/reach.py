"""Whether a member's permission reaches what a command is about (decision 0022)."""

from __future__ import annotations

from domain import permissions
from domain.customer import Customer
from domain.errors import NotAllowed, Unavailable
from domain.log import Read
from domain.member import Member
from domain.orders import Signed
from domain.organisation import NO_TREE, Departments, Organisation
from domain.rulebook import RulebookStream
from domain.work import Command


def require_permission(
    command: Command, signed: Signed, rulebook: RulebookStream, read: Read
) -> None:
    """The member's roles permit the command by the rules in force, for what it is about.

    What no department holds is nobody's, and the rules decide. Raises NotAllowed.
    """
    row = permissions.permitted(command.name, rulebook.in_force(signed.at))
    condition = permissions.condition_of(signed.roles, row)
    if condition is None:
        raise NotAllowed(command.name, tuple(row))
    whose = _whose(command, read) if condition == "department" else None
    if whose is None:
        return
    member, department = whose
    if not permissions.covers(signed, condition, member=member, department=department):
        needs = permissions.beyond(row, condition)
        raise NotAllowed(command.name, needs, condition=condition)


def rulebook_in(read: Read) -> RulebookStream:
    """Every adopted version. Raises Unavailable before the log was opened."""
    found = read.streams.get(RulebookStream.the_id())
    if not isinstance(found, RulebookStream):
        raise Unavailable("the log has no rulebook yet")
    return found


def departments_in(read: Read) -> Departments:
    """The tree as it stands; without anybody having drawn it, every department is a root."""
    found = read.streams.get(Organisation.the_id())
    return found.departments_at() if isinstance(found, Organisation) else NO_TREE


def _whose(command: Command, read: Read) -> tuple[str, str] | None:
    """The holder of the command's customer, or the member that it is about, and his department."""
    stream = command.customer_id or command.about
    about = read.streams.get(stream) if stream is not None else None
    if isinstance(about, Customer):
        live = about.live_protection(max(read.now, about.modified_on))
        if live is None or live.department is None:
            return None
        return live.holder or "", live.department
    return (about.member, about.department) if isinstance(about, Member) else None
