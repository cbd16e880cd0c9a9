"""What a page is given: the request, who asks, and for a form what was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.answers import Answer
from api.conditions import expected_version, idempotency_key, request_hash
from api.console.filling import KEY, VERSION, csrf_of, typed_of, visible
from api.console.rendering import rendered
from api.console.shown import OFFSETS
from api.console.troubles import Trouble, trouble_from_thread
from api.routes.calls import CommandCall, QueryCall, query_call
from api.security import caller
from api.trace import trace_of
from domain.errors import NotSignedIn
from domain.orders import Order, Signed

SEE_OTHER = 303


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is asked for."""

    request: Request
    call: QueryCall
    signed: Signed

    def show(self, template: str, told: Mapping[str, Any], *, status: int = 200) -> Response:
        """The page, with who looks at it."""
        known = {"signed": self.signed, "csrf": csrf_of(self.request)}
        return rendered(self.request, template, {**known, **told}, status=status)

    def at_the_end(self) -> QueryCall:
        """Questions whose views have reached all that is written: a form names the version that
        its sender sees, so that must be the last one."""
        settled = self.call.application.reader.settled_position()
        return replace(self.call, min_position=settled)

    def new_key(self) -> str:
        """An idempotency key for a form of this page, so that a second click does nothing."""
        return uuid4().hex


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that is sent. typed: as it was typed."""

    page: Page
    call: CommandCall
    typed: Mapping[str, str]

    @property
    def zone(self) -> str:
        """The offset of instants typed on this page."""
        return OFFSETS[self.page.call.language]

    def done(self, run: Callable[[], Answer]) -> Answer | Trouble:
        """What the command answers, or the problem; only who is not signed in is sent away."""
        try:
            return run()
        except NotSignedIn:
            raise
        except Exception as error:  # noqa: BLE001  raised again where no handler knows it
            return trouble_from_thread(self.page.request, error)


def go_on(address: str) -> Response:
    """The browser goes on to another page; going back does not send the form again."""
    return RedirectResponse(address, SEE_OTHER)


async def page_call(request: Request) -> tuple[Request, QueryCall]:
    """The caller, and the position that the address says the views must have reached."""
    call = await query_call(request)
    position = request.query_params.get("position", "")
    if position.isdecimal() and len(position) <= 18:
        call = replace(call, min_position=int(position))
    return request, call


def page_of(found: Annotated[tuple[Request, QueryCall], Depends(page_call)]) -> Page:
    """The page, its reader signed in. Raises NotSignedIn."""
    request, call = found
    return Page(request, call, call.signed())


async def form_call(request: Request) -> tuple[CommandCall, Mapping[str, str]]:
    """The command of a form. Raises NotSignedIn, Invalid.

    Key and version are fields of the form and held to what their headers are held to.
    """
    typed = typed_of(request)
    conditions = {"Idempotency-Key": typed.get(KEY), "If-Match": typed.get(VERSION)}
    headers = Headers({name: value for name, value in conditions.items() if value})
    sent = visible(typed)
    order = Order(
        await caller(request),
        key=idempotency_key(headers),
        request=request_hash(request.method, request.scope["path"], sent),
        expected_version=expected_version(headers),
        command_id=uuid4(),
    )
    trace_of(request.scope).command_id = order.command_id
    return CommandCall(request.app.state.service, order), sent


def sent_form(
    page: Annotated[Page, Depends(page_of)],
    found: Annotated[tuple[CommandCall, Mapping[str, str]], Depends(form_call)],
) -> Sent:
    """A form, its sender signed in."""
    call, typed = found
    return Sent(page, call, typed)


Shown = Annotated[Page, Depends(page_of)]
Filled = Annotated[Sent, Depends(sent_form)]
