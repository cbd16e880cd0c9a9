"""Evidence of one customer: a bundle that an outsider verifies with Python alone (design §9)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from starlette.responses import Response

from api.access.looks import record_evidence
from api.models.evidence import EvidenceBody
from api.openapi import PERMISSION
from api.problems.schemas import problem_responses
from api.proof.evidence.bundle import make_bundle
from api.proof.logs import EVENTS
from api.proof.notes import Checkpoint, Note, NoteMalformed, NoteUntrusted, checkpoint_of, read_note
from api.proof.signing import CheckpointRefused, Signing
from api.proof.tiles import TreeBroken
from api.routes.calls import Asked
from api.routes.parameters import CustomerId
from api.strict_route import StrictRoute
from domain.errors import Invalid, Unavailable

router = APIRouter(route_class=StrictRoute)
ZIP = "application/zip"
_PROBLEMS = (
    *("not-signed-in", "not-allowed", "csrf", "not-found", "too-large", "unsupported-type"),
    "too-many-requests",
)
_TOLD: dict[str, Any] = {
    "tags": ["proof"],
    "summary": "The evidence of a customer, as a zip",
    "response_class": Response,
    "responses": problem_responses((*_PROBLEMS, "invalid", "unavailable"))
    | {200: {"content": {ZIP: {"schema": {"type": "string", "format": "binary"}, "example": "…"}}}},
    "openapi_extra": {PERMISSION: "make-evidence"},
}


@router.post("/v1/customers/{customer_id}/evidence", **_TOLD)
def evidence(
    customer_id: CustomerId,
    call: Asked,
    body: Annotated[EvidenceBody | None, Body()] = None,
) -> Response:
    """Every event of the customer as it is stored, the proof of each, the signed checkpoint, the
    rules, the tenures as a page, and `verify.py`, which needs Python 3.11 and nothing else.

    Personal details in it are ciphertext. It is as of the last seal, and the same as long as
    nothing new is sealed. That it was made is kept in the access log.
    """
    signed = call.signed()
    asked = body or EvidenceBody()
    service = call.service
    earlier = _earlier(asked.from_checkpoint, service.checkpointer.signing)
    try:
        bundle = make_bundle(service, customer_id, dispute=asked.dispute, earlier=earlier)
    except (CheckpointRefused, TreeBroken) as error:
        raise Unavailable(str(error)) from error
    record_evidence(call, signed, customer_id, {"events": bundle.events, "size": bundle.size})
    name = f"tenure-evidence-{customer_id}-{bundle.size}.zip"
    disposition = f'attachment; filename="{name}"'
    return Response(bundle.content, media_type=ZIP, headers={"Content-Disposition": disposition})


def _earlier(written: str | None, signing: Signing) -> tuple[Note, Checkpoint] | None:
    """The checkpoint that was sent, which must be this log's. Raises Invalid."""
    verifier = signing.verifier(EVENTS)
    if written is None or verifier is None:
        return None
    try:
        note = read_note(written)
        checkpoint = checkpoint_of(note)
        verifier.verify(note)
    except (NoteMalformed, NoteUntrusted) as error:
        raise Invalid.field(
            "from_checkpoint",
            "malformed",
            zh="须为本日志签署的检查点全文",
            en=f"must be a whole checkpoint that this log signed ({error})",
        ) from error
    return note, checkpoint
