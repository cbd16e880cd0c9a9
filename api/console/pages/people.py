"""People: members by name, department and role, the tree of departments, and one member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from api.console.catalogue import marked
from api.console.forms import Entry, asked, body_of, checked
from api.console.member_actions import ACTIONS, DEPARTMENT, ROLE_BOXES
from api.console.page_calls import Filled, Page, Shown, go_on
from api.console.page_route import pages
from api.console.troubles import Trouble
from api.models.bodies import MemberBody
from api.models.departments import DepartmentBody
from api.models.fields import Body
from api.routes.board import LoadQuestions, load_of
from api.routes.departments import (
    DepartmentName,
    DepartmentQuestions,
    departments_at,
    place_department,
)
from api.routes.lists import portfolio
from api.routes.members import (
    MemberQuestions,
    MembersQuestions,
    add_member,
    member_at,
    member_rights,
    members,
    tokens,
)
from api.routes.parameters import MemberId, Paged
from api.routes.sign_in import SessionQuestions, sessions
from domain.permissions import ROLES

router = pages()
ROWS: Final = 40
HELD_ROWS: Final = 10
FILTERS: Final = ("name", "department", "role", "standing")
STANDINGS: Final = ("active", "leaving", "left")
NEW: Final = (
    Entry(
        "id",
        marked("Sign-in name"),
        hint=marked("Lower-case letters, digits, hyphens, underscores. It stays for ever."),
    ),
    Entry("name", marked("Name of the person")),
    DEPARTMENT,
    ROLE_BOXES,
)
PLACING: Final = (
    Entry("name", marked("Department")),
    Entry(
        "parent",
        marked("Below the department"),
        is_required=False,
        hint=marked("Left blank: below none."),
    ),
)


class _Named(Body):
    name: DepartmentName


@router.get("/people")
def people_page(page: Shown) -> Response:
    """Members under the filters of the address, and every department with how many it has."""
    sent = {"limit": str(ROWS), **page.request.query_params}
    told = page.ask(members, asked(MembersQuestions, sent))
    return page.show(
        "people.html",
        {
            **told,
            "members": told["items"],
            "filters": {name: sent[name] for name in FILTERS if sent.get(name)},
            "tree": _tree(page, told["departments"]),
            "roles": ROLES,
            "standings": STANDINGS,
            "may_add": page.may("add-member"),
            "may_place": page.may("place-department"),
            "done": page.request.query_params.get("done"),
        },
    )


@router.get("/people/{member}")
def member_page(member: MemberId, page: Shown) -> Response:
    """One member: roles, department, what he holds; for himself and administrators his tokens and
    sessions."""
    told = page.ask(member_at, member, MemberQuestions())
    load = page.ask_if_allowed(load_of, LoadQuestions(member=member, limit=1))
    held = page.ask_if_allowed(portfolio, member, Paged(limit=HELD_ROWS))
    used = page.ask_if_allowed(tokens, member)
    live = page.ask_if_allowed(sessions, SessionQuestions(member=member))
    return page.show(
        "member.html",
        {
            "member": told,
            "rights": page.ask(member_rights, member, MemberQuestions())["permissions"],
            "held": held and held["items"],
            "load": next(iter(load["items"]), None) if load else None,
            "more_held": held and held["next"] is not None,
            "tokens": used and used["items"],
            "sessions": live and live["items"],
            "commands": _commands(page),
            "key": page.new_key(),
            "done": page.request.query_params.get("done"),
            "position": page.written(),
            "at": told["at"],
        },
    )


@router.get("/add-member")
def add_page(page: Shown) -> Response:
    """The form of a new member."""
    page.call_of(add_member).signed()
    return _form(page, "add-member", NEW, {})


@router.post("/add-member")
def added(sent: Filled) -> Response:
    """Adds the member as over HTTP."""
    done = sent.done(
        lambda: add_member(checked(MemberBody, body_of(NEW, sent.typed, sent.zone)), sent.call)
    )
    if isinstance(done, Trouble):
        return _form(sent.page, "add-member", NEW, sent.typed, problem=done)
    address = f"/people/{sent.typed['id'].strip()}"
    return go_on(f"{address}?position={done.told['position']}&done=add-member")


@router.get("/place-department")
def place_page(page: Shown) -> Response:
    """The form that puts a department under another."""
    page.call_of(place_department).signed()
    typed = {name: page.request.query_params.get(name, "") for name in ("name", "parent")}
    return _form(page, "place-department", PLACING, typed)


@router.post("/place-department")
def placed(sent: Filled) -> Response:
    """Places the department as over HTTP, where its name stands in the address."""
    body = {"parent": None, **body_of(PLACING, sent.typed, sent.zone)}
    name = body.pop("name", "")
    done = sent.done(
        lambda: place_department(
            checked(_Named, {"name": name}).name, checked(DepartmentBody, body), sent.call
        )
    )
    if isinstance(done, Trouble):
        return _form(sent.page, "place-department", PLACING, sent.typed, problem=done)
    return go_on(f"/people?position={done.told['position']}&done=place-department")


def _form(
    page: Page,
    command: str,
    entries: Sequence[Entry],
    typed: Mapping[str, str],
    *,
    problem: Trouble | None = None,
) -> Response:
    told = {"command": command, "entries": entries}
    told |= {"position": page.written(), "at": page.signed.at}
    return page.show_form("person_form.html", told, typed, problem)


def _tree(page: Page, counts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every department, each before those below it; those that were never placed at the end."""
    members_of = {one["department"]: one["members"] for one in counts}
    found = [
        {"name": one["name"], "depth": len(one["above"]), "members": members_of.pop(one["name"], 0)}
        for one in page.ask(departments_at, DepartmentQuestions())["items"]
    ]
    return found + [
        {"name": name, "depth": 0, "members": count} for name, count in members_of.items()
    ]


def _commands(page: Page) -> list[str]:
    """The commands that have a form of their own and whose permission the reader has."""
    names = [action.command for action in ACTIONS if not action.case]
    return [name for name in (*names, "set-password") if page.may(name)]
