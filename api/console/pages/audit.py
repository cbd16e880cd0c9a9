"""Audit: every event of the log in words, looked for by who, whose, what, which rule and when."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from api.console.forms import checked
from api.console.kinds import GROUPS, KINDS
from api.console.log_filters import customer_meant, filters_of, query_of, sent_of
from api.console.page_calls import Shown
from api.console.page_route import pages
from api.console.troubles import trouble_from_thread
from api.routes.audit import LOOKED_MAX, AuditQuestions, ExportQuestions, audit_export, audit_log
from api.routes.proofs import seals
from domain.errors import REFUSALS, NotAllowed

router = pages()
ROWS: Final = 40
TEXTS: Final = ("words", "actor", "customer", "topic", "rule", "sort", "after")
FILE: Final = ("words", "actor", "customer", "topic", "rule", "format", "bom")
CHOICES: Final = {
    "kinds": KINDS,
    "groups": GROUPS,
    "rules": tuple(rule.slug for rule in REFUSALS),
    "looked_max": LOOKED_MAX,
}
"""What the form lets choose from, and what it says."""


@router.get("/audit")
def audit_page(page: Shown) -> Response:
    """The events for which every filter holds, the newest first; each leads to its customer as of
    that instant."""
    sent, choices = customer_meant(page, sent_of(page, TEXTS, ("position",)))
    questions = checked(AuditQuestions, {"limit": ROWS, "sort": "-position", **sent})
    filters = filters_of(questions, "sort")
    told: dict[str, Any] = {"items": None, "next": None, "position": None, "at": page.signed.at}
    problem = None
    try:
        if choices is None:
            told = page.ask(audit_log, questions)
    except NotAllowed as error:
        # Whoever leads departments names one of their customers or members first.
        if error.condition != "department":
            raise
        problem = trouble_from_thread(page.request, error) if filters else None
    turned = {"sort": questions.sort} if questions.sort == "position" else {}
    return page.show(
        "audit.html",
        {
            "entries": told["items"],
            "following": told["next"] and query_of(filters, **turned, after=told["next"]),
            "query_of_file": query_of(filters),
            "filters": filters,
            "asked": questions,
            "typed": page.request.query_params.get("customer", "").strip(),
            "choices": choices,
            "seals": page.ask(seals),
            **CHOICES,
            "problem": problem,
            "position": told["position"],
            "at": told["at"],
        },
        status=problem.status if problem else 200,
    )


@router.get("/audit/export")
def export_page(page: Shown) -> Response:
    """The same events as a file, in the language of the page."""
    questions = checked(ExportQuestions, sent_of(page, FILE, ("position",)))
    return audit_export(questions, page.call_of(audit_export), page.request)
