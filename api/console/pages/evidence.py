"""A customer's evidence as a download: what is in it, how it is verified, and for whom it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from starlette.responses import Response

from api.console.catalogue import marked
from api.console.forms import Entry, body_of, checked
from api.console.page_calls import Filled, Page, Shown
from api.console.page_route import pages
from api.console.troubles import Trouble
from api.models.evidence import EvidenceBody
from api.routes.evidence import evidence
from api.routes.parameters import CustomerId
from api.routes.questions import card

router = pages()
ENTRIES: Final = (
    Entry("dispute", marked("Dispute"), "integer", is_required=False),
    Entry(
        "from_checkpoint",
        marked("Checkpoint that the receiver holds"),
        "area",
        is_required=False,
        hint=marked("Whole, as it was signed: the bundle then proves that the log continues it."),
    ),
)


@router.get("/customers/{customer_id}/evidence")
def evidence_page(customer_id: CustomerId, page: Shown) -> Response:
    """What a bundle holds and how it is verified, and the form that makes one."""
    return _shown(page, customer_id, {"dispute": page.request.query_params.get("dispute", "")})


@router.post("/customers/{customer_id}/evidence")
def download(customer_id: CustomerId, sent: Filled) -> Response:
    """The zip, as over HTTP: kept in the access log as an export."""

    def made() -> Response:
        body = checked(EvidenceBody, body_of(ENTRIES, sent.typed, sent.zone))
        return evidence(customer_id, sent.page.call_of(evidence), body)

    done = sent.done(made)
    if isinstance(done, Trouble):
        return _shown(sent.page, customer_id, sent.typed, done)
    return done


def _shown(
    page: Page, customer_id: UUID, typed: Mapping[str, str], problem: Trouble | None = None
) -> Response:
    told = page.ask(card, customer_id)
    return page.show(
        "evidence.html",
        {
            "card": told,
            "entries": ENTRIES,
            "typed": typed,
            "no_evidence": page.refusal(evidence),
            "problem": problem,
            "position": told["position"],
            "at": told["at"],
        },
        status=problem.status if problem else 200,
    )
