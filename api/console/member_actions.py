"""What can be done with a member, as forms: each command with its fields and its route.

The rules are not here: the command decides. Addresses name members in their own folder, where a
member may have any sign-in name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from api.answers import Answer
from api.console.catalogue import marked
from api.console.forms import Entry, body_of, checked
from api.models import bodies
from api.models.fields import Body
from api.models.hand_over import LeaveBody
from api.routes import hand_over, members
from api.routes.calls import CommandCall
from api.routes.parameters import TokenId
from domain.permissions import ROLES

Route = Callable[..., Answer]
ROLE_BOXES: Final = Entry("roles", marked("Roles"), "boxes", True, ROLES, "role")
DEPARTMENT: Final = Entry("department", marked("Department"))
LEAVERS_MAX: Final = 50
"""So many customers are handed over in one form, which browsers send in two fields each."""


@dataclass(frozen=True, slots=True)
class MemberAction:
    """One command on a member. case: the field that says which of his tokens is meant, and stands
    in the address over HTTP; its name is the route's. is_once: its answer holds a secret."""

    command: str
    route: Route
    model: type[BaseModel] | None = None
    entries: tuple[Entry, ...] = ()
    case: str = ""
    is_final: bool = False
    is_once: bool = False

    def run(self, member: str, typed: Mapping[str, str], zone: str, call: CommandCall) -> Answer:
        """The command, by the route that serves it over HTTP. Raises Invalid and what it raises."""
        about: dict[str, Any] = {}
        if self.model is not None:
            entries = (*self.entries, *handed_over(typed))
            about["body"] = checked(self.model, body_of(entries, typed, zone))
        if self.case:
            about[self.case] = checked(_TokenCase, {self.case: typed.get(self.case, "")}).token_id
        return self.route(member=member, call=call, **about)


class _TokenCase(Body):
    token_id: TokenId


def handed_over(typed: Mapping[str, str]) -> list[Entry]:
    """The fields that say who takes over which customer, where somebody was named."""
    return [
        Entry(f"hand_over.{row}.{name}", "")
        for row in range(LEAVERS_MAX)
        if typed.get(f"hand_over.{row}.to", "").strip()
        for name in ("customer_id", "to")
    ]


ACTIONS: Final = (
    MemberAction(
        "change-member", members.change_member, bodies.MemberChangesBody, (ROLE_BOXES, DEPARTMENT)
    ),
    MemberAction(
        "issue-token",
        members.issue_token,
        bodies.TokenBody,
        (
            Entry("name", marked("What it is for"), is_required=False),
            Entry(
                "expires_at",
                marked("Void from"),
                "instant",
                is_required=False,
                hint=marked("Left blank: until it is revoked."),
            ),
            Entry(
                "scopes",
                marked("Limited to"),
                "lines",
                is_required=False,
                hint=marked(
                    "One a line: read, write, or the name of a permission."
                    " Left blank: to nothing but the member's own rights."
                ),
            ),
        ),
        is_once=True,
    ),
    MemberAction("revoke-token", members.revoke_token, case="token_id", is_final=True),
    MemberAction(
        "leave",
        hand_over.leave,
        LeaveBody,
        (
            Entry(
                "leaves_at",
                marked("Leaves at"),
                "instant",
                is_required=False,
                hint=marked("Left blank: from now on."),
            ),
            Entry("reason", marked("Reason"), "area"),
        ),
        is_final=True,
    ),
)
BY_COMMAND: Final[Mapping[str, MemberAction]] = {action.command: action for action in ACTIONS}
