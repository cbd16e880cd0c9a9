"""How a reader wants pages: language and colours, by the address, a cookie, then the browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from api.languages import CONTENT_LANGUAGES, Language, preferred_language

Theme = Literal["auto", "light", "dark"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
THEMES: Final[tuple[Theme, ...]] = ("auto", "light", "dark")
_YEAR_SECONDS = 365 * 24 * 3600
_IN_SCOPE = "tenure.wishes"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the reader wants. chosen: cookies to set, by what was chosen in this address."""

    language: Language
    theme: Theme
    chosen: tuple[tuple[str, str], ...] = ()

    def remember(self, answer: Response) -> None:
        """Set a cookie for each choice, for a year. They hold nothing about the person."""
        for name, value in self.chosen:
            answer.set_cookie(
                name, value, max_age=_YEAR_SECONDS, path="/", samesite="lax", httponly=True
            )


def wishes_of(request: Request) -> Wishes:
    """Of the address, else of the cookie, else of the browser; what is unknown is passed over."""
    asked, kept = request.query_params, request.cookies
    header = preferred_language(request.headers.get("accept-language"))
    languages = (asked.get("lang"), kept.get("lang"), header)
    themes = (asked.get("theme"), kept.get("theme"), "auto")
    language = next(wish for wish in languages if wish in LANGUAGES)
    theme = next(wish for wish in themes if wish in THEMES)
    chosen = []
    if asked.get("lang") == language:
        chosen.append(("lang", language))
    if asked.get("theme") == theme:
        chosen.append(("theme", theme))
    return Wishes(cast("Language", language), cast("Theme", theme), tuple(chosen))


def with_wishes(scope: Scope, wishes: Wishes) -> Scope:
    """The request as if its browser preferred the language of the page, so that whatever answers
    it, problems included, speaks that language."""
    headers = [pair for pair in scope["headers"] if pair[0] != b"accept-language"]
    headers.append((b"accept-language", CONTENT_LANGUAGES[wishes.language].encode("ascii")))
    return {**scope, "headers": headers, _IN_SCOPE: wishes}


def has_wishes(request: Request) -> bool:
    """True within a page."""
    return _IN_SCOPE in request.scope


def wishes_in(request: Request) -> Wishes:
    """The wishes that `with_wishes` put there."""
    found: Wishes = request.scope[_IN_SCOPE]
    return found
