"""Signing in through the company's own provider, where the settings name one."""

from __future__ import annotations

from collections.abc import Callable

from anyio import to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse

from api.openapi import redirection
from api.routes.sign_in import cookie_of_host, counted_sign_in, give_cookies, origin_of
from api.security import cookie_of
from api.sign_in.errors import OidcFailed
from api.sign_in.oidc import UNDER_WAY_SECONDS, Provider
from domain.errors import NotFound

OIDC_COOKIE = "__Host-tenure-oidc"
LANDING = "/v1/session"
AT_ONCE = 4
"""Threads that may wait for the provider; the others are for those who need it not."""
router = APIRouter()


@router.get("/v1/sign-in/oidc", **redirection("people", "Sign in through the provider"))
async def begin_oidc(request: Request) -> RedirectResponse:
    """Goes to the company's OpenID Connect provider, which sends the browser back."""

    def begin() -> RedirectResponse:
        url, kept = _provider(request).begin()
        answer = RedirectResponse(url, 303)
        cookie = cookie_of_host(OIDC_COOKIE, kept, seconds=UNDER_WAY_SECONDS)
        answer.headers.append("Set-Cookie", cookie)
        return answer

    return await _outside(request, begin)


@router.get("/v1/sign-in/oidc/callback", **redirection("people", "Back from the provider"))
async def finish_oidc(request: Request) -> RedirectResponse:
    """Begins a session for the member that the provider vouches for."""

    def finish() -> RedirectResponse:
        provider, sign_in = _provider(request), request.app.state.service.sign_in
        origin = origin_of(request)
        try:
            answered = dict(request.query_params)
            member = provider.finish(answered, cookie_of(request, OIDC_COOKIE))
            opened = sign_in.vouched(member, "oidc", origin)
        except OidcFailed as error:
            sign_in.failed("oidc", origin, error.reason)
            raise
        answer = RedirectResponse(LANDING, 303)
        answer.headers.append("Set-Cookie", cookie_of_host(OIDC_COOKIE, "", seconds=0))
        give_cookies(answer, opened, request)
        return answer

    return await _outside(request, finish)


async def _outside(request: Request, call: Callable[[], RedirectResponse]) -> RedirectResponse:
    """`call`, which asks the provider, when its turn has come."""
    await counted_sign_in(request, "oidc")
    async with request.app.state.oidc_gate.entered():
        return await to_thread.run_sync(call)


def _provider(request: Request) -> Provider:
    """The provider. Raises NotFound where there is none."""
    provider: Provider | None = request.app.state.oidc
    if provider is None:
        raise NotFound("address", request.url.path)
    return provider
