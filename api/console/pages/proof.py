"""Proof: how far the logs are sealed, what lies outside, and how anybody holds the log to it."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from api.console.forms import checked
from api.console.page_calls import Page, Shown
from api.console.page_route import pages
from api.proof.logs import LOGS
from api.routes.proofs import LogQuestions, checkpoint, key, seals
from domain.errors import NotFound, Unavailable

router = pages()


@router.get("/audit/proof")
def proof_page(page: Shown) -> Response:
    """Both logs: what is sealed, the last checkpoint, and in words what that proves."""
    told = page.ask(seals)
    notes = {name: _note(page, name) for name in LOGS}
    return page.show(
        "proof.html",
        {
            "seals": told,
            "logs": tuple(LOGS),
            "notes": notes,
            "keys": page.ask(key),
            "house": str(page.request.base_url).rstrip("/"),
            "at": told["at"],
        },
    )


@router.get("/audit/proof/note")
def note_page(page: Shown) -> Response:
    """The last checkpoint as a file to keep."""
    asked = checked(LogQuestions, {"log": page.request.query_params.get("log", "events")})
    note = _checkpoint(page, asked.log)
    note.headers["Content-Disposition"] = f'attachment; filename="{asked.log}.checkpoint"'
    return note


def _note(page: Page, log: Any) -> str | None:
    """The text of the last checkpoint; None where there is none, or none to trust."""
    try:
        return bytes(_checkpoint(page, log).body).decode()
    except (NotFound, Unavailable):
        return None


def _checkpoint(page: Page, log: Any) -> Response:
    """The answer of its route."""
    return checkpoint(LogQuestions(log=log), page.call_of(checkpoint))
