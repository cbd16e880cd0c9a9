"""Requests to read details, with what became of each: questions to the view `audit` (S4-41)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Composable
from psycopg2.sql import Literal as Quoted

from domain.events import DetailsGranted, DetailsRefused, DetailsRequested, DetailsRequestedAgain
from projections.answers import After, Order, Page, ask_page
from projections.audit import NAME as VIEW

__all__ = ["VIEW", "DetailsRequest", "RequestState", "details_requests"]

RequestState = Literal["open", "granted", "refused"]


@dataclass(frozen=True, slots=True)
class DetailsRequest:
    """One request. decided_by to decision_reason: None while it is open; until: the first instant
    at which what was granted is over."""

    position: int
    customer_id: UUID
    member: str
    asked_at: datetime
    days: int
    reason: str
    state: RequestState
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None
    until: datetime | None


def details_requests(
    cursor: Cursor,
    *,
    state: RequestState | None = None,
    member: str | None = None,
    but_of: str | None = None,
    customer_id: UUID | None = None,
    limit: int = 50,
    after: After | None = None,
) -> Page[DetailsRequest]:
    """Requests for which every given filter holds, the newest first. member: who asked. but_of:
    who did not."""
    about = customer_id and str(customer_id)
    asked = {"member": member, "but_of": but_of, "customer_id": about}
    return ask_page(
        cursor,
        (VIEW,),
        _COLUMNS,
        _REQUESTS,
        conditions=(
            state and _STATES[state],
            member is not None and SQL("member = %(member)s"),
            but_of is not None and SQL("member <> %(but_of)s"),
            customer_id is not None and SQL("customer_id = %(customer_id)s::uuid"),
        ),
        parameters=asked,
        order=Order(("position", "bigint")),
        make=lambda row: DetailsRequest(**row),
        descending=True,
        limit=limit,
        after=after,
    )


_COLUMNS: Final = SQL(
    "position, customer_id, member, asked_at, days, reason, state, decided_by, decided_at,"
    " decision_reason, until"
)
# A request is decided by the next decision on its stream: until then, no other one is made.
_REQUESTS: Final = SQL(
    "(SELECT asked.position, asked.customer_id, asked.actor AS member, asked.at AS asked_at,"
    " (asked.facts ->> 'days')::integer AS days, asked.reason,"
    " CASE decided.topic WHEN {granted} THEN 'granted' WHEN {refused} THEN 'refused'"
    " ELSE 'open' END AS state, decided.actor AS decided_by, decided.at AS decided_at,"
    " decided.reason AS decision_reason, (decided.facts ->> 'until')::timestamptz AS until"
    " FROM views.audit AS asked LEFT JOIN LATERAL (SELECT topic, actor, at, reason, facts"
    " FROM views.audit AS later WHERE later.customer_id = asked.customer_id"
    " AND later.position > asked.position AND later.stream_id = asked.stream_id"
    " AND later.topic IN ({granted}, {refused}) ORDER BY later.position LIMIT 1) AS decided ON true"
    " WHERE asked.topic IN ({requested}, {again})) AS request"
).format(
    granted=Quoted(DetailsGranted.TOPIC),
    refused=Quoted(DetailsRefused.TOPIC),
    requested=Quoted(DetailsRequested.TOPIC),
    again=Quoted(DetailsRequestedAgain.TOPIC),
)
_STATES: Final[dict[str, Composable]] = {
    state: SQL("state = {}").format(Quoted(state)) for state in ("open", "granted", "refused")
}
