"""Errors on their way out: each becomes the problem of its row.

The first check of every request is who sent it (design §5), so what is malformed is told only
to somebody signed in: those handlers authenticate before they answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from eventsourcing.domain import EventSourcingError
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.access.entries import Entry
from api.access.log import AccessLog
from api.disclosure import Disclosure
from api.envelope import BODY_BYTES_MAX
from api.languages import preferred_language
from api.logs import access_log
from api.problems.errors import MethodNotAllowed, TooLarge, UnsupportedType
from api.problems.rendering import problem_of
from api.problems.table import row_of
from api.problems.validation import field_problems
from api.security import CHALLENGE, credentials_of
from api.trace import trace_of
from domain.application import Tenure
from domain.errors import (
    AlreadyProtected,
    FieldProblem,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    OwnDecision,
    TenureError,
    Unavailable,
)

_OPEN_PATHS = ("/health/", "/problems/", "/openapi.json", "/v1/sign-in")


class Handlers:
    """The exception handlers around one application."""

    def __init__(self, application: Tenure, access: AccessLog) -> None:
        self._application = application
        self._access = access
        self._log = access_log()

    def install(self, app: FastAPI) -> None:
        """Register them all."""
        app.add_exception_handler(TenureError, self.broken_rule)
        app.add_exception_handler(NotAllowed, self.not_permitted)
        app.add_exception_handler(OwnDecision, self.not_permitted)
        app.add_exception_handler(AlreadyProtected, self.held_by_another)
        app.add_exception_handler(Invalid, self.malformed)
        app.add_exception_handler(RequestValidationError, self.malformed)
        app.add_exception_handler(HTTPException, self.http_error)
        app.add_exception_handler(EventSourcingError, self.storage_failure)

    async def broken_rule(self, request: Request, error: Exception) -> Response:
        """A rule, a permission, an id that is not there."""
        return answer_to(request, error)

    def not_permitted(self, request: Request, error: Exception) -> Response:
        """Who wanted what he may not is kept before he is told so (S0-25)."""
        try:
            self._access.record(_refusal(request, error, self._way_in(request)))
        except Unavailable as instead:
            return answer_to(request, instead)
        return answer_to(request, error)

    def _way_in(self, request: Request) -> tuple[UUID | None, UUID | None]:
        """By which token or session the request came."""
        try:
            signed = self._application.authenticate(credentials_of(request))
        except (TenureError, EventSourcingError):
            return None, None  # Ended since; who it was is known all the same.
        return signed.token_id, signed.session_id

    def held_by_another(self, request: Request, error: Exception) -> Response:
        """A rival learns the deadline no more exactly than by asking (A-34)."""
        if isinstance(error, AlreadyProtected):
            try:
                error = self._disclosed(request, error)
            except (TenureError, EventSourcingError) as instead:
                return answer_to(request, instead)
        return answer_to(request, error)

    def malformed(self, request: Request, error: Exception) -> Response:
        """Malformed input, told to those who are signed in."""
        if isinstance(error, RequestValidationError):
            error = Invalid(*field_problems(error.errors()))
        return self._told_to_members(request, error)

    def http_error(self, request: Request, error: Exception) -> Response:
        """What the framework raises: no such address or method, and bodies that cannot be read."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 404:
            return answer_to(request, NotFound("address", request.url.path))
        if status == 405:
            return answer_to(request, MethodNotAllowed(request.method, _allowed(error)))
        if status == 413:
            return self._told_to_members(request, TooLarge(BODY_BYTES_MAX))
        if status == 415:
            return self._told_to_members(request, UnsupportedType())
        return self._told_to_members(request, _no_json())

    async def storage_failure(self, request: Request, error: Exception) -> Response:
        """The event store failed: passing, or a defect."""
        row = row_of(error)
        log = self._log.warning if row.status == 503 else self._log.error
        log(
            "storage failed",
            request_id=trace_of(request.scope).request_id,
            error=type(error).__name__,
            exc_info=error if row.status == 500 else None,
        )
        return answer_to(request, error)

    def _disclosed(self, request: Request, error: AlreadyProtected) -> AlreadyProtected:
        signed = self._application.authenticate(credentials_of(request))
        disclosure = Disclosure(signed, self._application)
        veil = disclosure.veil(
            holder=error.holder, state=error.stage, department=None, claimed_at=error.claimed_at
        )
        told = replace(
            error,
            claimed_at=veil.shown(error.claimed_at),
            until=disclosure.deadline(error.until, holder=error.holder, state=error.stage),
        )
        told.position, told.replayed = error.position, error.replayed
        return told

    def _told_to_members(self, request: Request, error: Exception) -> Response:
        if not request.url.path.startswith(_OPEN_PATHS):
            try:
                self._application.authenticate(credentials_of(request))
            except (TenureError, EventSourcingError) as instead:
                return answer_to(request, instead)
        return answer_to(request, error)


def answer_to(request: Request, error: Exception) -> Response:
    """The problem of `error`, in the language of the request."""
    trace = trace_of(request.scope)
    trace.slug = row_of(error).slug
    answer = problem_of(
        error,
        language=preferred_language(request.headers.get("accept-language")),
        request_id=trace.request_id,
    )
    if isinstance(error, NotSignedIn):
        answer.headers["WWW-Authenticate"] = (
            f'{CHALLENGE}, error="invalid_token"'
            if "authorization" in request.headers
            else CHALLENGE
        )
    if isinstance(error, MethodNotAllowed):
        answer.headers["Allow"] = ", ".join(error.allowed)
    return answer


def _refusal(request: Request, error: Exception, way_in: tuple[UUID | None, UUID | None]) -> Entry:
    """What was refused to whom. Both errors come after the member was signed in."""
    token_id, session_id = way_in
    facts: dict[str, Any] = {"method": request.method, "route": _route(request)}
    if isinstance(error, NotAllowed):
        right = error.command
    else:
        right = "own-decision"
        facts["position"] = getattr(error, "position", None)
    trace = trace_of(request.scope)
    return Entry(
        "refused",
        trace.member,
        right,
        _customer(request),
        facts,
        trace.request_id,
        trace_of(request.scope).client,
        token_id=token_id,
        session_id=session_id,
    )


def _route(request: Request) -> str:
    """The template of the address: what was typed into it is nobody's to keep."""
    return str(getattr(request.scope.get("route"), "path", ""))


def _customer(request: Request) -> UUID | None:
    """The customer that the address names, if it names one."""
    try:
        return UUID(str(request.path_params["customer_id"]))
    except (KeyError, ValueError):
        return None


def _allowed(error: Exception) -> list[str]:
    headers = getattr(error, "headers", None) or {}
    return sorted(str(headers.get("Allow", "")).split(", "))


def _no_json() -> Invalid:
    return Invalid(
        FieldProblem(
            "body", "no-json", "正文不是有效的 JSON（UTF-8）", "is not valid JSON in UTF-8"
        )
    )
