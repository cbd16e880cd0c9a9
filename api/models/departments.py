"""The departments as bodies and answers."""

from __future__ import annotations

from typing import Annotated, Literal

from api.models.customers import At, Next, ViewPosition
from api.models.fields import EXAMPLE_INSTANT, Body, Instant, Told, described


class DepartmentBody(Body):
    """Where a department is to stand."""

    parent: Annotated[
        str | None, described("The department directly above it; null: none.", "销售部")
    ]


class PermissionTold(Told):
    """A permission and how far it reaches."""

    permission: Annotated[
        str, described("The command or question, as in docs/permissions.md.", "transfer")
    ]
    condition: Annotated[
        Literal["any", "department", "own"],
        described(
            "`any`: everything; `department`: what belongs to `departments`; `own`: the member "
            "himself, what he holds, or a group of his.",
            "department",
        ),
    ]


class MemberLineTold(Told):
    """A member as a line of a list."""

    id: Annotated[str, described("Sign-in name.", "zhang-wei")]
    name: Annotated[str, described("Name for people.", "张伟")]
    roles: Annotated[list[str], described("Roles of now; none once he has left.", ["seller"])]
    department: Annotated[str, described("Department of now.", "一部")]
    joined_at: Annotated[Instant, described("When he was added.", EXAMPLE_INSTANT)]
    leaves_at: Annotated[
        Instant | None,
        described("From when on he has no rights; null: is not leaving.", None),
    ]


class DepartmentMembersTold(Told):
    """How many are in a department."""

    department: Annotated[str, described("The department.", "一部")]
    members: Annotated[int, described("Members of it who have not left.", 12)]


class MemberPage(Told):
    """Members, by their sign-in names."""

    items: Annotated[list[MemberLineTold], described("The members.", [])]
    departments: Annotated[
        list[DepartmentMembersTold],
        described("Every department that has members, whatever the filters.", []),
    ]
    next: Next
    position: ViewPosition
    at: At


class MemberRightsTold(Told):
    """What a member may do and ask at an instant."""

    member: Annotated[str, described("Sign-in name.", "zhang-wei")]
    roles: Annotated[list[str], described("Roles at that instant.", ["manager"])]
    departments: Annotated[
        list[str], described("His department and all below it at that instant.", ["一部"])
    ]
    permissions: Annotated[
        list[PermissionTold],
        described("Every permission that the roles give, by the rules of that instant.", []),
    ]
    at: At


class DepartmentTold(Told):
    """A department and where it stands."""

    name: Annotated[str, described("The department.", "一部")]
    parent: Annotated[str | None, described("The one directly above it; null: none.", "销售部")]
    above: Annotated[list[str], described("All above it, the nearest first.", ["销售部"])]


class DepartmentsTold(Told):
    """The tree as of an instant."""

    items: Annotated[
        list[DepartmentTold], described("Departments, each before those below it.", [])
    ]
    at: At
