"""Members: people, roles, departments, tokens."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from pydantic import Field

from api.answers import Answer
from api.disclosure import Disclosure
from api.models.bodies import MemberBody, MemberChangesBody, TokenBody
from api.models.departments import MemberPage, MemberRightsTold
from api.models.fields import EXAMPLE_INSTANT, Searched
from api.models.receipts import StreamReceipt, TokenReceipt
from api.models.sign_in import TokenPage
from api.models.tasks import MemberTold
from api.openapi import command, query
from api.routes.calls import Asked, Commanded, require_for
from api.routes.parameters import (
    MemberId,
    Paged,
    QueryInstant,
    Questions,
    TokenId,
    searched,
)
from api.sign_in.token_uses import last_uses
from api.strict_route import StrictRoute
from domain import permissions
from domain.member import Member
from projections import members as members_view

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/v1/members",
    **command(
        "people",
        "Add a member",
        StreamReceipt,
        permission="add-member",
        without=["not-found"],
        status=201,
    ),
)
def add_member(body: MemberBody, call: Commanded) -> Answer:
    """Adds a person with roles and a department (administrators)."""
    receipt = call.application.add_member(
        call.order, member=body.id, name=body.name, roles=body.roles, department=body.department
    )
    return call.answer(receipt, status=201, location=f"/v1/members/{body.id}")


class MembersQuestions(Paged):
    """Filters of the members."""

    name: Annotated[Searched | None, searched("Part of the name or sign-in name.", "张")] = None
    department: Annotated[Searched | None, searched("The whole department.", "一部")] = None
    role: Annotated[Searched | None, searched("A role that they have now.", "seller")] = None
    standing: Annotated[
        members_view.Standing | None,
        Field(
            description="`active`: has rights now; `leaving`: a leaving is arranged; `left`: has "
            "left.",
            examples=["active"],
        ),
    ] = None


@router.get(
    "/v1/members",
    **query("people", "Members, filtered", MemberPage, permission="see-members"),
)
def members(asked: Annotated[MembersQuestions, Query()], call: Asked) -> Answer:
    """Members for whom every given filter holds, as of now, by their sign-in names; and how many
    who have not left are in each department, whatever the filters."""
    signed = call.signed()
    filters = asked.filters()
    after = call.cursor_key("members", filters, asked.after)
    with call.view(members_view.NAME) as cursor:
        page = members_view.members(
            cursor,
            now=signed.at,
            name=asked.name,
            department=asked.department,
            role=asked.role,
            standing=asked.standing,
            limit=asked.limit,
            after=after,
        )
        departments = members_view.departments(cursor, now=signed.at)
    disclosure = Disclosure(signed, call)
    return call.page_answer(
        "members",
        filters,
        items=[_line(one, disclosure) for one in page.items],
        following=page.next,
        position=page.position,
        at=signed.at,
        departments=departments,
    )


class MemberQuestions(Questions):
    """As of which instant."""

    at: Annotated[
        QueryInstant | None,
        Field(description="The instant asked about; left out: now.", examples=[EXAMPLE_INSTANT]),
    ] = None


@router.get(
    "/v1/members/{member}",
    **query(
        "people",
        "A member as of an instant",
        MemberTold,
        permission="see-members",
        problems=["not-found"],
        is_view=False,
    ),
)
def member_at(member: MemberId, asked: Annotated[MemberQuestions, Query()], call: Asked) -> Answer:
    """Name, roles and department at an instant; tokens for the member and administrators."""
    signed = call.signed()
    found = call.application.member_at(member, asked.at)
    at = asked.at or signed.at
    # What nobody takes over falls to the pool with the leaving: a deadline like any other.
    disclosure = Disclosure(signed, call)
    may_see_tokens = member == signed.member or permissions.may(signed.roles, "issue-token")
    told = {
        "id": found.member,
        "name": found.name,
        "roles": sorted(found.roles_at(at), key=permissions.ROLES.index),
        "department": found.department,
        "departments": call.application.departments_at(at).with_all_below(found.department),
        "leaves_at": disclosure.deadline(
            found.leaves_at, holder=member, state="", department=found.department
        ),
        "tokens": _tokens(found) if may_see_tokens else None,
        "version": found.version,
        "at": at,
    }
    return call.answer(told, version=found.version)


@router.get(
    "/v1/members/{member}/rights",
    **query(
        "people",
        "What a member may do and ask as of an instant",
        MemberRightsTold,
        permission="see-members",
        problems=["not-found"],
        is_view=False,
    ),
)
def member_rights(
    member: MemberId, asked: Annotated[MemberQuestions, Query()], call: Asked
) -> Answer:
    """Every permission with how far it reaches, by the roles, the departments and the rules of that
    instant. What he may do with one customer: `GET /v1/customers/{customer_id}/may?member=`."""
    at = asked.at or call.signed().at
    found = call.application.member_at(member, at)
    roles = found.roles_at(at)
    rules = call.rulebooks().in_force(at)
    reach = {
        name: permissions.condition_of(roles, permissions.permitted(name, rules))
        for name in permissions.PERMISSIONS
    }
    told = {
        "member": found.member,
        "roles": sorted(roles, key=permissions.ROLES.index),
        "departments": call.application.departments_at(at).with_all_below(found.department),
        "permissions": [
            {"permission": name, "condition": condition}
            for name, condition in reach.items()
            if condition is not None
        ],
        "at": at,
    }
    return call.answer(told)


@router.patch(
    "/v1/members/{member}",
    **command("people", "Change roles or department", StreamReceipt, permission="change-member"),
)
def change_member(member: MemberId, body: MemberChangesBody, call: Commanded) -> Answer:
    """Sets roles, department, or both, from now on (administrators)."""
    receipt = call.application.change_member(
        call.order, member, roles=body.roles, department=body.department
    )
    return call.answer(receipt)


@router.get(
    "/v1/members/{member}/tokens",
    **query(
        "people",
        "A member's tokens",
        TokenPage,
        permission="see-tokens",
        problems=["not-found"],
        is_view=False,
    ),
)
def tokens(member: MemberId, call: Asked) -> Answer:
    """The tokens that are not revoked, with their last use: the caller's own, or a member's
    (administrators)."""
    signed = call.signed()
    require_for(signed, "see-tokens", member=member)
    found = call.application.member_at(member)
    used = last_uses(call.service.database, found.tokens)
    items = [
        {
            **told,
            "last_used_at": use.at if use else None,
            "last_client": use.client if use else None,
        }
        for told, use in zip(_tokens(found), map(used.get, found.tokens), strict=True)
    ]
    return call.answer({"items": items, "at": signed.at}, version=found.version)


@router.post(
    "/v1/members/{member}/tokens",
    **command("people", "Make a bearer token", TokenReceipt, permission="issue-token", status=201),
)
def issue_token(
    member: MemberId, call: Commanded, body: Annotated[TokenBody | None, Body()] = None
) -> Answer:
    """Makes a token and shows it this once: its secret is kept nowhere (administrators)."""
    body = body or TokenBody()
    receipt = call.application.issue_token(
        call.order,
        member,
        expires_at=body.expires_at,
        name=body.name or "",
        scopes=body.scopes,
    )
    return call.answer(receipt, status=201)


@router.delete(
    "/v1/members/{member}/tokens/{token_id}",
    **command(
        "people",
        "Revoke a bearer token",
        StreamReceipt,
        permission="revoke-token",
        without=["too-large", "unsupported-type"],
    ),
)
def revoke_token(member: MemberId, token_id: TokenId, call: Commanded) -> Answer:
    """Makes a token void from now on (administrators)."""
    return call.answer(call.application.revoke_token(call.order, member, token_id))


def _line(found: members_view.MemberLine, disclosure: Disclosure) -> dict[str, Any]:
    return {
        "id": found.member,
        "name": found.name,
        "roles": sorted(found.roles, key=permissions.ROLES.index),
        "department": found.department,
        "joined_at": found.joined_at,
        "leaves_at": disclosure.deadline(
            found.leaves_at, holder=found.member, state="", department=found.department
        ),
    }


def _tokens(member: Member) -> list[dict[str, Any]]:
    return [
        {
            "token_id": token.token_id,
            "name": token.name,
            "scopes": None if token.scopes is None else sorted(token.scopes),
            "issued_at": token.issued_at,
            "expires_at": token.expires_at,
        }
        for token in member.tokens.values()
    ]
