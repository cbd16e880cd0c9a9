"""Templates as answers. Everything in a template is escaped, unless it was made as markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.answers import POSITION, instant
from api.console import shown
from api.console.assets import address_of
from api.console.catalogue import translated
from api.console.navigation import places_for
from api.console.notes import note_of
from api.console.wishes import LANGUAGES, THEMES, wishes_in
from api.languages import CONTENT_LANGUAGES, Language
from api.test_clock import ClockUnreadable

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
"""No inline script, no inline style, nothing from another house."""


_SAME: Final = {
    "instant": instant,
    "places_for": places_for,
    "languages": LANGUAGES,
    "themes": THEMES,
    "note_of": note_of,
    "changed_names": shown.CHANGED,
    "content_languages": CONTENT_LANGUAGES,
}
"""What templates know in every language."""


@cache
def environment(language: Language) -> Environment:
    """The templates in one language."""
    made = Environment(
        loader=PackageLoader("api.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=partial(translated, language=language),
        ngettext=lambda one, many, count: translated(one if count == 1 else many, language),
        newstyle=True,
    )
    made.globals |= _SAME | {
        "asset": address_of,
        "language": language,
        "rule_title": partial(shown.rule_title, language=language),
        "span": partial(shown.span, language=language),
        "lasting": partial(shown.lasting, language=language),
        "contract_step": shown.contract_step,
        "holder_of": partial(shown.holder_of, language=language),
    }
    made.filters |= {
        "term": partial(shown.term, language=language),
        "titled": shown.titled,
        "when": partial(shown.when, language=language),
        "typed_instant": partial(shown.typed_instant, language=language),
        "hit": shown.hit,
        "with_wish": with_wish,
        "moved": moved,
        "plainly": partial(shown.plainly, language=language),
    }
    return made


def with_wish(query: Iterable[tuple[str, str]], name: str, value: str) -> str:
    """The query of an address with a wish in it, in the place of an earlier one."""
    return urlencode([pair for pair in query if pair[0] != name] + [(name, value)])


def moved(query: Iterable[tuple[str, str]], position: int) -> str:
    """The query of the time machine's address after another event, by its place in the log."""
    kept = [pair for pair in query if pair[0] not in ("moment", "at")]
    return with_wish(kept, "event", str(position))


def is_partial(request: Request) -> bool:
    """True where a page that is open wants the part of it that changes."""
    return request.headers.get("hx-request-type") == "partial"


def is_of_the_whole(request: Request) -> bool:
    """True where the part is of the very page that is open, and not another one's inside it: what
    the page is true at changes with it."""
    open_page = urlsplit(request.headers.get("hx-current-url", ""))
    return is_partial(request) and open_page.path == request.scope["path"]


def made_at(request: Request) -> datetime:
    """The instant of a page by the test clock, where there is one, or this machine's: whoever is
    told of a problem is told without the database."""
    app = request.scope.get("app")
    clock = app.state.service.database.clock if app is not None else None
    with suppress(ClockUnreadable):
        if clock is not None:
            return clock()
    return datetime.now(UTC)


def rendered(
    request: Request, template: str, told: Mapping[str, Any], *, status: int = 200
) -> HTMLResponse:
    """A page, or its changing part, in the language that its reader wants. told: what it shows;
    `position` and `at` are what it is true at. One that rests on nothing of the log, as a problem
    or the way in, tells when it was made."""
    wishes = wishes_in(request)
    page = environment(wishes.language).get_template(template)
    position = told.get("position")
    text = page.render(
        {
            "position": None,
            "at": made_at(request),
            "problem": None,
            "signed": None,
            "csrf": None,
            "oob": False,
            "of_the_whole": is_of_the_whole(request),
            "theme": wishes.theme,
            "path": request.scope["path"],
            "query": list(request.query_params.multi_items()),
            "request_query": request.query_params,
            "layout": "part.html" if is_partial(request) else "page.html",
            **told,
        }
    )
    headers = {
        "Content-Security-Policy": POLICY,
        "Content-Language": CONTENT_LANGUAGES[wishes.language],
        "Vary": "Accept-Language, Cookie, HX-Request-Type",
    }
    if position is not None:
        headers[POSITION] = str(position)
    answer = HTMLResponse(text, status, headers)
    wishes.remember(answer)
    return answer
