"""Filters of a log in an address: as typed, as its route takes them, and as a link holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BaseModel

from api.answers import instant
from api.console.catalogue import marked
from api.console.forms import Entry, body_of, checked
from api.console.page_calls import Page
from api.console.shown import OFFSETS
from api.routes.lists import CustomerQuestions, customers

INSTANTS: Final = (
    Entry("from", marked("From"), "instant", is_required=False),
    Entry("to", marked("To"), "instant", is_required=False),
)
CHOICES_MAX: Final = 8
"""Customers that a part of a name may mean, to choose from."""
Choices = Sequence[Mapping[str, Any]]


def sent_of(page: Page, texts: Sequence[str], lists: Sequence[str]) -> dict[str, Any]:
    """What the address asks, less what was left blank. lists: what may be repeated."""
    sent = page.request.query_params
    told: dict[str, Any] = {
        name: sent[name].strip() for name in texts if sent.get(name, "").strip()
    }
    told |= body_of(INSTANTS, sent, OFFSETS[page.call.language])
    for name in lists:
        given = [text for text in sent.getlist(name) if text.strip()]
        told |= {name: given} if given else {}
    return told


def customer_meant(page: Page, sent: dict[str, Any]) -> tuple[dict[str, Any], Choices | None]:
    """What is asked, a customer's typed name as its id; and where that is no one customer's, those
    to choose from."""
    typed = sent.get("customer")
    if typed is None or _is_id(typed):
        return sent, None
    questions = checked(CustomerQuestions, {"name": typed, "limit": CHOICES_MAX})
    found = page.ask(customers, questions)["items"]
    whole = [one for one in found if one["name"] == typed]
    if len(whole or found) == 1:
        return {**sent, "customer": str((whole or found)[0]["customer_id"])}, None
    rest = {name: value for name, value in sent.items() if name not in ("customer", "after")}
    return rest, [one | {"query": query_of(rest, customer=one["customer_id"])} for one in found]


def filters_of(questions: BaseModel, *besides: str) -> dict[str, Any]:
    """The filters as an address holds them, in whatever zone their instants were typed. besides:
    what is left out, with the page."""
    given = questions.model_dump(
        mode="json", by_alias=True, exclude_defaults=True, exclude={"limit", "after", *besides}
    )
    for name, field in (("from", "start"), ("to", "end")):
        if name in given:
            given[name] = instant(getattr(questions, field))
    return given


def query_of(filters: Mapping[str, Any], **more: object) -> str:
    """The query of an address."""
    return urlencode({**filters, **more}, doseq=True)


def _is_id(text: str) -> bool:
    with suppress(ValueError):
        return bool(UUID(text))
    return False
