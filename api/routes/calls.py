"""What a route is given: the application, and who calls under which conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

from fastapi import Depends
from starlette.requests import Request

from api.answers import Answer, receipt_answer
from api.conditions import expected_version, idempotency_key, min_position, request_hash
from api.cursors import Cursors
from api.disclosure import Disclosure
from api.languages import CONTENT_LANGUAGES, Language, preferred_language
from api.openapi import PERMISSION
from api.security import caller
from api.trace import trace_of
from domain import permissions, scopes
from domain.application import Tenure
from domain.errors import Invalid, NotAllowed, ViewBehind
from domain.orders import Credentials, Order, Receipt, Signed
from domain.phones import PhoneProblem, normalise_phone
from projections.answers import require_ours
from projections.engine import ViewLagging

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

    from api.access.looks import Look
    from api.composition import Service

WAIT_SECONDS_MAX = 2.0


@dataclass(frozen=True, slots=True)
class CommandCall:
    """A command on its way in."""

    service: Service
    order: Order

    @property
    def application(self) -> Tenure:
        """Where the commands are."""
        return self.service.application

    def answer(
        self,
        receipt: Receipt,
        *,
        status: int = 200,
        told: Mapping[str, Any] | None = None,
        location: str | None = None,
    ) -> Answer:
        """The receipt as an answer; the views of this process are told that there is news."""
        self.service.wake()
        return receipt_answer(receipt, status=status, told=told, location=location)

    def for_a_stranger(self, receipt: Receipt) -> Receipt:
        """The receipt of a command that anybody may give on a customer of somebody else."""
        signed = self.application.authenticate(self.order.credentials)
        return Disclosure(signed, self.application).receipt(receipt)

    @contextmanager
    def settled_view(self, *names: str) -> Iterator[Cursor]:
        """A cursor on views that have reached everything written so far. Raises ViewBehind."""
        _wait_for(self.service, names, self.application.recorder.settled_position())
        with _behind_told(), self.service.database.autocommit() as cursor:
            yield cursor


@dataclass(frozen=True, slots=True)
class QueryCall:
    """A question on its way in. min_position: what the views must have reached. permission: the row
    of the table that its route names. looks: where the answer's entries of the access log wait for
    who asked, who keeps them before he shows it; None: they are kept before it is answered."""

    service: Service
    credentials: Credentials
    min_position: int | None
    language: Language
    request_id: str
    client: str | None
    permission: str
    looks: list[Look] | None = None

    @property
    def application(self) -> Tenure:
        """Where the log's own answers are."""
        return self.service.application

    def signed(self) -> Signed:
        """Who asks, with the rights of now. Raises NotSignedIn, NotAllowed."""
        signed = self.application.authenticate(self.credentials)
        require(signed, self.permission)
        return signed

    @contextmanager
    def view(self, *names: str) -> Iterator[Cursor]:
        """A cursor on views that have reached the asked position. Raises ViewBehind."""
        if self.min_position is not None:
            _wait_for(self.service, names, self.min_position)
        with _behind_told(), self.service.database.autocommit() as cursor:
            yield cursor

    @contextmanager
    def snapshot(self, *names: str) -> Iterator[Cursor]:
        """A cursor on views as they are now, however long it is read from. Raises ViewBehind."""
        if self.min_position is not None:
            _wait_for(self.service, names, self.min_position)
        with _behind_told(), self.service.database.snapshot() as cursor:
            require_ours(cursor, names)
            yield cursor

    def cursor_key(
        self, query: str, filters: Mapping[str, Any], after: str | None
    ) -> Sequence[Any] | None:
        """The key that a cursor stands for. Raises Invalid."""
        return self._cursors().key_of(query, filters, after)

    def page_answer(
        self,
        query: str,
        filters: Mapping[str, Any],
        *,
        items: Sequence[Any],
        following: Sequence[Any] | None,
        position: int,
        at: datetime,
        **more: Any,
    ) -> Answer:
        """A page: items, cursor of the next one, and the position and instant it is true at."""
        told = {
            "items": items,
            **more,
            "next": self._cursors().made(query, filters, following),
            "position": position,
            "at": at,
        }
        return self.answer(told, position=position)

    def cursor(
        self, query: str, filters: Mapping[str, Any], following: Sequence[Any] | None
    ) -> str | None:
        """The cursor of the next page; None on the last."""
        return self._cursors().made(query, filters, following)

    def answer(
        self, told: Any, *, position: int | None = None, version: int | None = None
    ) -> Answer:
        """An answer whose words are in the language of the request."""
        headers = {
            "Content-Language": CONTENT_LANGUAGES[self.language],
            "Vary": "Accept-Language",
        }
        return Answer(told, position=position, version=version, headers=headers)

    def _cursors(self) -> Cursors:
        return Cursors(self.application.sealer.keyed_hash)


def phone_hash_of(call: QueryCall, phone: str) -> str:
    """The keyed hash of a phone that was asked for. Raises Invalid."""
    try:
        return call.application.phone_hash(normalise_phone(phone))
    except PhoneProblem as problem:
        raise Invalid.field("phone", problem.code, zh=problem.zh, en=problem.en) from problem


def require(signed: Signed, permission: str) -> None:
    """Raise NotAllowed where neither roles nor scopes give the permission, under any condition."""
    if not permissions.may(signed.roles, permission):
        raise NotAllowed(permission, permissions.needs(permission))
    scopes.require(signed.scopes, permission)


def require_for(
    signed: Signed, permission: str, *, member: str | None = None, department: str | None = None
) -> None:
    """The permission reaches what belongs to `member` and `department`; with neither, everything.

    Raises NotAllowed that says how far it does reach.
    """
    row = permissions.PERMISSIONS[permission]
    condition = permissions.condition_of(signed.roles, row)
    if not permissions.covers(signed, condition, member=member, department=department):
        raise NotAllowed(permission, permissions.beyond(row, condition), condition=condition)


def departments_of(
    signed: Signed, permission: str, *, department: str | None = None
) -> frozenset[str] | None:
    """The departments that the permission reaches; None: every one. department: the one asked for.

    Raises NotAllowed for one that it does not reach, or where it is for no department at all.
    """
    row = permissions.PERMISSIONS[permission]
    condition = permissions.condition_of(signed.roles, row)
    if condition == "any":
        return None
    if condition != "department" or department not in (None, *signed.departments):
        raise NotAllowed(permission, permissions.beyond(row, condition), condition=condition)
    return signed.departments


def _wait_for(service: Service, views: Sequence[str], position: int) -> None:
    """Return once the views are at `position`. Raises ViewBehind; at once for a position that the
    log has never given out, since whoever asks for many of those would hold every thread."""
    with _behind_told():
        try:
            service.engine.wait_for(views, position, 0.0)
        except ViewLagging:
            if position > service.application.recorder.given_position():
                raise
            service.engine.wait_for(views, position, WAIT_SECONDS_MAX)


@contextmanager
def _behind_told() -> Iterator[None]:
    """ViewLagging as ViewBehind."""
    try:
        yield
    except ViewLagging as lagging:
        raise ViewBehind(lagging.view, lagging.lag) from lagging


async def command_call(request: Request) -> CommandCall:
    """The caller, the idempotency key and the version seen. Raises NotSignedIn, Invalid."""
    credentials = await caller(request)
    key = idempotency_key(request.headers)
    hashed = b""
    if key is not None:
        body = await request.json() if await request.body() else None
        hashed = request_hash(request.method, request.scope["path"], body)
    order = Order(
        credentials,
        key=key,
        request=hashed,
        expected_version=expected_version(request.headers),
        command_id=uuid4(),
    )
    trace_of(request.scope).command_id = order.command_id
    return CommandCall(request.app.state.service, order)


async def query_call(request: Request) -> QueryCall:
    """The caller and the position to wait for. Raises NotSignedIn, Invalid."""
    credentials = await caller(request)
    trace = trace_of(request.scope)
    return QueryCall(
        request.app.state.service,
        credentials,
        min_position(request.headers),
        preferred_language(request.headers.get("accept-language")),
        trace.request_id,
        trace.client,
        request.scope["route"].openapi_extra[PERMISSION],
    )


Commanded = Annotated[CommandCall, Depends(command_call)]
Asked = Annotated[QueryCall, Depends(query_call)]
