"""Routes that take strict JSON alone: UTF-8, declared as such, no NaN, no lone surrogates."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from email.message import Message
from typing import Any

import msgspec
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response


class StrictRequest(Request):
    """A request whose body is parsed once, by the strict parser."""

    async def json(self) -> Any:
        """The body's value. Raises HTTPException 415 or 422."""
        if not hasattr(self, "_json"):
            self._json = _parsed(await self.body())
        return self._json


class StrictRoute(APIRoute):
    """A route that reads JSON strictly and refuses other types with 415."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        takes_body = self.body_field is not None

        async def strict(request: Request) -> Response:
            request = StrictRequest(request.scope, request.receive)
            if takes_body and await request.body() and not _is_json(request):
                raise HTTPException(415)
            return await handle(request)

        return strict


def _is_json(request: Request) -> bool:
    """True for application/json in UTF-8 that is not compressed."""
    sent = request.headers.get("content-type", "")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        return False
    if sent == "application/json":
        return True
    header = Message()
    header["content-type"] = sent
    charset = header.get_param("charset") or "utf-8"
    return (
        bool(sent)
        and header.get_content_type() == "application/json"
        and str(charset).lower() in {"utf-8", "utf8"}
    )


def _parsed(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(422) from error
