"""Collision check: who already has this company, told while its name is typed (S1-021)."""

from __future__ import annotations

from starlette.responses import Response

from api.console.forms import asked
from api.console.page_calls import Shown
from api.console.page_route import pages
from api.console.rendering import is_partial
from api.console.troubles import trouble_from_thread
from api.routes.questions import CollisionQuestions, collisions
from domain.errors import TenureError

router = pages()
CHARACTERS_MIN = 2


@router.get("/collisions")
def collision_page(page: Shown) -> Response:
    """Whatever is registered under the same or a similar name, with part of it, or that phone."""
    sent = page.request.query_params
    name, phone = sent.get("name", "").strip(), sent.get("phone", "").strip()
    told = {
        "name": name,
        "phone": phone,
        "items": None,
        "problem": None,
        "is_full": False,
        "may_claim": page.may("claim"),
    }
    if len(name) >= CHARACTERS_MIN or phone:
        try:
            questions = asked(CollisionQuestions, {"name": name, "phone": phone})
            told |= page.ask(collisions, questions)
            told["is_full"] = len(told["items"]) == questions.limit
        except TenureError as error:
            told["problem"] = trouble_from_thread(page.request, error)
    # Half a phone number is no fault while it is typed, and browsers write faults down.
    is_fault = told["problem"] is not None and not is_partial(page.request)
    status = told["problem"].status if is_fault else 200
    return page.show("collisions.html", told, status=status)
