"""What surrounds every answer: request id, limits, headers, its log line and its metrics.

Plain ASGI and one layer: a middleware that wraps the request in tasks costs more than a claim.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.answers import instant
from api.languages import Language, preferred_language
from api.logs import access_log
from api.metrics import Metrics
from api.problems import BY_SLUG, problem_answer, problem_of
from api.proxies import Proxies, network_of
from api.sign_in.errors import TooManyRequests
from api.sign_in.limiting import Limits
from api.sign_in.token_uses import TokenUses, shows_a_live_token
from api.trace import Trace, begin_trace
from domain.errors import Unavailable

ForReader = Callable[[Scope, Callable[[Language], Response]], Response]
REQUEST_ID = "X-Request-Id"
TEST_CLOCK = "Tenure-Test-Clock"
BODY_BYTES_MAX = 256 * 1024
FORM_BYTES_MAX = 4 * BODY_BYTES_MAX
"""Of a page's form, which writes each byte of Chinese as three: what somebody typed at too great a
length comes back to him with what is wrong, and is not lost."""
CLIENT_GONE = 499
"""The status that logs show where the client left before its answer; nobody receives it."""
UNAUTHORISED = 401

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
)
HSTS = (b"strict-transport-security", b"max-age=31536000")
_IS_HEAD = "tenure.is_head"
_UNLIMITED = ("/health/",)
_QUIET_ROUTES = frozenset({"/health/live", "/health/ready", "/metrics"})
_UNKNOWN_ROUTE = "(none)"


def is_head(scope: Scope) -> bool:
    """True where the headers alone were asked for, so that a long body need not be made."""
    return _IS_HEAD in scope


class Envelope:
    """The outermost layer of the application.

    test_clock: the instant that stands for now, where a test clock runs. trusted_hosts: names
    that `Host` may carry; empty for any. proxies: whose word on a request's origin counts.
    limits: how much one client may ask. token_uses: told of each use of a live token. behind_tls:
    every answer leaves over TLS. for_reader: makes of a problem what its asker can read.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        body_bytes_max: int = BODY_BYTES_MAX,
        trusted_hosts: Collection[str] = (),
        test_clock: Callable[[], datetime] | None = None,
        proxies: Proxies | None = None,
        limits: Limits | None = None,
        token_uses: TokenUses | None = None,
        behind_tls: bool = False,
        for_reader: ForReader | None = None,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._body_bytes_max = body_bytes_max
        self._trusted_hosts = frozenset(host.lower() for host in trusted_hosts)
        self._test_clock = test_clock
        self._proxies = proxies or Proxies()
        self._limits = limits
        self._token_uses = token_uses
        self._behind_tls = behind_tls
        self._for_reader = for_reader or _as_it_is
        self._log = access_log()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever is raised inside becomes a problem, never a trace."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        if scope["method"] == "HEAD":
            # The server, which knows better, sends no body.
            scope = {**scope, "method": "GET", _IS_HEAD: True}
        trace = begin_trace(scope, self._proxies)
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(message, trace)
            await send(message)

        try:
            if self._is_foreign(scope):
                await self._send_problem("not-found", scope, receive, sending)
            elif (limited := self._past_limit(scope, trace)) is not None:
                await self._refuse(limited, scope, receive, sending)
            else:
                await self._app(scope, self._limited(scope, receive), sending)
        except ClientDisconnect:
            status = status or CLIENT_GONE
        except Exception as error:  # noqa: BLE001  nothing may leave the house unanswered
            self._log.error("request failed", request_id=trace.request_id, exc_info=error)
            if not status:
                await self._send_problem("internal", scope, receive, sending)
        self._record(scope, trace, status, time.perf_counter() - started)

    def _dress(self, message: Message, trace: Trace) -> None:
        """Add the headers that every answer carries."""
        headers = MutableHeaders(raw=message.setdefault("headers", []))
        raw = headers.raw
        raw.append((b"x-request-id", trace.request_id.encode("ascii")))
        raw.extend(SECURITY_HEADERS)
        if trace.is_secure or self._behind_tls:
            raw.append(HSTS)
        headers.setdefault("Cache-Control", "no-store")
        headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        if self._test_clock is not None:
            with suppress(Unavailable):  # The answer itself says so where the clock is unreadable.
                headers.setdefault(TEST_CLOCK, instant(self._test_clock()))

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """`receive` that ends a body past the limit, announced or not, with HTTPException 413."""
        headers = Headers(scope=scope)
        announced = headers.get("content-length", "0")
        is_form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        of_page = is_form and not scope["path"].startswith("/v1/")
        bytes_max = max(self._body_bytes_max, FORM_BYTES_MAX) if of_page else self._body_bytes_max
        is_too_long = not announced.isdecimal() or int(announced[:20]) > bytes_max
        received = 0

        async def limited() -> Message:
            nonlocal received
            if is_too_long:
                raise HTTPException(413)
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > bytes_max:
                    raise HTTPException(413)
            return message

        return limited

    def _past_limit(self, scope: Scope, trace: Trace) -> TooManyRequests | None:
        """What the client is told where it has asked too much; health may always be asked."""
        if self._limits is None or scope["path"].startswith(_UNLIMITED):
            return None
        try:
            self._limits.count("client", network_of(trace.client))
        except TooManyRequests as error:
            return error
        return None

    def _is_foreign(self, scope: Scope) -> bool:
        """True where `Host` names a machine that this service does not answer for."""
        if not self._trusted_hosts:
            return False
        host = Headers(scope=scope).get("host", "").lower()
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        return name not in self._trusted_hosts

    async def _send_problem(self, slug: str, scope: Scope, receive: Receive, send: Send) -> None:
        trace: Trace = scope["tenure"]
        trace.slug = slug
        answer = self._for_reader(
            scope,
            lambda language: problem_answer(
                BY_SLUG[slug], language=language, request_id=trace.request_id
            ),
        )
        await answer(scope, receive, send)

    async def _refuse(
        self, error: TooManyRequests, scope: Scope, receive: Receive, send: Send
    ) -> None:
        trace: Trace = scope["tenure"]
        trace.slug = error.slug
        answer = self._for_reader(
            scope,
            lambda language: problem_of(error, language=language, request_id=trace.request_id),
        )
        await answer(scope, receive, send)

    def _record(self, scope: Scope, trace: Trace, status: int, seconds: float) -> None:
        if trace.digest is not None and trace.member is not None:
            self._note_token(trace.digest, trace.member, trace.client, status)
        route = scope.get("route")
        template = getattr(route, "path", _UNKNOWN_ROUTE)
        self._metrics.count_request(_method(scope), template, status, seconds)
        if trace.command_id is not None:
            self._metrics.count_command(route.name, trace.slug or "done")  # type: ignore[union-attr]
        if template in _QUIET_ROUTES and status < 400:
            return
        self._log.info(
            "request",
            request_id=trace.request_id,
            method=_method(scope),
            route=template,
            status=status,
            ms=round(seconds * 1000, 2),
            member=trace.member,
            command_id=str(trace.command_id) if trace.command_id else None,
            problem=trace.slug,
        )

    def _note_token(self, digest: str, member: str, client: str | None, status: int) -> None:
        is_live = shows_a_live_token(status)
        if self._token_uses and is_live:
            self._token_uses.note(digest, client)
        if self._limits and (is_live or status == UNAUTHORISED):
            self._limits.found(digest, member, is_live=is_live)


def _method(scope: Scope) -> str:
    """The method, where it is one of HTTP's: a label must not be a stranger's choice."""
    method: str = scope["method"]
    return method if method in _METHODS else "other"


def _as_it_is(scope: Scope, make: Callable[[Language], Response]) -> Response:
    """The problem, in the language that its asker prefers."""
    return make(preferred_language(Headers(scope=scope).get("accept-language")))


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
