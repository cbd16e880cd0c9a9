"""Not signed in, or not any more: the way to the sign-in page, with what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.console.filling import kept
from api.console.rendering import is_partial, rendered
from api.security import asks_by_itself

PAGE: Final = "/sign-in"
CARRIED: Final = "_carried."
NEXT: Final = "_next"
SEE_OTHER: Final = 303
UNAUTHENTICATED: Final = 401


def sign_in_first(request: Request) -> Response:
    """The sign-in page. A form that was sent is carried along, so that nothing typed is lost."""
    if request.method == "POST":
        return sign_in_form(
            request, next_page=request.url.path, carried=kept(request), status=UNAUTHENTICATED
        )
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    address = PAGE if asked == "/" else f"{PAGE}?{urlencode({'next': asked})}"
    if is_partial(request) or asks_by_itself(request):
        return Response(status_code=UNAUTHENTICATED, headers={"HX-Redirect": address})
    return RedirectResponse(address, SEE_OTHER)


def sign_in_form(
    request: Request,
    *,
    next_page: str,
    carried: Mapping[str, str],
    status: int = 200,
    **told: Any,
) -> Response:
    """The form. carried: the fields of another form, to be sent once somebody is signed in."""
    shown = {"next_page": local(next_page), "carried": carried, "member": "", "new": False, **told}
    shown["has_provider"] = request.app.state.service.settings.oidc_issuer is not None
    return rendered(request, "sign_in.html", shown, status=status)


def local(address: str) -> str:
    """The address, where it is one of this house; else the start page."""
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_ours and address.isprintable() else "/"


def carried_in(typed: Mapping[str, str]) -> dict[str, str]:
    """The fields of the other form that a sign-in form carries."""
    return {
        name.removeprefix(CARRIED): text for name, text in typed.items() if name.startswith(CARRIED)
    }
