"""Rules: the rulebook in force in readable words, its versions, and two of them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from markupsafe import Markup
from starlette.responses import Response

from api.console import shown
from api.console.catalogue import marked, translated
from api.console.page_calls import Page, Shown
from api.console.page_route import pages
from api.console.rule_fields import CHAPTERS
from api.console.terms_picture import terms_picture
from api.routes.rulebooks import Version, rulebook, rulebooks

router = pages()
_PICTURED: Final = {
    "title": marked("How long a customer is protected, with extensions, and barred after"),
    "bar": marked("barred after giving up"),
    "days": marked("{number} d"),
}


@router.get("/rules")
def rules_page(page: Shown) -> Response:
    """What the rules say now, by chapter, with the clauses; and every version."""
    lines = page.ask(rulebooks)["items"]
    in_force = next(line["version"] for line in lines if line["in_force"])
    return _version_shown(page, in_force, lines)


@router.get("/rules/versions/{version}")
def version_page(version: Version, page: Shown) -> Response:
    """One version; with `against`, beside another one, what differs marked."""
    lines = page.ask(rulebooks)["items"]
    against = page.request.query_params.get("against", "")
    if not against:
        return _version_shown(page, version, lines)
    one, other = page.ask(rulebook, against), page.ask(rulebook, version)
    told = zip(one["words"], other["words"], strict=True)
    pairs = [pair for pair in told if pair[0]["key"] != "version"]
    return page.show(
        "rules_beside.html",
        {
            "one": one,
            "other": other,
            "versions": lines,
            "changed": [pair for pair in pairs if _differ(*pair)],
            "same": [pair for pair in pairs if not _differ(*pair)],
            "position": page.written(),
            "at": other["at"],
        },
    )


def by_chapter(page: Page, words: Sequence[dict[str, Any]]) -> list[tuple[str, list[Any]]]:
    """Told values under the titles of their chapters."""
    found: dict[str, list[Any]] = {}
    for told in words:
        found.setdefault(told["key"].rpartition(".")[0], []).append(told)
    language = page.call.language
    return [(translated(CHAPTERS[table], language), told) for table, told in found.items()]


def _version_shown(page: Page, version: str, lines: Sequence[Any]) -> Response:
    told = page.ask(rulebook, version)
    return page.show(
        "rules.html",
        {
            "rulebook": told,
            "picture": _picture(page, told["words"]),
            "chapters": by_chapter(page, told["words"]),
            "versions": lines,
            "may_try": page.may("see-dry-run"),
            "done": page.request.query_params.get("done"),
            "position": page.written(),
            "at": told["at"],
        },
    )


def _picture(page: Page, words: Sequence[dict[str, Any]]) -> Markup:
    language = page.call.language
    told = {name: translated(text, language) for name, text in _PICTURED.items()}
    told |= {stage: shown.term(stage, "state", language) for stage in ("potential", "intent")}
    values = {one["key"]: one["value"] for one in words}
    return Markup(terms_picture(values, told))  # noqa: S704  it escapes every text


def _differ(one: Any, other: Any) -> bool:
    return bool(one["value"] != other["value"])
