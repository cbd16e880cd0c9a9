"""A change of the rules: its values in a form, tried on everybody, then adopted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from markupsafe import Markup
from starlette.responses import Response

from api.answers import Answer
from api.console.catalogue import marked, translated
from api.console.falls import falls, stretches
from api.console.forms import Entry, body_of, checked
from api.console.page_calls import Filled, Page, Sent, Shown, go_on
from api.console.page_route import pages
from api.console.rule_fields import carried_over, changes_in, chapters, typed_of
from api.console.shown import typed_instant
from api.console.troubles import Trouble
from api.models.bodies import RulebookBody
from api.models.dry_runs import DryRunBody
from api.problems.wording import SHANGHAI
from api.routes.dry_runs import tried
from api.routes.rulebooks import adopt_rulebook, rulebook, rulebooks
from domain.rulebook_text import changed

router = pages()
ROWS: Final = 25
AROUND: Final = timedelta(days=30)
SECONDS: Final = ("10", "60", "300")
COUNTS_MAX: Final = 20
SPAN: Final = (
    Entry("from", marked("Falls from"), "instant"),
    Entry("to", marked("until"), "instant"),
    Entry("department", marked("Only holders of the department"), is_required=False),
    Entry("member", marked("Only the holder"), is_required=False, hint=marked("Sign-in name.")),
    Entry(
        "seconds_max", marked("Look at customers for at most, in seconds"), "integer", True, SECONDS
    ),
)
_AFTER: Final = Entry("after", "", is_required=False)
ADOPTION: Final = (
    Entry(
        "version",
        marked("Name of the new version"),
        hint=marked("Letters, digits, dots and hyphens, such as 2026-2."),
    ),
    Entry(
        "effective_from",
        marked("In force from"),
        "instant",
        is_required=False,
        hint=marked("Left blank: from now on."),
    ),
    Entry("reason", marked("Reason"), "area"),
)
WORDS: Final = {
    "title": marked("Customers that fall to the pool, by day"),
    "fell": marked("as it is"),
    "would": marked("with the change"),
}


@router.get("/rules/change")
def change_page(page: Shown) -> Response:
    """The values of the version in force as a form."""
    page.call_of(tried).signed()
    return _form(page, None)


@router.post("/rules/change/try")
def tried_page(sent: Filled) -> Response:
    """Whom the typed values would have let fall: the dry run of the interface, for so long."""
    page = sent.page
    done = sent.done(lambda: tried(_dry_run(sent), page.call_of(tried)))
    if isinstance(done, Trouble):
        return _form(page, sent.typed, problem=_at_fields(done))
    return _form(page, sent.typed, found=_found(page, sent, done.told))


@router.post("/rules/change/adopt")
def adopted_page(sent: Filled) -> Response:
    """Adopts the typed values as a version, as over HTTP."""
    done = sent.done(lambda: _adopt(sent))
    if not isinstance(done, Trouble):
        told = done.told
        return go_on(f"/rules?position={told['position']}&done={told['version']}")
    typed = sent.typed
    if done.slug == "version-conflict":
        typed = carried_over(typed, _base(sent), _values(_in_force(sent.page)))
        typed.pop("based_on")
    return _form(sent.page, typed, problem=_at_fields(done))


def _dry_run(sent: Sent) -> DryRunBody:
    body = body_of([*SPAN, _AFTER], sent.typed, sent.zone)
    body |= {"limit": ROWS, "changes": _changes(sent), "based_on": sent.typed.get("based_on")}
    return checked(DryRunBody, body)


def _adopt(sent: Sent) -> Answer:
    body = body_of(ADOPTION, sent.typed, sent.zone)
    changes = _changes(sent)
    version = body.pop("version", None)
    if changes and version is not None:
        changes["version"] = version
    body |= {"changes": changes, "based_on": sent.typed.get("based_on")}
    return adopt_rulebook(checked(RulebookBody, body), sent.call)


def _changes(sent: Sent) -> dict[str, Any]:
    return changes_in(sent.typed, _base(sent))


def _base(sent: Sent) -> dict[str, Any]:
    """The values that the sender changed. Raises NotFound for a version that is none."""
    version = sent.typed.get("based_on") or _in_force(sent.page)["version"]
    return _values(sent.page.ask(rulebook, version))


def _in_force(page: Page) -> Any:
    lines = page.ask(rulebooks)["items"]
    return page.ask(rulebook, next(line["version"] for line in lines if line["in_force"]))


def _values(told: Any) -> dict[str, Any]:
    return {one["key"]: one["value"] for one in told["words"]}


def _at_fields(trouble: Trouble) -> Trouble:
    """The problem, its fields named as those of the form are."""
    entries = [
        {**entry, "field": entry["field"].removeprefix("changes.")}
        for entry in trouble.told.get("invalid", ())
    ]
    return replace(trouble, told={**trouble.told, **({"invalid": entries} if entries else {})})


def _found(page: Page, sent: Sent, told: Mapping[str, Any]) -> dict[str, Any]:
    """What a dry run found, ready to be shown."""
    totals = told["totals"]
    base = page.ask(rulebook, told["based_on"])
    language = page.call.language
    words = {one["key"]: one for one in base["words"]}
    rules = changed(base["toml"], _changes(sent))
    pairs = [
        (words[one.key]["says"], one.says)
        for one in rules.in_words(language)
        if one.says != words[one.key]["says"]
    ]
    return {
        **told,
        "pairs": pairs,
        "picture": totals and _picture(sent, totals["days"]),
        "words": WORDS,
        "holders": totals and _most(totals["holders"]),
        "typed": {name: text for name, text in sent.typed.items() if name != "after"},
    }


def _picture(sent: Sent, days: list[dict[str, Any]]) -> Markup:
    body = _dry_run(sent)
    first, last = body.start.astimezone(SHANGHAI).date(), body.end.astimezone(SHANGHAI).date()
    language = sent.page.call.language
    words = {name: translated(text, language) for name, text in WORDS.items()}
    return Markup(falls(stretches(days, first, last), words))  # noqa: S704  it escapes every text


def _most(counts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The holders who would lose the most."""
    return sorted(counts, key=lambda one: one["fell"] - one["would_have_fallen"])[:COUNTS_MAX]


def _form(
    page: Page,
    typed: Mapping[str, str] | None,
    *,
    found: Mapping[str, Any] | None = None,
    problem: Trouble | None = None,
) -> Response:
    """The form: the values in force, or what was typed over those it was typed over."""
    answer = page.answered(rulebooks)
    if typed is None or "based_on" not in typed:
        base = _in_force(page)
        typed = {**_blank(page, base["at"]), **typed_of(_values(base)), **(typed or {})}
        typed["based_on"] = base["version"]
    return page.show_form(
        "rules_change.html",
        {
            "chapters": chapters(page.call.language),
            "span_entries": SPAN,
            "adoption": ADOPTION if page.may("adopt-rulebook") else (),
            "seen": answer.headers["etag"],
            "found": found,
            "position": page.written(),
            "at": answer.told["at"],
        },
        typed,
        problem,
    )


def _blank(page: Page, at: datetime) -> dict[str, str]:
    """What stands in the other fields at first: a month back and a month ahead."""
    fine = at.replace(second=0, microsecond=0)
    language = page.call.language
    return {
        "from": typed_instant(fine - AROUND, language),
        "to": typed_instant(fine + AROUND, language),
        "seconds_max": SECONDS[0],
    }
