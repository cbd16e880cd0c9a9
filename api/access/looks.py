"""What was looked at, as entries of the access log: every answer with details says so here, before
it goes out (S0-25, S4-36).

An answer that shows several customers is one entry, found under each of them: one answer was given,
by one right, and either all of it went out or nothing did. No list is longer than a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from api.access.entries import Entry, Kind
from api.access.log import CapReached
from api.problems.errors import DetailsUsedUp
from api.veil import start_of_day
from domain.phones import PhoneProblem, normalise_phone

if TYPE_CHECKING:
    from api.routes.calls import QueryCall
    from domain.orders import Signed
    from projections.answers import Page
    from projections.cards import Card

Field = Literal[
    "phone",
    "contact-names",
    "contact-phones",
    "introduction",
    "notes",
    "reasons",
    "applications",
    "contracts",
]
FIELDS: Final[tuple[Field, ...]] = (
    "phone",
    "contact-names",
    "contact-phones",
    "introduction",
    "notes",
    "reasons",
    "applications",
    "contracts",
)
PHONES: Final = ("phone", "contact-phones")
"""Fields that hold a phone number."""
CAP: Final = "details-a-day"
"""What is said to have refused a look past the day's cap."""
_OF_FACTS: Final[Mapping[str, Field]] = {
    "note": "notes",
    "reason": "reasons",
    "statement": "reasons",
    "override_reason": "reasons",
    "different_company": "reasons",
    "introduction": "introduction",
    "buyer": "contracts",
    "products": "contracts",
    "promises": "contracts",
    "payment_method": "contracts",
}
"""Which kind of detail a fact of an event is; names and phones are in no fact."""
_NUMBER: Final = re.compile(r"\+?\d(?:[\s()（）\-－]*\d){6,}")
"""What may be a phone number in a text that was searched for."""


@dataclass(frozen=True, slots=True)
class Look:
    """An entry that waits to be kept. keep: Raises Unavailable, DetailsUsedUp."""

    entry: Entry
    keep: Callable[[], None]


def record_details(
    call: QueryCall,
    signed: Signed,
    view: str,
    fields: Iterable[Field],
    customers: Iterable[UUID],
    *,
    right: str | None,
    kind: Kind = "details-read",
) -> None:
    """Keep who saw which fields of whom, and in which view. Nothing shown: no entry.

    Raises Unavailable where it cannot be kept, DetailsUsedUp past the day's cap; where the call has
    its entries wait, whoever keeps them does.
    """
    seen, whose = set(fields), list(dict.fromkeys(customers))
    told = [field for field in FIELDS if field in seen]
    if told and whose:
        entry = _entry(call, signed, kind, right, {"view": view, "fields": told}, whose)
        if call.looks is not None:
            call.looks.append(Look(entry, lambda: _record_look(call, signed, entry)))
        else:
            _record_look(call, signed, entry)


def record_search(
    call: QueryCall,
    signed: Signed,
    *,
    name: str | None,
    phone_hash: str | None,
    shown: Sequence[Mapping[str, Any]],
    position: int,
    view: str | None = None,
) -> None:
    """Keep what a collision check asked and what it showed, as it showed it (S1-021, A-34).

    shown: the answer's items. view: `customers` where a list was searched by name, which finds as
    much. Raises Unavailable where it cannot be kept.
    """
    facts = _asked(call, name, phone_hash) | {
        "shown": [{key: item[key] for key in _OF_ITEM} for item in shown],
        "position": position,
    }
    facts |= {"view": view} if view is not None else {}
    whose = [item["customer_id"] for item in shown]
    entry = _entry(call, signed, "collision-asked", "see-customers", facts, whose)
    call.service.access_log.record(entry)


def record_list_search(
    call: QueryCall,
    signed: Signed,
    name: str,
    page: Page[Card],
    lines: Sequence[Mapping[str, Any]],
) -> None:
    """Keep what a list that was searched by name showed: it finds as much as a collision check.

    lines: the answer's items. Raises Unavailable where it cannot be kept.
    """
    shown = [
        {
            **{field: line[field] for field in ("customer_id", "state", "holder", "group")},
            "match": "part",
            "protected_until": line["held_over_until"] or line["until"],
            "into": card.merged_into,
        }
        for card, line in zip(page.items, lines, strict=True)
    ]
    position = page.position
    record_search(
        call, signed, name=name, phone_hash=None, shown=shown, position=position, view="customers"
    )


def record_export(
    call: QueryCall,
    signed: Signed,
    kind: Literal["exported", "export-ended"],
    right: str,
    facts: Mapping[str, Any],
) -> None:
    """Keep that an export begins, or how far it came. Raises Unavailable."""
    call.service.access_log.record(_entry(call, signed, kind, right, facts, ()))


def record_evidence(
    call: QueryCall, signed: Signed, customer: UUID, facts: Mapping[str, Any]
) -> None:
    """Keep that a customer's evidence was made. Raises Unavailable."""
    told = {"view": "evidence", **facts}
    entry = _entry(call, signed, "exported", "make-evidence", told, (customer,))
    call.service.access_log.record(entry)


def record_question(
    call: QueryCall, signed: Signed, right: str, facts: Mapping[str, Any], customer: UUID | None
) -> None:
    """Keep who asked this log about others. Raises Unavailable."""
    whose = () if customer is None else (customer,)
    entry = _entry(call, signed, "access-asked", right, facts, whose)
    call.service.access_log.record(entry)


def fields_in(events: Iterable[Mapping[str, Any]]) -> set[Field]:
    """Which kinds of details are in the facts of events that were told."""
    return {
        _OF_FACTS[name]
        for event in events
        for name, value in event["facts"].items()
        if name in _OF_FACTS and value not in (None, "", [])
    }


def _record_look(call: QueryCall, signed: Signed, entry: Entry) -> None:
    """Keep the entry; what nobody chose to read is under no cap."""
    if entry.kind == "details-read":
        _record_capped(call, signed, entry)
    else:
        call.service.access_log.record(entry)


def _record_capped(call: QueryCall, signed: Signed, entry: Entry) -> None:
    """Keep the entry, or that the day's cap refused it."""
    rules = call.application.rulebooks().in_force(signed.at)
    cap = rules.disclosure.details_max(signed.roles)
    log = call.service.access_log
    try:
        log.record(replace(entry, details_max=cap))
    except CapReached as reached:
        log.record(replace(entry, kind="refused", right=CAP))
        until = start_of_day(signed.at) + timedelta(days=1)
        wait_seconds = ceil((until - signed.at).total_seconds())
        raise DetailsUsedUp(cap or 0, until, wait_seconds) from reached


_OF_ITEM: Final = ("customer_id", "match", "state", "holder", "group", "protected_until", "into")


def _asked(call: QueryCall, name: str | None, phone_hash: str | None) -> dict[str, Any]:
    """What was looked for, numbers only as their keyed hashes."""
    asked: dict[str, Any] = {}
    if phone_hash is not None:
        asked["phone_hash"] = phone_hash
    if name:
        asked["name"] = _NUMBER.sub("•••", name)
        hashes = [_hashed(call, found) for found in _NUMBER.findall(name)]
        if hashes:
            asked["numbers"] = [one for one in hashes if one is not None]
    return asked


def _hashed(call: QueryCall, number: str) -> str | None:
    """The keyed hash of a number, where it is a phone's."""
    try:
        return call.application.phone_hash(normalise_phone(number))
    except PhoneProblem:
        return None


def _entry(
    call: QueryCall,
    signed: Signed,
    kind: Kind,
    right: str | None,
    facts: Mapping[str, Any],
    whose: Sequence[UUID],
) -> Entry:
    return Entry(
        kind,
        signed.member,
        right,
        whose[0] if len(whose) == 1 else None,
        facts,
        call.request_id,
        call.client,
        customer_ids=whose if len(whose) > 1 else (),
        at=signed.at,
        token_id=signed.token_id,
        session_id=signed.session_id,
    )
