"""What falls due for the caller, what waits for a decision, and whom the caller has met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from api.access.looks import Field as Detail
from api.access.looks import record_details
from api.answers import Answer
from api.models.address_book import AddressBookPage
from api.models.fields import EXAMPLE_ID, EXAMPLE_INSTANT
from api.models.tasks import AgendaKind, AgendaPage, ApprovalKind, ApprovalPage
from api.openapi import query
from api.routes.calls import Asked, departments_of
from api.routes.cards import placed
from api.routes.parameters import Paged, QueryInstant
from domain import permissions
from domain.orders import Signed
from projections import address_book, agenda, approvals, customer_search

router = APIRouter()


class AgendaQuestions(Paged):
    """Filters of the agenda."""

    kind: Annotated[
        tuple[AgendaKind, ...], Field(description="Only these kinds.", examples=[["deadline"]])
    ] = ()
    since: Annotated[
        QueryInstant | None,
        Field(description="Only what is due from this instant on.", examples=[EXAMPLE_INSTANT]),
    ] = None
    until: Annotated[
        QueryInstant | None,
        Field(description="Only what is due before this instant.", examples=[EXAMPLE_INSTANT]),
    ] = None


@router.get(
    "/v1/agenda", **query("views", "What falls due for me?", AgendaPage, permission="see-agenda")
)
def agenda_of_caller(asked: Annotated[AgendaQuestions, Query()], call: Asked) -> Answer:
    """Everything of the caller's with a due time, the earliest first, overdue things included.

    Reviewers see the claims that the service centre should decide, too; those whom the rulebook
    lets decide applications see what waits for that, less their own.
    """
    signed = call.signed()
    filters = {**asked.filters(), "caller": signed.member}
    after = call.cursor_key("agenda", filters, asked.after)
    decided = decided_kinds(signed)
    with call.view(agenda.NAME) as cursor:
        page = agenda.agenda(
            cursor,
            now=signed.at,
            member=signed.member,
            reviews="review" in decided,
            decisions="intent" in decided,
            departments=signed.departments if decided.get("intent") == "department" else None,
            kinds=asked.kind or None,
            since=asked.since,
            until=asked.until,
            limit=asked.limit,
            after=after,
        )
    return call.page_answer(
        "agenda",
        filters,
        items=page.items,
        following=page.next,
        position=page.position,
        at=signed.at,
    )


_DECIDED_BY = {
    "review": "review",
    "duplicate": "resolve-duplicate",
    "after-sales": "name-after-sales",
    "intent": "decide-intent",
    "extension": "decide-extension",
    "contract": "confirm-contract",
    "dispute": "rule-dispute",
}
"""The command that decides each kind of approval."""


class ApprovalQuestions(Paged):
    """Filters of the approvals."""

    kind: Annotated[
        tuple[ApprovalKind, ...], Field(description="Only these kinds.", examples=[["review"]])
    ] = ()
    scope: Annotated[
        Literal["mine", "all"] | None,
        Field(
            description="`mine`: what the caller may decide, having no part in it; `all`: "
            "everything that waits, for managers in their departments, and for directors and "
            "auditors. Left out: "
            "`mine` for who may decide something, `all` for others.",
            examples=["mine"],
        ),
    ] = None
    overdue: Annotated[
        bool, Field(description="Only what should have been decided by now.", examples=[False])
    ] = False
    customer: Annotated[
        UUID | None, Field(description="About this customer.", examples=[EXAMPLE_ID])
    ] = None


@router.get(
    "/v1/approvals",
    **query(
        "views",
        "What waits for my decision?",
        ApprovalPage,
        permission="see-approvals",
        problems=["not-allowed"],
    ),
)
def approvals_of_caller(asked: Annotated[ApprovalQuestions, Query()], call: Asked) -> Answer:
    """Claims, applications, complete contracts, reported duplicates, open disputes and formal
    customers without a person, the one due first on top."""
    signed = call.signed()
    decided = decided_kinds(signed)
    is_mine = asked.scope == "mine" or (asked.scope is None and bool(decided))
    departments = signed.departments if is_mine else departments_of(signed, "see-approvals")
    limited = {kind for kind in approvals.KINDS if not is_mine or decided.get(kind) == "department"}
    filters = {**asked.filters(), "caller": signed.member}
    after = call.cursor_key("approvals", filters, asked.after)
    visible = set(decided) if is_mine else set(approvals.KINDS)
    with call.view(approvals.NAME, customer_search.VIEW) as cursor:
        page = approvals.approvals(
            cursor,
            now=signed.at,
            decider=signed.member if is_mine else None,
            kinds=visible & set(asked.kind) if asked.kind else visible,
            departments=departments,
            limited=limited,
            overdue=asked.overdue,
            customer_id=asked.customer,
            limit=asked.limit,
            after=after,
        )
        versions = customer_search.versions_of(cursor, [line.customer_id for line in page.items])
    record_waiting(call, signed, "approvals", page.items)
    return call.page_answer(
        "approvals",
        filters,
        items=[_to_decide(line, versions) for line in page.items],
        scope="mine" if is_mine else "all",
        kinds=[kind for kind in approvals.KINDS if kind in visible],
        following=page.next,
        position=page.position,
        at=signed.at,
    )


@router.get(
    "/v1/address-book",
    **query(
        "views",
        "Whom have I met?",
        AddressBookPage,
        permission="see-address-book",
        problems=["details-used-up"],
    ),
)
def address_book_of_caller(asked: Annotated[Paged, Query()], call: Asked) -> Answer:
    """Every contact person that the caller ever entered, the newest first, whoever holds the
    customer now. The reading is logged, as that of a card is."""
    signed = call.signed()
    filters = {"caller": signed.member}
    after = call.cursor_key("address-book", filters, asked.after)
    with call.view(address_book.VIEW) as cursor:
        page = address_book.address_book(cursor, signed.member, limit=asked.limit, after=after)
    whose = sorted({entry.customer_id for entry in page.items})
    names: set[Detail] = {"contact-names", "contact-phones"}
    record_details(call, signed, "address-book", names, whose, right="author")
    return call.page_answer(
        "address-book",
        filters,
        items=_opened(call, page.items),
        following=page.next,
        position=page.position,
        at=signed.at,
    )


def _to_decide(line: approvals.Approval, versions: Mapping[UUID, int]) -> dict[str, Any]:
    told = {field.name: getattr(line, field.name) for field in fields(line)}
    return told | {"version": versions.get(line.customer_id)}


def record_waiting(
    call: Asked, signed: Signed, view: str, lines: Iterable[approvals.Approval]
) -> None:
    """Keep whose reasons and statements a list of what waits has shown."""
    whose = [
        line.customer_id for line in lines if line.reason or line.statement or line.override_reason
    ]
    shown: set[Detail] = {"reasons"}
    record_details(call, signed, view, shown, whose, right="decider", kind="waiting-read")


def decided_kinds(signed: Signed) -> dict[str, permissions.Condition]:
    """The kinds of approvals that the caller's roles permit deciding by the rules in force, and how
    far."""
    found = {
        kind: permissions.condition_of(signed.roles, permissions.permitted(command, signed.rules))
        for kind, command in _DECIDED_BY.items()
    }
    return {kind: condition for kind, condition in found.items() if condition is not None}


def _opened(call: Asked, entries: list[address_book.AddressBookEntry]) -> list[dict[str, Any]]:
    """Entries in plain text; None where a person's data was erased."""
    texts = call.application.open_sealed(
        [
            placed(entry.customer_id, field)
            for entry in entries
            for field in (entry.name, entry.phone)
        ]
    )
    return [
        {
            "contact_id": entry.contact_id,
            "customer_id": entry.customer_id,
            "customer_name": entry.customer_name,
            "name": name,
            "position": entry.position,
            "phone": phone,
            "added_at": entry.added_at,
        }
        for entry, name, phone in zip(entries, texts[::2], texts[1::2], strict=True)
    ]
