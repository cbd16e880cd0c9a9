"""Several customers of the pool claimed at once: each by a command of its own (S1-050, S1-053).

Each names its own contact person, as every claim does; how and when contact goes on is filled in
once. What is refused stays in the form as it was typed, and says which rule forbids it, or who was
faster; what was claimed is out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID, uuid4

from starlette.datastructures import Headers
from starlette.responses import Response

from api.answers import Answer
from api.conditions import IF_MATCH, expected_version, request_hash
from api.console.actions import contact, follow_up
from api.console.catalogue import marked
from api.console.filling import typed_of
from api.console.forms import Entry, body_of, checked
from api.console.page_calls import Filled, Page, Sent, Shown
from api.console.page_route import pages
from api.console.troubles import Trouble
from api.models.bodies import ClaimBody
from api.models.fields import Body
from api.routes.calls import CommandCall
from api.routes.lists import CustomerQuestions, customers
from api.routes.protection import claim
from domain.errors import Invalid, ViewBehind

router = pages()
CHOSEN_MAX: Final = 10
CUSTOMER: Final = "_customer."
VERSION: Final = "_version."
NOTE: Final = Entry("follow_up.note", marked("Notes"), "area", is_required=False)
SHARED: Final = tuple(
    replace(entry, is_required=False)
    for entry in follow_up("follow_up.")
    if entry.name != NOTE.name
)
"""Filled in once for all: how contact was made, and when it goes on."""
OWN: Final = (*contact("contact."), NOTE)
"""Filled in for each customer."""


class _Chosen(Body):
    customer: UUID


@dataclass(frozen=True, slots=True)
class Line:
    """One customer of the form. place: before the names of its fields. told: how it stands now.
    done: what the claim answered. problem: why it was refused."""

    place: str
    told: Mapping[str, Any]
    done: Mapping[str, Any] | None = None
    problem: Trouble | None = None

    @property
    def is_open(self) -> bool:
        """True while it may still be claimed by this form."""
        return self.done is None and self.told["state"] == "pool"

    @property
    def entries(self) -> list[Entry]:
        """Its fields. Who claims what was held before notes the contact that led to it (S1-052)."""
        was_held = self.told["last_holder"] is not None
        return [
            replace(
                entry,
                name=f"{self.place}.{entry.name}",
                is_required=was_held if entry is NOTE else entry.is_required,
            )
            for entry in OWN
        ]

    @property
    def wrong(self) -> dict[str, dict[str, str]]:
        """What is wrong with its fields, as a form's field looks it up."""
        fields = {} if self.problem is None else self.problem.fields
        return {"fields": {f"{self.place}.{name}": text for name, text in fields.items()}}


@router.get("/pool/claim")
def claim_page(page: Shown) -> Response:
    """The form for the customers that the address names."""
    wanted = page.request.query_params.getlist("customer")
    if len(wanted) > CHOSEN_MAX:
        raise Invalid.field(
            "customer",
            "too-many",
            zh=f"一次最多选择 {CHOSEN_MAX} 个客户",
            en=f"must be chosen at most {CHOSEN_MAX} times",
        )
    chosen = [checked(_Chosen, {"customer": text}).customer for text in wanted]
    told = _standing(page, chosen)
    lines = [
        Line(str(place), told["customers"][one])
        for place, one in enumerate(dict.fromkeys(chosen))
        if one in told["customers"]
    ]
    return _shown(page, lines, {}, told)


@router.post("/pool/claim")
def claimed(sent: Filled) -> Response:
    """Claims each customer as over HTTP, one after the other, and says of each how it went."""
    typed = typed_of(sent.page.request)
    places = [name.removeprefix(CUSTOMER) for name in typed if name.startswith(CUSTOMER)]
    chosen = {
        place: checked(_Chosen, {"customer": typed[CUSTOMER + place]}).customer
        for place in places[:CHOSEN_MAX]
    }
    found = {place: _claimed(sent, place, one, typed) for place, one in chosen.items()}
    told = _standing(sent.page, chosen.values())
    lines = [
        _line(place, told["customers"][one], found[place])
        for place, one in chosen.items()
        if one in told["customers"]
    ]
    return _shown(sent.page, lines, sent.typed, told)


def _line(place: str, told: Mapping[str, Any], found: Answer | Trouble) -> Line:
    if isinstance(found, Trouble):
        return Line(place, told, problem=found)
    return Line(place, told, done=found.told)


def _claimed(
    sent: Sent, place: str, customer_id: UUID, typed: Mapping[str, str]
) -> Answer | Trouble:
    """One claim: its own key, so that a second click does nothing, and the version that its sender
    saw, so that whoever was faster is told."""

    def run() -> Answer:
        body = _body(place, sent.typed, sent.zone)
        order = sent.call.order
        call = CommandCall(
            sent.call.service,
            replace(
                order,
                key=order.key and f"{order.key}.{customer_id}",
                request=request_hash("POST", f"/v1/customers/{customer_id}/claim", body),
                expected_version=expected_version(
                    Headers({IF_MATCH: typed.get(VERSION + place, "*")})
                ),
                command_id=uuid4(),
            ),
        )
        return claim(customer_id, body=checked(ClaimBody, body), call=call)

    return sent.done(run)


def _body(place: str, typed: Mapping[str, str], zone: str) -> dict[str, Any]:
    """A claim's body: what is typed for this customer, and what is typed for all, where this one
    has a follow-up at all."""
    own = {entry.name: typed.get(f"{place}.{entry.name}", "") for entry in OWN}
    body = body_of(OWN, own, zone)
    if "follow_up" in body:
        shared = body_of(SHARED, typed, zone).get("follow_up", {})
        body["follow_up"] = shared | body["follow_up"]
    return body


def _standing(page: Page, chosen: Iterable[UUID]) -> dict[str, Any]:
    """How the chosen customers stand by all that is written: one question, no details."""
    ids = [str(one) for one in chosen]
    if not ids:
        return {"customers": {}, "position": page.written(), "at": page.signed.at}
    questions = checked(CustomerQuestions, {"customer": ids, "limit": len(ids)})
    try:
        told = page.at_the_end().ask(customers, questions)
    except ViewBehind:
        # What was claimed is claimed and must be told; an old version is found out when it is sent.
        told = page.ask(customers, questions)
    return {**told, "customers": {item["customer_id"]: item for item in told["items"]}}


def _shown(
    page: Page, lines: Sequence[Line], typed: Mapping[str, str], told: Mapping[str, Any]
) -> Response:
    troubles = [line.problem for line in lines if line.problem is not None]
    is_noted = any(line.told["last_holder"] is not None for line in lines if line.is_open)
    shared = [
        replace(entry, is_required=is_noted and entry.name == "follow_up.channel")
        for entry in SHARED
    ]
    return page.show(
        "bulk_claim.html",
        {
            "lines": lines,
            "entries": shared,
            "typed": typed,
            "key": page.new_key(),
            "position": told["position"],
            "at": told["at"],
        },
        status=troubles[0].status if troubles else 200,
    )
