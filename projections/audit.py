"""The view `audit`: every event of the log in words, with actor, rule and reason.

One row an event, written once. Facts are plain JSON without anything that is sealed, hashed or
secret. A customer's history is its own events with the refusals about it between them.

Every question is answered in the order of the log, from an index whose last column is the position,
so that the hundredth page costs what the first one does. Where events of several topics are asked
for, each topic gives as many as the page holds. A span of time narrows the positions first: a
table of days says which of them lie in each.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any, Final, get_args, get_type_hints
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Composable

import domain.events
from domain.citations import names_of
from domain.events import (
    Contact,
    CustomerEvent,
    DetailsEvent,
    DisputeOpened,
    DisputeRuled,
    IdentityEvent,
    PartyNoted,
    RefusalRecorded,
    Sealed,
)
from domain.events.duplicates import Alias
from domain.events.facts import facts_of
from domain.words import describe
from projections.answers import After, Order, Page, ask_page
from projections.audit_source import Asked, utc_day
from projections.rows import Table, as_json
from projections.view import LogBatch, LogEntry

NAME = "audit"
VERSION = 4
# A day's stretch of positions is made of many streams, and rows in the order of the log lie as
# their questions ask for them.
OTHERS = None
READS: Final = ()
TABLES = ("audit", "audit_days")
DDL = """
CREATE TABLE audit (
    position bigint PRIMARY KEY,
    stream_id uuid NOT NULL,
    version integer NOT NULL,
    topic text NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor text NOT NULL,
    customer_id uuid,
    rulebook text,
    rule text,
    clause text,
    reason text,
    zh text NOT NULL,
    en text NOT NULL,
    facts jsonb NOT NULL
);
-- Nobody asks for these by what is in them, so the planner need not know it.
ALTER TABLE audit ALTER zh SET STATISTICS 0, ALTER en SET STATISTICS 0,
    ALTER facts SET STATISTICS 0;
CREATE INDEX audit_by_actor ON audit (actor, position);
CREATE INDEX audit_by_customer ON audit (customer_id, position) WHERE customer_id IS NOT NULL;
CREATE INDEX audit_by_topic ON audit (topic, position);
CREATE INDEX audit_by_actor_and_topic ON audit (actor, topic, position);
CREATE INDEX audit_by_rule ON audit (rule, position) WHERE rule IS NOT NULL;
CREATE INDEX audit_by_rule_and_actor ON audit (rule, actor, position) WHERE rule IS NOT NULL;
-- Instants ascend nearly with the positions, so block ranges find a stretch of time.
CREATE INDEX audit_by_time ON audit USING brin (at) WITH (pages_per_range = 32);
CREATE INDEX audit_refusals_by_rule ON audit (rule, at) WHERE rule IS NOT NULL;
CREATE INDEX audit_overrides ON audit (at)
    WHERE topic IN ('customer.registered', 'customer.profile_changed') AND reason IS NOT NULL;

CREATE TABLE audit_days (
    day date PRIMARY KEY,
    first_position bigint NOT NULL,
    last_position bigint NOT NULL
);
"""
_RESTING: Final = (RefusalRecorded, DisputeOpened, DisputeRuled)
"""What rests on a rule, which it names."""
_REASONS: Final = ("reason", "override_reason", "different_company", "statement", "cause")


class AuditEntry(msgspec.Struct, gc=False):
    """One event, and its row. at: when it took effect; recorded_at: when the store wrote it.

    rule, clause: which rule a refusal broke, or a dispute or its ruling rests on. reason: what its
    author gave as the reason.
    """

    position: int
    stream_id: UUID
    version: int
    topic: str
    at: datetime
    recorded_at: datetime
    actor: str
    customer_id: UUID | None
    rulebook: str | None
    rule: str | None
    clause: str | None
    reason: str | None
    zh: str
    en: str
    facts: dict[str, Any]


AUDIT_ROWS: Final = Table("audit", AuditEntry, ("position",))


TOPICS: Final = tuple(
    sorted(
        vars(kind)["TOPIC"]
        for kind in vars(domain.events).values()
        if isinstance(kind, type) and "TOPIC" in vars(kind)
    )
)
"""Of every event that there is."""


def fold(cursor: Cursor, batch: LogBatch) -> None:
    """Every event of `batch` in words, and in which positions each day's events lie."""
    rows = [_row(entry) for entry in batch.entries]
    AUDIT_ROWS.insert(cursor, rows)
    cursor.execute(_WIDEN_DAYS, (as_json(_days_of(rows)),))


def _days_of(rows: Iterable[AuditEntry]) -> list[dict[str, Any]]:
    """Of each day in UTC the first and the last position. A lapse takes effect at its deadline and
    is recorded later, so the days overlap."""
    days: dict[date, tuple[int, int]] = {}
    for row in rows:
        day = utc_day(row.at)
        first, _ = days.get(day, (row.position, 0))
        days[day] = (first, row.position)
    return [
        {"day": day, "first_position": first, "last_position": last}
        for day, (first, last) in days.items()
    ]


def _row(entry: LogEntry) -> AuditEntry:
    event = entry.event
    words = describe(event)
    facts = _facts(event)
    return AuditEntry(
        position=entry.position,
        stream_id=event.originator_id,
        version=event.originator_version,
        topic=entry.topic,
        at=event.timestamp,
        recorded_at=entry.recorded_at,
        actor=event.actor,
        customer_id=_customer_of(event),
        rulebook=getattr(event, "rulebook", None),
        rule=event.rule if isinstance(event, _RESTING) else None,
        clause=event.clause if isinstance(event, RefusalRecorded) else None,
        reason=next((facts[name] for name in _REASONS if facts.get(name) is not None), None),
        zh=words.zh,
        en=words.en,
        facts=facts,
    )


def _facts(event: Any) -> dict[str, Any]:
    """What `facts_of` shows. It is asked for personal fields alone, and not for those of which the
    answer is plain; the others go as they are."""
    plain, personal = _shown_fields(type(event))  # type: ignore[arg-type]
    values = vars(event)
    facts = {name: values[name] for name in plain}
    for name in personal:
        value = values[name]
        if isinstance(value, Contact):
            facts[name] = {"id": value.id, "position": value.position}
        elif not value:
            facts[name] = value
        elif not isinstance(value, Sealed):
            facts.update(facts_of(SimpleNamespace(**{name: value})))
    if facts.get("kind") == "phone":
        del facts["key"]  # The keyed hash of a phone, where other kinds have a name.
    return facts


@cache
def _shown_fields(event_class: Any) -> tuple[list[str], list[str]]:
    """The names of the fields to show: those that are plain, and those that may be personal."""
    hints = get_type_hints(event_class)
    fields = [field.name for field in dataclasses.fields(event_class)]
    shown = facts_of(SimpleNamespace(**dict.fromkeys(fields))).keys() - {"toml"}
    personal = [name for name in shown if _mentions(hints[name], (Sealed, Contact, Alias))]
    return [name for name in fields if name in shown and name not in personal], personal


def _mentions(hint: Any, kinds: tuple[type, ...]) -> bool:
    return hint in kinds or any(_mentions(inner, kinds) for inner in get_args(hint))


def _customer_of(event: Any) -> UUID | None:
    """The customer that an event is about."""
    if isinstance(event, CustomerEvent):
        return event.originator_id
    if isinstance(event, IdentityEvent | RefusalRecorded | PartyNoted | DetailsEvent):
        return event.customer_id
    return None


def audit(
    cursor: Cursor,
    *,
    actor: str | None = None,
    customer_id: UUID | None = None,
    topic: str | None = None,
    rule: str | None = None,
    positions: Collection[int] | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    upto: int | None = None,
    newest_first: bool = False,
    limit: int = 50,
    after: After | None = None,
) -> Page[AuditEntry]:
    """Events for which every given filter holds, in the order of the log.

    topic: a whole one, or the beginning that ends with a dot (`customer.`). rule: what rests
    on it, refusals, disputes and rulings, by its slug or its clause. positions: these alone. start,
    end: those that took effect in [start, end). upto: none behind this position.
    """
    rules = names_of(rule) if rule else ()
    topics = _topics(topic)
    if rule and topic is not None:
        topics = [one for one in topics if one in {kind.TOPIC for kind in _RESTING}]
    asked = Asked(actor, customer_id, topics, rules, positions, start, end, upto)
    return _page(
        cursor,
        asked.source(descending=newest_first, limit=limit, after=after),
        (),
        asked.given(after),
        descending=newest_first,
        limit=limit,
        after=after,
    )


def _topics(topic: str | None) -> list[str]:
    """The whole topics that are meant; the empty one where any is."""
    if topic is None or not topic.endswith("."):
        return [topic or ""]
    return [one for one in TOPICS if one.startswith(topic)]


def history(
    cursor: Cursor,
    customer_id: UUID,
    *,
    newest_first: bool = False,
    limit: int = 50,
    after: After | None = None,
) -> Page[AuditEntry]:
    """A customer's own events, and the refusals about it, in the order of the log (design §4)."""
    return _page(
        cursor,
        SQL("views.audit"),
        (
            SQL("customer_id = %(customer_id)s::uuid"),
            SQL("NOT starts_with(topic, 'identity.')"),
            SQL("NOT starts_with(topic, 'party.')"),
            SQL("NOT starts_with(topic, 'details.')"),
        ),
        {"customer_id": str(customer_id)},
        descending=newest_first,
        limit=limit,
        after=after,
    )


def _page(
    cursor: Cursor,
    source: Composable,
    conditions: Sequence[object],
    parameters: Mapping[str, Any],
    **asked: Any,
) -> Page[AuditEntry]:
    return ask_page(
        cursor,
        (NAME,),
        SQL(", ".join(AUDIT_ROWS.columns)),
        source,
        conditions=conditions,
        parameters=parameters,
        order=_ORDER,
        make=lambda row: AuditEntry(**row),
        **asked,
    )


_ORDER: Final = Order(("position", "bigint"))
_WIDEN_DAYS: Final = (
    "INSERT INTO audit_days AS kept"
    " SELECT * FROM json_populate_recordset(NULL::audit_days, %s)"
    " ON CONFLICT (day) DO UPDATE"
    " SET first_position = least(kept.first_position, excluded.first_position),"
    " last_position = greatest(kept.last_position, excluded.last_position)"
)
