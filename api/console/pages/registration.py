"""Registration: a company that nobody has entered yet (S1-024, S1-026)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from api.answers import Answer
from api.console.actions import contact
from api.console.catalogue import marked
from api.console.forms import Entry, body_of, checked
from api.console.page_calls import Filled, Page, Sent, Shown, go_on
from api.console.page_route import pages
from api.console.troubles import Trouble
from api.models.bodies import RegisterBody
from api.routes.registration import register

router = pages()
ENTRIES: Final = (
    Entry(
        "name",
        marked("Full name"),
        hint=marked("Region, trade name, characteristic, organisation form."),
    ),
    Entry("address", marked("Address")),
    Entry("industry", marked("Industry")),
    Entry("phone", marked("Phone number"), "phone"),
    Entry("introduction", marked("Introduction"), "area"),
    *contact("contacts.0.", is_required=False),
    Entry(
        "override_reason",
        marked("Why it is another company"),
        "area",
        is_required=False,
        hint=marked("Required where a company of a similar name is registered."),
    ),
)


@router.get("/register")
def register_page(page: Shown) -> Response:
    """The form, with what the collision check was asked."""
    asked = page.request.query_params
    return _form(page, {name: asked.get(name, "") for name in ("name", "phone")})


@router.post("/register")
def registered(sent: Filled) -> Response:
    """Registers as over HTTP, then shows the new customer; a collision says with whom."""
    done = sent.done(lambda: _run(sent))
    if isinstance(done, Trouble):
        return _form(sent.page, sent.typed, problem=done)
    told = done.told
    return go_on(f"/customers/{told['customer_id']}?position={told['position']}&done=register")


def _run(sent: Sent) -> Answer:
    return register(checked(RegisterBody, body_of(ENTRIES, sent.typed, sent.zone)), sent.call)


def _form(page: Page, typed: Mapping[str, str], *, problem: Trouble | None = None) -> Response:
    return page.show_form("register.html", {"entries": ENTRIES}, typed, problem)
