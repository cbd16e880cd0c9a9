"""Forms on their way in: read once, from our own pages alone, with the token that only they know.

Fields whose name begins with an underscore belong to the form and not to the command.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request

from api.console.forms import typed_in
from api.security import COOKIE, CSRF, cookie_of
from api.sign_in.errors import CsrfMissing
from api.sign_in.sessions import csrf_token

KEY: Final = "_key"
VERSION: Final = "_version"
TOKEN: Final = "_csrf"  # noqa: S105  the name of a field, no secret
OF_SECRETS: Final = frozenset(("/password", "/sign-in", "/sign-out"))
_IN_SCOPE = "tenure.typed"
_OURS = frozenset({"same-origin", "none", ""})


async def filled_in(request: Request) -> Request:
    """The request, its form read and its token where a script would have put it.

    Raises UnsupportedType, Invalid, and CsrfMissing for a form of another site, which browsers
    own up to: signing in has no token yet that could tell it.
    """
    if request.headers.get("sec-fetch-site", "") not in _OURS:
        raise CsrfMissing
    typed = typed_in(await request.body(), request.headers.get("content-type", ""))
    headers = [pair for pair in request.scope["headers"] if pair[0] != CSRF.lower().encode()]
    headers.append((CSRF.lower().encode(), typed.get(TOKEN, "").encode("ascii", "replace")))
    return Request({**request.scope, "headers": headers, _IN_SCOPE: typed}, request.receive)


def typed_of(request: Request) -> Mapping[str, str]:
    """The fields that `filled_in` read; none for a request without a form."""
    found: Mapping[str, str] = request.scope.get(_IN_SCOPE, {})
    return found


def kept(request: Request) -> dict[str, str]:
    """What a form that could not be taken sends when it is sent again: all but the token, which is
    its session's, and nothing of a form that holds passwords."""
    if request.scope["path"] in OF_SECRETS:
        return {}
    return {name: text for name, text in typed_of(request).items() if name != TOKEN}


def is_of_our_page(request: Request) -> bool:
    """True where the browser says that a page of this house sent the form."""
    return request.headers.get("sec-fetch-site") == "same-origin"


def visible(typed: Mapping[str, str]) -> dict[str, str]:
    """What a person typed."""
    return {name: text for name, text in typed.items() if not name.startswith("_")}


def csrf_of(request: Request) -> str | None:
    """The token that forms of this session must hold; None where there is no session."""
    secret = cookie_of(request, COOKIE)
    return csrf_token(secret) if secret else None
