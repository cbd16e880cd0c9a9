"""Signing in with a browser: sessions, passwords. Programs send bearer tokens and need none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, TypeVar
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.answers import Answer
from api.models.fields import EXAMPLE_ID
from api.models.sign_in import (
    EndedTold,
    OneTimePasswordTold,
    PasswordBody,
    PasswordTold,
    SessionPage,
    SignedInTold,
    SignInBody,
)
from api.openapi import public_command, query
from api.routes.calls import Asked, QueryCall, require_for
from api.routes.parameters import MemberId, Questions
from api.security import COOKIE, DEVICE_COOKIE, client_key, cookie_of, session_of
from api.sign_in.errors import TooManyRequests
from api.sign_in.passwords import TURNED_AWAY, Origin
from api.sign_in.sessions import Opened, Session, csrf_token
from api.strict_route import StrictRoute
from api.trace import trace_of
from domain import permissions, scopes
from domain.errors import NotFound, NotSignedIn
from domain.orders import Credentials, Signed

Result = TypeVar("Result")
SECONDS_A_YEAR = 365 * 86_400
SessionId = Annotated[UUID, Path(description="Id of the session.", examples=[EXAMPLE_ID])]
router = APIRouter(route_class=StrictRoute)


@router.post(
    "/v1/sign-in",
    **public_command(
        "people",
        "Sign in",
        SignedInTold,
        problems=["sign-in-failed", "password-change-due"],
    ),
)
async def sign_in(body: SignInBody, request: Request) -> Answer:
    """Begins a session under a fresh cookie; the session of an older cookie ends.

    Not `def`: whoever waits for a processor to hash a password must not hold a thread meanwhile.
    """
    service, origin = request.app.state.service, origin_of(request)

    def enter() -> Answer:
        opened = service.sign_in.with_password(
            body.member, body.password, origin, new_password=body.new_password
        )
        signed = service.application.authenticate(_credentials(opened.session))
        answer = Answer(_told_signed(signed, opened.session, opened.secret))
        give_cookies(answer, opened, request)
        return answer

    return await _hashing(request, enter)


@router.put(
    "/v1/password",
    **query(
        "people",
        "Change one's password",
        PasswordTold,
        permission="change-password",
        problems=["csrf", "sign-in-failed", "too-large", "unsupported-type"],
        is_view=False,
    ),
)
async def change_password(body: PasswordBody, call: Asked, request: Request) -> Answer:
    """Sets the caller's password; the other sessions end."""

    def change() -> Answer:
        signed = call.signed()
        call.service.sign_in.change(
            signed.member, body.current, body.new, origin_of(request), session=signed.session_id
        )
        return call.answer({"member": signed.member})

    return await _hashing(request, change)


@router.post(
    "/v1/members/{member}/password",
    status_code=201,
    **query(
        "people",
        "Set a one-time password",
        OneTimePasswordTold,
        permission="set-password",
        problems=["csrf", "not-found"],
        is_view=False,
    ),
)
async def set_password(member: MemberId, call: Asked, request: Request) -> Answer:
    """Makes a password that must be changed with the first sign-in, and shows it this once; the
    member's sessions end (administrators)."""

    def make() -> Answer:
        signed = call.signed()
        scopes.require_no_wider(signed.scopes, call.permission, None)
        password, expires_at = call.service.sign_in.set_one_time(
            member, by=signed.member, origin=origin_of(request)
        )
        told = {"member": member, "password": password, "expires_at": expires_at}
        return Answer(told, status=201)

    return await _hashing(request, make)


@router.post(
    "/v1/sign-out",
    **query(
        "people",
        "Sign out",
        EndedTold,
        permission="end-session",
        problems=["csrf", "not-found"],
        is_view=False,
    ),
)
def sign_out(call: Asked, request: Request) -> Answer:
    """Ends the session of the cookie. A bearer token has none: revoke it instead."""
    signed = call.signed()
    if signed.session_id is None:
        raise NotFound("session", "-")
    answer = _end(call, signed, signed.session_id, request)
    answer.headers.append("Set-Cookie", cookie_of_host(COOKIE, "", seconds=0))
    return answer


@router.get(
    "/v1/session",
    **query("people", "Who am I?", SignedInTold, permission="see-session", is_view=False),
)
def this_session(call: Asked, request: Request) -> Answer:
    """Who is signed in; for a session also what its commands must send as `X-CSRF-Token`."""
    signed = call.signed()
    if signed.session_id is None:
        return call.answer(_told_signed(signed))
    session, secret = session_of(request)
    return call.answer(_told_signed(signed, session, secret))


class SessionQuestions(Questions):
    """Whose sessions."""

    member: Annotated[
        str | None,
        Field(description="Whose; left out: the caller's.", examples=[None], max_length=100),
    ] = None


@router.get(
    "/v1/sessions",
    **query("people", "Live sessions", SessionPage, permission="see-sessions", is_view=False),
)
def sessions(asked: Annotated[SessionQuestions, Query()], call: Asked) -> Answer:
    """The caller's sessions, or a member's (administrators)."""
    signed = call.signed()
    member = asked.member if asked.member is not None else signed.member
    require_for(signed, "see-sessions", member=member)
    found = call.service.sessions.of(member, signed.at)
    items = [_told(session, is_this=session.session_id == signed.session_id) for session in found]
    return call.answer({"items": items, "at": signed.at})


@router.delete(
    "/v1/sessions/{session_id}",
    **query(
        "people",
        "End a session",
        EndedTold,
        permission="end-session",
        problems=["csrf", "not-found"],
        is_view=False,
    ),
)
def end_session(session_id: SessionId, call: Asked, request: Request) -> Answer:
    """Ends a session of the caller, or of anybody (administrators)."""
    return _end(call, call.signed(), session_id, request)


def give_cookies(answer: Response, opened: Opened, request: Request) -> None:
    """The cookies of a session that has begun, and of the device; an older session ends."""
    end_old_session(request)
    session = opened.session
    device = request.app.state.service.sign_in.device_cookie(session.member)
    lifetime = int((session.expires_at - session.created_at).total_seconds())
    answer.headers.append("Set-Cookie", cookie_of_host(COOKIE, opened.secret, seconds=lifetime))
    answer.headers.append(
        "Set-Cookie", cookie_of_host(DEVICE_COOKIE, device, seconds=SECONDS_A_YEAR)
    )


def end_old_session(request: Request) -> None:
    """A cookie that came along is not the new session's, and its session ends."""
    try:
        session, _ = session_of(request)
    except NotSignedIn:
        return
    service = request.app.state.service
    service.sign_in.sign_out(
        session.session_id, by=session.member, origin=origin_of(request), member=session.member
    )


def origin_of(request: Request) -> Origin:
    """Where a sign-in comes from."""
    trace = trace_of(request.scope)
    return Origin(trace.client, trace.request_id, cookie_of(request, DEVICE_COOKIE))


async def counted_sign_in(request: Request, method: str) -> None:
    """One more sign-in of the client. Raises TooManyRequests past the limit; the first of a minute
    that is turned away so is kept in the access log."""
    try:
        request.app.state.limits.count("sign-in", client_key(request))
    except TooManyRequests as error:
        if error.is_first:
            sign_in = request.app.state.service.sign_in
            await to_thread.run_sync(sign_in.failed, method, origin_of(request), TURNED_AWAY)
        raise


async def _hashing(request: Request, call: Callable[[], Result]) -> Result:
    """`call`, which hashes a password, when its turn has come. Raises Unavailable,
    TooManyRequests."""
    await counted_sign_in(request, "password")
    async with request.app.state.gate.entered():
        return await to_thread.run_sync(call)


def _end(call: QueryCall, signed: Signed, session_id: UUID, request: Request) -> Answer:
    row = permissions.PERMISSIONS["end-session"]
    may_any = permissions.condition_of(signed.roles, row) == "any"
    is_ended = call.service.sign_in.sign_out(
        session_id,
        by=signed.member,
        origin=origin_of(request),
        member=None if may_any else signed.member,
    )
    if not is_ended:
        raise NotFound("session", session_id)
    return call.answer({"session_id": session_id})


def _credentials(session: Session) -> Credentials:
    return Credentials(session.member, None, session.session_id)


def _told_signed(
    signed: Signed, session: Session | None = None, secret: str | None = None
) -> dict[str, Any]:
    return {
        "member": signed.member,
        "name": signed.name,
        "roles": sorted(signed.roles, key=permissions.ROLES.index),
        "department": signed.department,
        "session_id": session.session_id if session else None,
        "expires_at": session.expires_at if session else None,
        "csrf_token": csrf_token(secret) if secret else None,
    }


def _told(session: Session, *, is_this: bool) -> dict[str, Any]:
    return {**asdict(session), "is_this": is_this}


def cookie_of_host(name: str, value: str, *, seconds: int) -> str:
    """For this host alone, over TLS alone, out of reach of scripts and of other sites' forms."""
    return f"{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"
