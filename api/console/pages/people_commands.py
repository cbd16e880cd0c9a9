"""Commands on a member, as forms; what is a secret is shown once, by the answer itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from api.console.filling import typed_of
from api.console.forms import called, checked
from api.console.member_actions import BY_COMMAND, LEAVERS_MAX, MemberAction
from api.console.page_calls import Filled, Page, Shown, go_on, page_call, page_of
from api.console.page_route import pages
from api.console.troubles import Trouble, trouble_of
from api.models.fields import Body
from api.routes.lists import portfolio
from api.routes.members import MemberQuestions, member_at
from api.routes.parameters import MemberId, Paged
from api.routes.sign_in import SessionId, end_session, set_password
from domain.errors import NotSignedIn

router = pages()
_SET_PASSWORD: Final = MemberAction("set-password", set_password, is_final=True, is_once=True)


class _SessionCase(Body):
    session_id: SessionId


@dataclass(frozen=True, slots=True)
class Secret:
    """What is shown this once. until: when it is void; None: when it is revoked."""

    kind: str
    value: str | None
    until: Any = None


@router.get("/people/{member}/set-password")
def password_form(member: MemberId, page: Shown) -> Response:
    """Asks whether a one-time password is to be made."""
    return _form(page, member, _SET_PASSWORD, {})


@router.post("/people/{member}/set-password")
async def password_set(member: MemberId, request: Request) -> Response:
    """Makes the one-time password and shows it; the member's sessions end."""
    page = await to_thread.run_sync(page_of, await page_call(request))
    try:
        told = (await set_password(member, page.call_of(set_password), request)).told
    except NotSignedIn:
        raise
    except Exception as error:  # noqa: BLE001  raised again where no handler knows it
        problem = await trouble_of(request, error)
        typed = typed_of(request)
        return await to_thread.run_sync(
            lambda: _form(page, member, _SET_PASSWORD, typed, problem=problem)
        )
    secret = Secret("password", told["password"], told["expires_at"])
    return await to_thread.run_sync(lambda: _secret(page, member, secret))


@router.post("/people/{member}/end-session")
def session_ended(member: MemberId, sent: Filled, request: Request) -> Response:
    """Ends one of the member's sessions; nothing is typed that could be lost."""
    case = checked(_SessionCase, {"session_id": sent.typed.get("session_id", "")})
    end_session(case.session_id, sent.page.call_of(end_session), request)
    return go_on(f"/people/{member}?done=end-session")


@router.get("/people/{member}/{command}")
def command_form(member: MemberId, command: str, page: Shown) -> Response:
    """The form of one command, with what is so now."""
    action = called(BY_COMMAND, command)
    told = page.ask(member_at, member, MemberQuestions())
    typed = {"department": told["department"]} | {f"roles:{role}": "on" for role in told["roles"]}
    return _form(page, member, action, typed if command == "change-member" else {})


@router.post("/people/{member}/{command}")
def acted(member: MemberId, command: str, sent: Filled) -> Response:
    """The command, as over HTTP. What was typed stays in the form where it was in vain."""
    action = called(BY_COMMAND, command)
    done = sent.done(lambda: action.run(member, sent.typed, sent.zone, sent.call))
    page = sent.page
    if isinstance(done, Trouble):
        return _form(page, member, action, sent.typed, problem=done)
    if action.is_once:
        return _secret(page, member, Secret("token", done.told.get("token")))
    return go_on(f"/people/{member}?position={done.told['position']}&done={command}")


def _form(
    page: Page,
    member: str,
    action: MemberAction,
    typed: Mapping[str, str],
    *,
    problem: Trouble | None = None,
) -> Response:
    """The form over what the member is now; for whom the command is not, there is none."""
    if problem is None:
        page.call_of(action.route).signed()
    told = page.ask(member_at, member, MemberQuestions())
    held = None
    if action.command == "leave":
        held = page.at_the_end().ask_if_allowed(portfolio, member, Paged(limit=LEAVERS_MAX))
    return page.show_form(
        "member_action.html",
        {
            "member": told,
            "action": action,
            "held": held and _handed_over(held["items"], _taken(typed)),
            "more_held": held and held["next"] is not None,
            "position": page.written(),
            "at": told["at"],
        },
        typed,
        problem,
    )


def _taken(typed: Mapping[str, str]) -> dict[str, str]:
    """Who was named to take over which customer: what he holds may have changed meanwhile."""
    return {
        typed.get(f"hand_over.{row}.customer_id", ""): to
        for row in range(LEAVERS_MAX)
        if (to := typed.get(f"hand_over.{row}.to", ""))
    }


def _handed_over(held: Sequence[Any], taken: dict[str, str]) -> list[dict[str, Any]]:
    """A row a customer, with who was named to take it over; of one that he holds no more, too."""
    rows = [
        {
            "customer_id": card["customer_id"],
            "name": card["name"],
            "state": card["state"],
            "to": taken.pop(str(card["customer_id"]), ""),
        }
        for card in held
    ]
    gone = [
        {"customer_id": customer_id, "name": customer_id, "state": None, "to": to}
        for customer_id, to in taken.items()
    ]
    return [*gone, *rows][:LEAVERS_MAX]


def _secret(page: Page, member: str, secret: Secret) -> Response:
    told = {"member": member, "secret": secret, "position": page.written()}
    return page.show("secret.html", told | {"at": page.signed.at})
