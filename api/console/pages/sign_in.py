"""Signing in and out, and the password: the same sessions as over HTTP (S1-295)."""

from __future__ import annotations

from functools import partial
from typing import Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.answers import Answer
from api.console.catalogue import marked
from api.console.filling import typed_of, visible
from api.console.forms import Entry, body_of, checked
from api.console.page_calls import Page, Shown, go_on, page_call, page_of
from api.console.page_route import pages
from api.console.rendering import rendered
from api.console.signing_in import NEXT, PAGE, SEE_OTHER, carried_in, local, sign_in_form
from api.console.troubles import Trouble, trouble_of
from api.models.sign_in import PasswordBody, SignInBody
from api.routes.sign_in import change_password, sign_in, sign_out
from domain.errors import NotSignedIn, TenureError

router = pages()
CHANGE_DUE: Final = "password-change-due"
SIGN_IN: Final = (
    Entry("member", marked("Sign-in name")),
    Entry("password", marked("Password"), "secret"),
    Entry("new_password", marked("New password"), "secret", is_required=False),
)
PASSWORD: Final = (
    Entry("current", marked("Password so far"), "secret"),
    Entry("new", marked("New password"), "secret"),
)


@router.get(PAGE)
async def sign_in_page(request: Request) -> Response:
    """The form, which leads on to where the reader wanted to go."""
    return sign_in_form(request, next_page=request.query_params.get("next", "/"), carried={})


@router.post(PAGE)
async def signed_in(request: Request) -> Response:
    """Begins a session and goes on; a form that was carried along is offered to be sent again."""
    typed = typed_of(request)
    carried, next_page = carried_in(typed), local(typed.get(NEXT, "/"))
    try:
        body = checked(SignInBody, body_of(SIGN_IN, typed, "Z"))
        answer = await sign_in(body, request)
    except TenureError as error:
        trouble = await trouble_of(request, error)
        return sign_in_form(
            request,
            next_page=next_page,
            carried=carried,
            status=trouble.status,
            problem=trouble,
            member=typed.get("member", ""),
            new=trouble.slug == CHANGE_DUE or bool(typed.get("new_password")),
        )
    if not carried:
        return _with_cookies(RedirectResponse(next_page, SEE_OTHER), answer)
    told = {"next_page": next_page, "carried": carried, "csrf": answer.told["csrf_token"]}
    return _with_cookies(rendered(request, "resend.html", told), answer)


@router.post("/sign-out")
async def signed_out(request: Request) -> Response:
    """Ends the session."""
    try:
        page = await to_thread.run_sync(page_of, await page_call(request))
        answer = await to_thread.run_sync(sign_out, page.call_of(sign_out), request)
    except NotSignedIn:
        return go_on(PAGE)
    return _with_cookies(go_on(PAGE), answer)


@router.get("/password")
def password_page(page: Shown) -> Response:
    """The form to change one's password."""
    return _password_form(page)


@router.post("/password")
async def password_changed(request: Request) -> Response:
    """Changes the password; the other sessions end."""
    page = await to_thread.run_sync(page_of, await page_call(request))
    try:
        body = checked(PasswordBody, body_of(PASSWORD, visible(typed_of(request)), "Z"))
        await change_password(body, page.call_of(change_password), request)
    except TenureError as error:
        problem = await trouble_of(request, error)
        return await to_thread.run_sync(partial(_password_form, page, problem=problem))
    return await to_thread.run_sync(partial(_password_form, page, is_done=True))


def _password_form(
    page: Page, *, problem: Trouble | None = None, is_done: bool = False
) -> Response:
    told = {"entries": PASSWORD, "typed": {}, "problem": problem, "is_done": is_done}
    return page.show("password.html", told, status=problem.status if problem else 200)


def _with_cookies(answer: Response, of: Answer) -> Response:
    """The answer, with the cookies that another one sets."""
    for value in of.headers.getlist("set-cookie"):
        answer.headers.append("Set-Cookie", value)
    return answer
