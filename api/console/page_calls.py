"""What a page is given: the request, who asks, and for a form what was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, TypeVar
from uuid import uuid4

from fastapi import Depends
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.access.entries import Entry
from api.access.looks import record_looks
from api.access.same_look import Looks, digest_of
from api.answers import Answer
from api.conditions import expected_version, idempotency_key, min_position, request_hash
from api.console.filling import KEY, VERSION, csrf_of, typed_of, visible
from api.console.navigation import may_ask
from api.console.rendering import rendered
from api.console.shown import OFFSETS
from api.console.troubles import Trouble, trouble_from_thread
from api.console.wishes import wishes_in
from api.routes.calls import CommandCall, Known, QueryCall, require
from api.security import asks_by_itself, caller
from api.trace import trace_of
from domain.errors import NotAllowed, NotSignedIn
from domain.orders import Credentials, Order, Signed

Made = TypeVar("Made")
SEE_OTHER = 303
POSITION_DIGITS_MAX = 18
FOLLOWING = frozenset(
    (
        "agenda.html",
        "approvals.html",
        "board.html",
        "dispute.html",
        "disputes.html",
        "pool.html",
        "start.html",
    )
)
"""Pages that follow the log: they ask for themselves again, and mostly show what they showed."""
OF_EVERY_PAGE = "see-session"
"""What a page itself needs; each of its questions needs what its route says."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is asked for. looks: what its answers show, to be kept in the access log; told:
    those answers."""

    request: Request
    call: QueryCall
    signed: Signed
    looks: list[Entry] = field(default_factory=list)
    told: list[Answer] = field(default_factory=list)

    def ask(self, question: Callable[..., Answer], *about: Any) -> Any:
        """What a route would have told, asked with the permission that it names. question: the
        function of the route; about: its parameters but the call. That it was looked at is kept
        before the page is shown, and in no other way must it reach anybody."""
        return self.answered(question, *about).told

    def ask_if_allowed(self, question: Callable[..., Answer], *about: Any) -> Any:
        """What a route would have told; None where it is not for the reader, who did not ask."""
        try:
            return self.ask(question, *about)
        except NotAllowed:
            return None

    def answered(self, question: Callable[..., Answer], *about: Any) -> Answer:
        """The same with its headers: the version, which a form names."""
        before = len(self.looks)
        answer = question(*about, replace(self.call_of(question), looks=self.looks))
        if len(self.looks) > before:
            self.told.append(answer)
        return answer

    def call_of(self, question: Callable[..., Any]) -> QueryCall:
        """A question's call, under the permission of its route, for an answer that is no page."""
        return replace(self.call, permission=self.request.app.state.permissions[question])

    def refusal(self, question: Callable[..., Any]) -> NotAllowed | None:
        """What keeps the reader from a question whatever it is about; None: nothing does."""
        try:
            require(self.signed, self.request.app.state.permissions[question])
        except NotAllowed as refused:
            return refused
        return None

    def show(self, template: str, told: Mapping[str, Any], *, status: int = 200) -> Response:
        """The page, with who looks at it. All that it shows is in the access log by then, in one
        append: to wait for the disk once takes a few milliseconds. Where no answer of a view is
        told, it is true at what was written when it was asked for.

        Raises Unavailable, DetailsUsedUp.
        """
        self._keep(is_following=template in FOLLOWING)
        known = {"signed": self.signed, "csrf": csrf_of(self.request), "at": self.signed.at}
        if told.get("position") is None:
            told = {**told, "position": self.written()}
        return rendered(self.request, template, {**known, **told}, status=status)

    def _keep(self, *, is_following: bool) -> None:
        """Keep who looks at what, but not again what a page that asks by itself shows already."""
        kept: Looks = self.request.app.state.looks
        signed, url = self.signed, self.request.url
        by = (signed.member, signed.session_id, signed.token_id, self.call.client)
        key = (*by, url.path, url.query)
        shown = digest_of(self.told, self.looks) if is_following and self.looks else b""
        is_same = (
            shown and asks_by_itself(self.request) and kept.are_the_same(key, shown, signed.at)
        )
        if not is_same:
            record_looks(self.call, self.looks)
            if shown:
                kept.keep(key, shown, signed.at)
        self.looks.clear()
        self.told.clear()

    def show_form(
        self,
        template: str,
        told: Mapping[str, Any],
        typed: Mapping[str, str],
        problem: Trouble | None = None,
    ) -> Response:
        """The page with a form in it, under a new key; after a command in vain with what was typed
        and why, under the status of that."""
        form = {"typed": typed, "key": self.new_key(), "problem": problem}
        return self.show(template, {**form, **told}, status=problem.status if problem else 200)

    def at_the_end(self) -> Page:
        """The page, its views at all that is written: a form names the version that its sender
        sees, so that must be the last one."""
        call = replace(self.call, min_position=self.written(), known=Known())
        return replace(self, call=call)

    def may(self, permission: str) -> bool:
        """True where a link or a form that needs it leads somewhere."""
        return may_ask(self.signed, permission)

    def written(self) -> int:
        """Up to where the log is written: what an answer from the log itself is true at."""
        return self.call.application.reader.settled_position()

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

    def done(self, run: Callable[[], Made]) -> Made | Trouble:
        """What the command answers, or the problem; only who is not signed in is sent away."""
        try:
            done: Made | Trouble = run()
        except NotSignedIn:
            raise
        except Exception as error:  # noqa: BLE001  raised again where no handler knows it
            done = trouble_from_thread(self.page.request, error)
        self.page.call.known.forget()
        return done

    def call_beside(
        self, path: str, typed: Mapping[str, str], *, key: str | None, version: str | None
    ) -> CommandCall:
        """The call of one of several commands in the same form, each under its own key and the
        version that was shown with it. Raises Invalid."""
        order = _order(self.call.order.credentials, path, typed, key=key, version=version)
        return replace(self.call, order=order)


def go_on(address: str) -> Response:
    """The browser goes on to another page; going back does not send the form again."""
    return RedirectResponse(address, SEE_OTHER)


async def page_call(request: Request) -> tuple[Request, QueryCall]:
    """The caller, and the position that the views must have reached by header or address."""
    credentials = await caller(request)
    trace = trace_of(request.scope)
    position = request.query_params.get("position", "")
    is_fit = position.isdecimal() and len(position) <= POSITION_DIGITS_MAX
    call = QueryCall(
        request.app.state.service,
        credentials,
        int(position) if is_fit else min_position(request.headers),
        wishes_in(request).language,
        trace.request_id,
        trace.client,
        OF_EVERY_PAGE,
    )
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
    sent, path = visible(typed), request.scope["path"]
    known = await caller(request)
    order = _order(known, path, sent, key=typed.get(KEY), version=typed.get(VERSION))
    trace_of(request.scope).command_id = order.command_id
    return CommandCall(request.app.state.service, order), sent


def _order(
    credentials: Credentials,
    path: str,
    sent: Mapping[str, str],
    *,
    key: str | None,
    version: str | None,
) -> Order:
    """What goes with one command of a form. Raises Invalid."""
    conditions = {"Idempotency-Key": key, "If-Match": version}
    headers = Headers({name: value for name, value in conditions.items() if value})
    return Order(
        credentials,
        key=idempotency_key(headers),
        request=request_hash("POST", path, sent),
        expected_version=expected_version(headers),
        command_id=uuid4(),
    )


def sent_form(
    page: Annotated[Page, Depends(page_of)],
    found: Annotated[tuple[CommandCall, Mapping[str, str]], Depends(form_call)],
) -> Sent:
    """A form, its sender signed in."""
    call, typed = found
    return Sent(page, call, typed)


Shown = Annotated[Page, Depends(page_of)]
Filled = Annotated[Sent, Depends(sent_form)]
