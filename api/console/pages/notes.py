"""The whole note of one follow-up, in parts where it is long."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from api.console.notes import note_of
from api.console.page_calls import Page, Shown
from api.console.page_route import pages
from api.routes.life import ReplayQuestions, replayed
from api.routes.parameters import CustomerId
from api.routes.questions import card
from domain.errors import NotFound

router = pages()
PART_CHARACTERS: Final = 6_000
PART_DIGITS_MAX: Final = 3


@router.get("/customers/{customer_id}/notes/{position}")
def note_page(customer_id: CustomerId, position: int, page: Shown) -> Response:
    """The note of the follow-up at that place in the log. A stranger finds none there."""
    told = page.ask(card, customer_id)
    life = page.ask(replayed, customer_id, ReplayQuestions())
    events = (step["event"] for step in life["steps"])
    event = next((one for one in events if one["position"] == position), None)
    note = note_of(event, told["contacts"]) if event is not None else None
    if event is None or note is None:
        raise NotFound("note", str(position))
    parts = -(-len(note.text) // PART_CHARACTERS)
    part = min(_part(page), parts)
    start = (part - 1) * PART_CHARACTERS
    return page.show(
        "note.html",
        {
            "card": told,
            "event": event,
            "note": note,
            "text": note.text[start : start + PART_CHARACTERS],
            "part": part,
            "parts": parts,
            "position": life["position"],
            "at": life["at"],
        },
    )


def _part(page: Page) -> int:
    """Which part is asked for; the first where nothing sensible is."""
    sent = page.request.query_params.get("part", "")
    return max(int(sent), 1) if sent.isdecimal() and len(sent) <= PART_DIGITS_MAX else 1
