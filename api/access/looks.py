"""What was looked at, as entries of the access log: every answer with details says so here, before
it goes out (S0-25, S4-36).

An answer that shows several customers is one entry, found under each of them: one answer was given,
by one right, and either all of it went out or nothing did. No list is longer than a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from api.access.entries import Entry, Kind
from api.access.log import CapReached
from api.access.numbers import without_numbers
from api.problems.errors import DetailsUsedUp
from api.veil import start_of_day

if TYPE_CHECKING:
    from api.routes.calls import QueryCall
    from domain.orders import Signed

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

    Raises Unavailable where it cannot be kept, DetailsUsedUp past the day's cap.
    """
    seen, whose = set(fields), list(dict.fromkeys(customers))
    told = [field for field in FIELDS if field in seen]
    if told and whose:
        entry = entry_of(call, signed, kind, right, {"view": view, "fields": told}, whose)
        if kind == "details-read":
            cap = signed.rules.disclosure.details_max(signed.roles)
            entry = replace(entry, details_max=cap)
        keep(call, entry)


def record_export(
    call: QueryCall,
    signed: Signed,
    kind: Literal["exported", "export-ended"],
    right: str,
    facts: Mapping[str, Any],
    customer: UUID | None,
) -> None:
    """Keep that an export begins, or how far it came. customer: that it is of alone.

    Raises Unavailable.
    """
    whose = () if customer is None else (customer,)
    told = _without_numbers(call, facts)
    keep(call, entry_of(call, signed, kind, right, told, whose))


def record_evidence(
    call: QueryCall, signed: Signed, customer: UUID, facts: Mapping[str, Any]
) -> None:
    """Keep that a customer's evidence was made. Raises Unavailable."""
    told = {"view": "evidence", **facts}
    keep(call, entry_of(call, signed, "exported", "make-evidence", told, (customer,)))


def record_question(
    call: QueryCall, signed: Signed, right: str, facts: Mapping[str, Any], customer: UUID | None
) -> None:
    """Keep who asked this log about others. Raises Unavailable."""
    told = _without_numbers(call, facts)
    whose = () if customer is None else (customer,)
    keep(call, entry_of(call, signed, "access-asked", right, told, whose))


def fields_in(events: Iterable[Mapping[str, Any]]) -> set[Field]:
    """Which kinds of details are in the facts of events that were told."""
    return {
        _OF_FACTS[name]
        for event in events
        for name, value in event["facts"].items()
        if name in _OF_FACTS and value not in (None, "", [])
    }


def record_looks(call: QueryCall, entries: Sequence[Entry]) -> None:
    """Keep what an answer shows, all in one append, or that the day's cap refused some of it.

    Raises Unavailable where it cannot be kept, DetailsUsedUp past the day's cap: then nothing may
    be shown.
    """
    log = call.service.access_log
    try:
        log.record(*entries)
    except CapReached as reached:
        refused = [
            replace(entry, kind="refused", right=CAP, details_max=None) for entry in reached.entries
        ]
        log.record(*refused)
        first = reached.entries[0]
        at = first.at or call.application.now()
        until = start_of_day(at) + timedelta(days=1)
        wait_seconds = ceil((until - at).total_seconds())
        raise DetailsUsedUp(first.details_max or 0, until, wait_seconds) from reached


def keep(call: QueryCall, entry: Entry) -> None:
    """At once, or with what else the same page shows."""
    if call.looks is None:
        record_looks(call, [entry])
    else:
        call.looks.append(entry)


def entry_of(
    call: QueryCall,
    signed: Signed,
    kind: Kind,
    right: str | None,
    facts: Mapping[str, Any],
    whose: Sequence[UUID],
) -> Entry:
    """An entry of this request about some customers."""
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


def _record_capped(call: QueryCall, signed: Signed, entry: Entry) -> None:
    """Keep the entry, or that the day's cap refused it."""
    cap = signed.rules.disclosure.details_max(signed.roles)
    log = call.service.access_log
    try:
        log.record(replace(entry, details_max=cap))
    except CapReached as reached:
        log.record(replace(entry, kind="refused", right=CAP))
        until = start_of_day(signed.at) + timedelta(days=1)
        wait_seconds = ceil((until - signed.at).total_seconds())
        raise DetailsUsedUp(cap or 0, until, wait_seconds) from reached


def _without_numbers(call: QueryCall, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts, in whose filters anything may have been typed."""
    kept = without_numbers(call.application, facts.get("filters", {}))
    numbers = kept.pop("numbers", None)
    told = {**facts, **({"filters": kept} if "filters" in facts else {})}
    return told if numbers is None else told | {"numbers": numbers}
