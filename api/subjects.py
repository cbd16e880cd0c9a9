"""Data subjects as the house knows them: where their data lies, and where it went."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from api.outside.states import states
from domain.events import CustomerEvent
from projections import subjects
from projections.positions import ViewLagging
from projections.subjects import HeldData

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

    from api.composition import Service
    from api.disclosure import Disclosure
    from domain.subject import Subject

LISTED_MAX: Final = 500
WAIT_SECONDS_MAX: Final = 2.0
IDS_ONLY: Final = "ids-only"
"""What of a subject's data leaves the house by events: never a name, a phone or a sealed field."""
_WAITING: Final = """
SELECT subject_id FROM tenure_keys.subject_keys WHERE restricted_at IS NOT NULL
ORDER BY restricted_at, subject_id LIMIT %s
"""
_DESTROYED: Final = "SELECT destroyed_at FROM tenure_keys.subject_keys WHERE subject_id = %s"
_OF_ONE_ANSWER: Final = ("after", "rows", "reached", "position")
"""Facts by which one answer to a follower differs from the next."""
_EXPORTS: Final = """
WITH sent AS (
    SELECT at, member, customer_id, convert_from(state, 'UTF8')::jsonb AS state
    FROM access.entries
    WHERE kind = 'exported' AND at >= %(since)s AND (
        customer_id IS NULL OR customer_id = ANY (%(customers)s::uuid[]) OR EXISTS (
            SELECT FROM access.about
            WHERE about.position = entries.position
                AND about.customer_id = ANY (%(customers)s::uuid[])
        )
    )
), told AS (
    SELECT at, (at AT TIME ZONE 'Asia/Shanghai')::date AS day, member,
        (state ->> 'token_id')::uuid AS token_id, customer_id,
        (state #>> '{facts,rows}')::bigint AS rows, (state -> 'facts') - %(apart)s::text[] AS facts,
        state #>> '{facts,filters,customer}' AS about
    FROM sent
)
SELECT min(at) AS first, max(at) AS last, count(*) AS count, sum(rows)::bigint AS rows, member,
    token_id, customer_id, facts, count(*) OVER () AS in_all
FROM told
WHERE rows IS DISTINCT FROM 0 AND (about IS NULL OR about = ANY (%(customers)s))
GROUP BY day, member, token_id, customer_id, facts
ORDER BY day DESC, last DESC, member, token_id
LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Exports:
    """Lines, the latest first, and how many older ones there are beyond them."""

    lines: list[dict[str, Any]]
    left_off: int


def customers_of(service: Service, subject_id: UUID) -> list[UUID]:
    """The records that hold the subject's data, by everything that is written so far.

    For the console, beside which there need be no worker: where nobody keeps the view up to date,
    the whole log is searched.
    """
    recorder = service.application.recorder
    settled = recorder.settled_position()
    try:
        service.engine.wait_for([subjects.VIEW], settled, WAIT_SECONDS_MAX)
    except ViewLagging:
        return _mentioning(service, subject_id, upto=settled)
    with service.database.autocommit() as cursor:
        return subjects.customers_of(cursor, subject_id)


def waiting(cursor: Cursor) -> list[UUID]:
    """The subjects whose erasure waits to be confirmed, the longest waiting first."""
    cursor.execute(_WAITING, (LISTED_MAX,))
    return [found for (found,) in cursor.fetchall()]


def erasure(subject: Subject | None) -> dict[str, Any] | None:
    """The last erasure that was asked for, as answers tell it."""
    if subject is None:
        return None
    told = {
        name: getattr(subject, name)
        for name in (
            "subject_id",
            "state",
            "customers",
            "ground",
            "asked_by",
            "asked_at",
            "settled_by",
            "settled_at",
        )
    }
    return {**told, "customers": list(subject.customers)}


def held_told(
    cursor: Cursor, disclosure: Disclosure, held: Collection[HeldData]
) -> list[dict[str, Any]]:
    """What records hold of subjects, since when as the reader may know it: a contact comes with the
    claim (A-34)."""
    cards = disclosure.cards(cursor, {one.customer_id for one in held})
    told = []
    for one in held:
        since = disclosure.veil_among(cards, one.customer_id).shown(one.recorded_at)
        told.append({**dataclasses.asdict(one), "recorded_at": since})
    return told


def lines(
    held: Collection[Mapping[str, Any]], known: Mapping[UUID, Subject]
) -> list[dict[str, Any]]:
    """The same, each with the erasure that was asked for."""
    return [{**one, "erasure": erasure(known.get(one["subject_id"]))} for one in held]


def destroyed_at(cursor: Cursor, subject_id: UUID) -> datetime | None:
    """When the subject's key was destroyed; None where it is there."""
    cursor.execute(_DESTROYED, (str(subject_id),))
    found = cursor.fetchone()
    return found[0] if found else None


def exports(cursor: Cursor, customers: Collection[UUID], since: datetime) -> Exports:
    """What left the house since then and may have told of these records.

    What one member took on one day by one token, in the same way, is one line: a follower asks for
    page after page. A page without events told nothing, and one of another customer nothing of
    these.
    """
    asked = {
        "since": since,
        "customers": [str(one) for one in customers],
        "apart": list(_OF_ONE_ANSWER),
        "limit": LISTED_MAX,
    }
    cursor.execute(_EXPORTS, asked)
    names = ("first", "last", "count", "rows", "member", "token_id", "customer_id", "facts")
    rows = cursor.fetchall()
    lines = [dict(zip(names, row[:-1], strict=True)) for row in rows]
    return Exports(lines, rows[0][-1] - len(rows) if rows else 0)


def receivers(service: Service, since: datetime) -> list[dict[str, Any]]:
    """Webhooks, removed ones too, to which anything was delivered since then."""
    reached = {
        state.webhook_id: state
        for state in states(service.database)
        if state.delivered_at is not None and state.delivered_at >= since
    }
    return [
        {
            "webhook_id": webhook_id,
            "address": webhook.address,
            "delivered": reached[webhook_id].delivered,
            "delivered_at": reached[webhook_id].delivered_at,
            "carried": IDS_ONLY,
        }
        for webhook_id, webhook in service.application.webhooks(reached.keys()).items()
    ]


def _mentioning(service: Service, subject_id: UUID, *, upto: int) -> list[UUID]:
    application = service.application
    found = application.recorder.mentioning(str(subject_id), upto=upto, limit=LISTED_MAX)
    events = (application.mapper.to_domain_event(stored) for stored in found)
    records = [event.originator_id for event in events if isinstance(event, CustomerEvent)]
    return list(dict.fromkeys([subject_id, *records]))
