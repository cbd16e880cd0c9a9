"""Who is calling: the bearer token of a request, or the session of its cookie, as credentials.

A request with both is its token's. A command in a session needs the token of `X-CSRF-Token`, which
no other site can know; a bearer token needs none, because no browser sends it unasked.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Annotated

from anyio import to_thread
from fastapi import Depends
from starlette.datastructures import Headers
from starlette.requests import Request

from api.proxies import network_of
from api.sign_in.errors import CsrfMissing
from api.sign_in.sessions import Session, csrf_token
from api.trace import trace_of
from domain.errors import NotSignedIn
from domain.orders import Credentials

CHALLENGE = 'Bearer realm="tenure"'
COOKIE = "__Host-tenure"
DEVICE_COOKIE = "__Host-tenure-device"
CSRF = "X-CSRF-Token"
BY_ITSELF = "Tenure-By-Itself"
"""The header of what a page asks again, because the log has moved."""
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_BEARER = re.compile(
    r"(?i:Bearer) +tnr\.(?P<member>[a-z0-9][a-z0-9_-]{0,39})\.(?P<secret>[A-Za-z0-9_-]{43})"
)


def credentials_in(headers: Headers) -> Credentials:
    """The member that the token names, and the digest of its secret. Raises NotSignedIn.

    Whether the token is live is for the log to say: no database is asked here. The digest is
    always there, so nobody on the wire can be the local console.
    """
    sent = headers.getlist("authorization")
    found = _BEARER.fullmatch(sent[0]) if len(sent) == 1 else None
    if found is None:
        raise NotSignedIn
    return Credentials(found["member"], sha256(found["secret"].encode("ascii")).hexdigest())


def credentials_of(request: Request) -> Credentials:
    """The credentials of a request; a cookie's session is looked up. Raises NotSignedIn,
    CsrfMissing."""
    if "authorization" in request.headers or cookie_of(request, COOKIE) is None:
        return credentials_in(request.headers)
    session, secret = session_of(request)
    if request.method not in _SAFE_METHODS:
        sent = request.headers.get(CSRF, "")
        if not hmac.compare_digest(sent.encode(), csrf_token(secret).encode()):
            raise CsrfMissing
    return Credentials(session.member, None, session.session_id)


def session_of(request: Request) -> tuple[Session, str]:
    """The live session of the cookie, and its secret. Raises NotSignedIn."""
    secret = cookie_of(request, COOKIE)
    live = None
    if secret is not None and _SECRET.fullmatch(secret):
        sessions = request.app.state.service.sessions
        live = sessions.live(secret, is_use=not asks_by_itself(request))
    if live is None or secret is None:
        raise NotSignedIn
    return live, secret


def asks_by_itself(request: Request) -> bool:
    """True where an open page asks again, with nobody at it perhaps: no session lasts by that."""
    is_stream = "text/event-stream" in request.headers.get("accept", "")
    return is_stream or BY_ITSELF in request.headers


def cookie_of(request: Request, name: str) -> str | None:
    """The cookie's value, where it is sent once."""
    found = []
    for header in request.headers.getlist("cookie"):
        try:
            cookies = SimpleCookie(header)
        except CookieError:
            continue
        found += [cookies[name].value] if name in cookies else []
    return found[0] if len(found) == 1 else None


async def caller(request: Request) -> Credentials:
    """The credentials of the request, kept for the log. Raises NotSignedIn, CsrfMissing, and
    TooManyRequests past what one member, or one token that nobody has found live yet, may send."""
    if "authorization" in request.headers:
        found = credentials_in(request.headers)
    else:
        found = await to_thread.run_sync(credentials_of, request)
    trace = trace_of(request.scope)
    trace.member, trace.digest = found.member, found.digest
    request.app.state.limits.count_credentials(found)
    return found


def client_key(request: Request) -> str:
    """By what the client of a request is counted."""
    return network_of(trace_of(request.scope).client)


Caller = Annotated[Credentials, Depends(caller)]
