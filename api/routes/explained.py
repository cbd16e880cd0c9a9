"""`/problems/<slug>`: what a problem means and what to do, for people and programs."""

from __future__ import annotations

from html import escape
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.answers import Answer
from api.languages import CONTENT_LANGUAGES, Language, preferred_language
from api.models.fields import Told, described
from api.openapi import public
from api.problems import BY_SLUG, Problem
from domain.errors import NotFound

router = APIRouter()
_MAX_AGE = "public, max-age=3600"
_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Tenure</title>
<style>
body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto;
  padding: 0 1rem; color: #1d2433; background: #fff }}
@media (prefers-color-scheme: dark) {{ body {{ color: #e6e9ef; background: #12151c }} }}
code {{ font-size: 0.95em }} .status {{ opacity: 0.7 }}
</style></head>
<body><main><p class="status"><code>{slug}</code> · {status}</p><h1>{title}</h1><p>{page}</p>
{clause}</main></body></html>
"""
_STYLED = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


class Explained(Told):
    """What a problem means."""

    type: Annotated[str, described("The problem's `type`.", "/problems/barred")]
    status: Annotated[int, described("The HTTP status that it comes with.", 409)]
    title: Annotated[str, described("The rule in words.", "Barred after giving up")]
    explanation: Annotated[str, described("What it means, and what to do.", "Whoever gives …")]
    clause: Annotated[
        str | None, described("Clause of the documents; null: none asks for it.", "S1-037")
    ]


@router.get(
    "/problems/{slug}",
    **public("service", "What does this problem mean?", Explained, problems=["not-found"]),
)
async def explained(
    slug: Annotated[str, Path(description="The problem's name.", examples=["barred"])],
    request: Request,
) -> Response:
    """A page for people, or JSON where `Accept` asks for it; Chinese or English."""
    row = BY_SLUG.get(slug)
    if row is None:
        raise NotFound("problem", slug)
    language = preferred_language(request.headers.get("accept-language"))
    headers = {
        "Content-Language": CONTENT_LANGUAGES[language],
        "Vary": "Accept, Accept-Language",
        "Cache-Control": _MAX_AGE,
    }
    if "text/html" in request.headers.get("accept", ""):
        page = _page(row, language)
        return HTMLResponse(page, headers={**headers, "Content-Security-Policy": _STYLED})
    wording = row.wording(language)
    told = {
        "type": f"/problems/{row.slug}",
        "status": row.status,
        "title": wording.title,
        "explanation": wording.page,
        "clause": row.clause,
    }
    return Answer(told, headers=headers)


def _page(row: Problem, language: Language) -> str:
    wording = row.wording(language)
    label = "依据条款" if language == "zh" else "Clause"
    return _PAGE.format(
        lang=CONTENT_LANGUAGES[language],
        slug=row.slug,
        status=row.status,
        title=escape(wording.title),
        page=escape(wording.page),
        clause=f"<p>{label} <code>{row.clause}</code></p>" if row.clause else "",
    )
