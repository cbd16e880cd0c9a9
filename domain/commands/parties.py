"""Who decides has no part in the matter: not here, nor in a linked record (design §4)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from domain.customer import Customer
from domain.errors import Invalid, OwnDecision
from domain.member import Member
from domain.party import Party
from domain.permissions import may, needs
from domain.work import Work


def require_no_part(
    work: Work, customer: Customer, applicant: str, *, also: Iterable[UUID] = ()
) -> None:
    """The actor never sought this customer, nor one that is linked with it, nor any of `also`.

    That he never claimed or held this one is the customer's own rule. Raises OwnDecision.
    """
    if has_part(work, customer, also=also):
        raise OwnDecision(customer.id, applicant)


def has_part(work: Work, customer: Customer, *, also: Iterable[UUID] = ()) -> bool:
    """Whether the actor sought this customer in vain, or has a part in a linked one or in one of
    `also`."""
    if work.has_part(customer.id):
        return True
    linked, seen = {*customer.linked, *also}, {customer.id}
    while linked:
        work.read([*linked, *(Party.id_of(other, work.actor) for other in linked)])
        found = [(other, work.other_customer(other)) for other in linked]
        for other, record in found:
            if work.has_part(other) or (record is not None and record.is_party(work.actor)):
                return True
        seen |= linked
        # Of a record that was merged meanwhile, what it became counts.
        linked = {record.merged_into for _, record in found if record and record.merged_into} - seen
    return False


def receiving_member(work: Work, member: str, command: str, *, field: str = "to") -> Member:
    """A member who may be given a customer, since his roles permit `command` and he stays.

    His stream was asked for. Raises Invalid that names `field`.
    """
    found = work.streams.get(Member.id_of(member))
    if not isinstance(found, Member):
        raise Invalid.field(field, "unknown-member", zh="没有这个成员", en="is no member")
    if found.leaves_at is not None:
        raise Invalid.field(
            field, "leaving", zh="该成员即将或已经离职", en="leaves the company, or has left"
        )
    if not may(found.roles_at(work.at), command):
        known = "、".join(needs(command))
        raise Invalid.field(
            field,
            "role",
            zh=f"该成员须具有以下角色之一：{known}",
            en=f"must have one of the roles {known}",
        )
    return found
