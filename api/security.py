"""Who is calling: the bearer token of a request as credentials."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Annotated

from fastapi import Depends
from starlette.datastructures import Headers
from starlette.requests import Request

from domain.errors import NotSignedIn
from domain.orders import Credentials

CHALLENGE = 'Bearer realm="tenure"'
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


async def caller(request: Request) -> Credentials:
    """The credentials of the request, kept for the log. Raises NotSignedIn."""
    found = credentials_in(request.headers)
    request.scope["tenure"].member = found.member
    return found


Caller = Annotated[Credentials, Depends(caller)]
