"""Who looked at what: the access log in words, and who read far more than usual (S0-25, S4-36)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final

from starlette.responses import Response

from api.access.looks import FIELDS
from api.access.words import FIELD_WORDS
from api.answers import instant
from api.console.catalogue import marked
from api.console.forms import checked
from api.console.log_filters import customer_meant, filters_of, query_of, sent_of
from api.console.page_calls import Page, Shown
from api.console.page_route import pages
from api.problems.wording import SHANGHAI
from api.routes.access import AccessExport, AccessQuestions, access_export, access_log
from api.routes.bursts import BurstQuestions, bursts_of
from domain import permissions
from domain.errors import NotAllowed

router = pages()
ROWS: Final = 40
TEXTS: Final = ("member", "customer", "field", "after")
FILE: Final = ("member", "customer", "field", "format", "bom")
KINDS: Final = {
    "details-read": marked("Details shown"),
    "waiting-read": marked("Details of what waits shown"),
    "collision-asked": marked("Customers searched"),
    "words-asked": marked("Audit searched"),
    "exported": marked("Export begun"),
    "export-ended": marked("Export ended"),
    "access-asked": marked("Log asked about others"),
    "refused": marked("Permission lacking"),
    "signed-in": marked("Signed in"),
    "sign-in-failed": marked("Failed to sign in"),
    "signed-out": marked("Signed out"),
    "password-set": marked("One-time password set"),
    "password-changed": marked("Password changed"),
}
"""Kinds of entries, in the order in which people look for them."""


@router.get("/audit/access")
def access_page(page: Shown) -> Response:
    """The looks for which every filter holds, the latest first. Asking about others is a look that
    is kept itself, so nothing here is fetched again by itself."""
    sent, choices = customer_meant(page, sent_of(page, TEXTS, ("kind",)))
    questions = checked(AccessQuestions, {"limit": ROWS, **sent})
    told: dict[str, Any] = {"items": None, "next": None}
    if choices is None:
        told = page.ask(access_log, questions)
    filters = filters_of(questions, "sort")
    return page.show(
        "access.html",
        {
            "entries": told["items"],
            "following": told["next"] and query_of(filters, after=told["next"]),
            "query_of_file": query_of(filters),
            "asked": questions,
            "typed": page.request.query_params.get("customer", "").strip(),
            "choices": choices,
            "sees_others": _sees_others(page),
            "fields": {name: FIELD_WORDS[name][page.call.language] for name in FIELDS},
            "kinds": KINDS,
            "bursts": _bursts(page),
        },
    )


@router.get("/audit/access/export")
def access_export_page(page: Shown) -> Response:
    """The same entries as a file, in the language of the page."""
    questions = checked(AccessExport, sent_of(page, FILE, ("kind",)))
    return access_export(questions, page.call_of(access_export), page.request)


def _sees_others(page: Page) -> bool:
    """Whether the log answers about others, so that the form asks about whom."""
    row = permissions.PERMISSIONS["see-access-log"]
    return permissions.condition_of(page.signed.roles, row) == "any"


def _bursts(page: Page) -> list[dict[str, Any]] | None:
    """Days of much reading, each with the question what was read; None for who gets none."""
    try:
        told = page.ask(bursts_of, BurstQuestions())
    except NotAllowed:
        return None
    found = []
    for burst in told["items"]:
        begun = datetime.combine(burst.day, time(), SHANGHAI)
        span = {"from": instant(begun), "to": instant(begun + timedelta(days=1))}
        query = query_of({"member": burst.member, "kind": "details-read", **span})
        found.append({"burst": burst, "query": query})
    return found
