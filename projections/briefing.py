"""A manager's morning: what fell, what waits, what is about to go wrong.

These are questions to several views. Each list is true at the position of the view that it comes
from, the whole at that of the view furthest behind. Everything is said as of the `now` that the
caller gives, swept or not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Composable

from domain.contract import Contract, Step
from domain.protection import Protection
from projections import agenda, audit, customers, pool
from projections import approvals as approving
from projections.answers import DEPARTMENT, HELD, HOLDER, LIMIT_MAX, ask
from projections.approvals import Approval, ApprovalKind, approvals
from projections.holding import (
    is_in_pool,
    last_hands,
    last_holder_at,
    pool_reason_at,
    protection_of,
)


@dataclass(frozen=True, slots=True)
class Fallen:
    """A customer that fell by itself. reason: `lapsed`, `undecided` or `left`. holder, group,
    taken_at: who has claimed it since, and when; None while it is in the pool."""

    customer_id: UUID
    name: str
    fell_at: datetime
    reason: str
    last_holder: str | None
    department: str | None
    holder: str | None
    group: str | None
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A contract that was signed and not confirmed. next_steps: what is still to be filled in."""

    customer_id: UUID
    name: str
    holder: str | None
    group: str | None
    department: str | None
    number: str
    signed_by: str | None
    signed_on: date | None
    next_steps: tuple[Step, ...]
    is_complete: bool
    until: datetime | None
    held_over_until: datetime | None


@dataclass(frozen=True, slots=True)
class HeldByLeaver:
    """A customer whose holder leaves and who takes it over is not arranged (S1-283, A-47)."""

    customer_id: UUID
    name: str
    holder: str | None
    department: str | None
    stage: str
    leaves_at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Quiet:
    """A customer that its holder has not followed up since `quiet_since`: the last follow-up, or
    the claim where none came after it."""

    customer_id: UUID
    name: str
    holder: str | None
    department: str | None
    stage: str
    quiet_since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A member sought a customer that somebody else holds, and was refused (S1-302). holder, group,
    department: who holds it now."""

    position: int
    at: datetime
    actor: str
    customer_id: UUID
    name: str
    holder: str | None
    group: str | None
    department: str | None


@dataclass(frozen=True, slots=True)
class Override:
    """A record was entered, or renamed, beside others that it resembles, with the reason why it is
    another company (A-11). similar: those others."""

    position: int
    at: datetime
    actor: str
    customer_id: UUID
    name: str
    holder: str | None
    group: str | None
    department: str | None
    reason: str | None
    similar: list[UUID]


@dataclass(frozen=True, slots=True)
class Briefing:
    """Everything that a manager should see. position: of the view furthest behind."""

    fell: list[Fallen]
    waiting: list[Approval]
    overdue_reviews: list[Approval]
    unconfirmed: list[Unconfirmed]
    held_by_leavers: list[HeldByLeaver]
    without_person: list[Approval]
    quiet: list[Quiet]
    attempts: list[Attempt]
    duplicates: list[Approval]
    disputes: list[Approval]
    overrides: list[Override]
    position: int


def briefing(
    cursor: Cursor,
    *,
    now: datetime,
    since: datetime,
    department: str | None,
    departments: Collection[str] | None = None,
    member: str,
    no_contact_days: int,
    limit: int = 50,
    kinds: Collection[ApprovalKind] | None = None,
) -> Briefing:
    """What `member` should know in the morning; `limit` items a list at most.

    since: from when on what happened is news. department, departments: only what is held in it, in
    one of them, or was; None for all. no_contact_days: after how many days without a follow-up a
    customer is quiet. kinds: what the member may decide by his roles; None for everything.
    """
    given: dict[str, Any] = {"now": now, "since": since, "department": department}
    given["departments"] = None if departments is None else sorted(departments)
    morning = _Morning(cursor, {**given, "limit": min(limit, LIMIT_MAX)})
    quiet_before = now - timedelta(days=no_contact_days)
    return Briefing(
        fell=morning.rows((pool.NAME,), _FELL, _fallen),
        waiting=morning.approvals(decider=member, kinds=kinds),
        overdue_reviews=morning.approvals(kinds=("review",), overdue=True),
        unconfirmed=morning.rows((approving.NAME,), _UNCONFIRMED, _unconfirmed),
        held_by_leavers=morning.rows((agenda.NAME,), _HELD_BY_LEAVERS, _held_by_leaver),
        without_person=morning.approvals(kinds=("after-sales",)),
        quiet=morning.rows((customers.NAME,), _QUIET, _quiet, quiet_before=quiet_before),
        attempts=morning.rows((audit.NAME, customers.NAME), _ATTEMPTS, _attempt),
        duplicates=morning.approvals(kinds=("duplicate",)),
        disputes=morning.approvals(kinds=("dispute",)),
        overrides=morning.rows((audit.NAME, customers.NAME), _OVERRIDES, _override),
        position=morning.position,
    )


_OF_APPROVALS: Final = ("now", "department", "departments", "limit")


class _Morning:
    """Asks one question after the other, and remembers the position furthest behind."""

    def __init__(self, cursor: Cursor, given: Mapping[str, Any]) -> None:
        self._cursor = cursor
        self._now: datetime = given["now"]
        self._given = given
        self._positions: list[int] = []

    @property
    def position(self) -> int:
        return min(self._positions)

    def rows(self, views: Sequence[str], query: Composable, make: Any, **more: Any) -> list[Any]:
        rows, position = ask(self._cursor, views, query, {**self._given, **more})
        self._positions.append(position)
        return [make(row, self._now) for row in rows]

    def approvals(self, **asked: Any) -> list[Approval]:
        given = {name: self._given[name] for name in _OF_APPROVALS}
        page = approvals(self._cursor, **{**given, **asked})
        self._positions.append(page.position)
        return page.items


def _live(row: Mapping[str, Any], now: datetime) -> Protection | None:
    held = protection_of(row)
    return held and held.as_of(now)


def _hands(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Who holds it at `now`, in which department."""
    live = _live(row, now)
    return {name: live and getattr(live, name) for name in ("holder", "group", "department")}


def _fallen(row: Mapping[str, Any], now: datetime) -> Fallen:
    held = protection_of(row)
    fell_by_itself = is_in_pool(row, now) and held is not None
    live = held and held.as_of(now)
    last = last_hands(held).department if held and fell_by_itself else row["last_department"]
    return Fallen(
        customer_id=row["customer_id"],
        name=row["name"],
        fell_at=row["fell"],
        reason=pool_reason_at(row, now) or row["pool_reason"],
        last_holder=last_holder_at(row, now) or row["last_holder"],
        department=last,
        holder=live.holder if live else None,
        group=live.group if live else None,
        taken_at=live.claimed_at if live else None,
    )


def _unconfirmed(row: Mapping[str, Any], now: datetime) -> Unconfirmed:
    contract = msgspec.convert(row["contract"], Contract)
    live = _live(row, now)
    return Unconfirmed(
        customer_id=row["customer_id"],
        name=row["name"],
        **_hands(row, now),
        number=contract.number,
        signed_by=contract.signed_by,
        signed_on=contract.signed_on,
        next_steps=contract.next_steps,
        is_complete=contract.is_complete,
        until=live.until if live else None,
        held_over_until=live.held_over_until if live and live.held_over_by else None,
    )


def _held_by_leaver(row: Mapping[str, Any], now: datetime) -> HeldByLeaver:
    hands = _hands(row, now)
    return HeldByLeaver(
        customer_id=row["customer_id"],
        name=row["name"],
        holder=hands["holder"],
        department=hands["department"],
        stage=row["stage"],
        leaves_at=row["leaves"],
        until=row["until"],
    )


def _quiet(row: Mapping[str, Any], now: datetime) -> Quiet:
    hands = _hands(row, now)
    return Quiet(
        customer_id=row["customer_id"],
        name=row["name"],
        holder=hands["holder"],
        department=hands["department"],
        stage=row["stage"],
        quiet_since=row["quiet_since"],
        until=row["until"],
    )


def _attempt(row: Mapping[str, Any], now: datetime) -> Attempt:
    told = {name: row[name] for name in ("position", "at", "actor", "customer_id", "name")}
    return Attempt(**told, **_hands(row, now))


def _override(row: Mapping[str, Any], now: datetime) -> Override:
    told = {name: row[name] for name in ("position", "at", "actor", "customer_id", "name")}
    similar = [UUID(like["customer_id"]) for like in row["collision"] or ()]
    return Override(**told, **_hands(row, now), reason=row["reason"], similar=similar)


# What no department holds shows in every one, unless one is named.
_IN_DEPARTMENT: Final = SQL(
    "((%(department)s::text IS NULL OR {0} = %(department)s)"
    " AND coalesce({0} = ANY (%(departments)s::text[]), true))"
)
_HELD_IN_DEPARTMENT: Final = _IN_DEPARTMENT.format(DEPARTMENT)
# A customer that fell and was not taken is in the pool since then; one that was taken remembers it.
# A refused claim ends by a removal, which is no news of the night unless its holder left before.
_FELL: Final = SQL(
    """
    SELECT customer_id, name, protection, pool_from, pool_reason, last_holder, last_department, fell
    FROM views.pool CROSS JOIN LATERAL (VALUES (
        CASE WHEN pool_from <= %(now)s THEN pool_from ELSE fell_at END,
        CASE WHEN pool_from <= %(now)s AND protection IS NOT NULL THEN
            CASE WHEN (protection -> 'leaving' ->> 'at')::timestamptz < pool_from
                THEN protection -> 'leaving' ->> 'department' ELSE protection ->> 'department' END
            ELSE last_department END,
        CASE WHEN pool_from <= %(now)s AND protection IS NOT NULL
            THEN protection ->> 'stage' <> 'rejected'
                OR pool_from < (protection ->> 'until')::timestamptz
            ELSE pool_reason IN ('lapsed', 'undecided', 'left') END
    )) AS told (fell, was_in, is_news)
    WHERE (pool_from >= %(since)s AND pool_from < %(now)s
        OR fell_at IS NOT NULL AND protection IS NOT NULL
            AND fell_at >= %(since)s AND fell_at < %(now)s)
    AND fell >= %(since)s AND is_news AND {department}
    ORDER BY fell, customer_id LIMIT %(limit)s
    """
).format(department=_IN_DEPARTMENT.format(SQL("was_in")))
_UNCONFIRMED: Final = SQL(
    """
    SELECT customer_id, name, protection, contract
    FROM views.approvals, jsonb_each(contracts) AS each (number, contract)
    WHERE contracts IS NOT NULL AND contract ->> 'signed_at' IS NOT NULL AND {held} AND {department}
    ORDER BY coalesce(held_over_until, until, 'infinity'), customer_id, number LIMIT %(limit)s
    """
).format(held=HELD, department=_HELD_IN_DEPARTMENT)
_HELD_BY_LEAVERS: Final = SQL(
    """
    SELECT customer_id, name, protection, stage, until, leaves FROM (
        SELECT agenda.*, agenda.leaves_at AS leaves FROM views.agenda
        WHERE leaves_at IS NOT NULL AND protection -> 'leaving' ->> 'to' IS NULL
        UNION ALL
        SELECT agenda.*, leaver.leaves_at FROM views.agenda
        JOIN views.agenda_leavers AS leaver ON leaver.member = agenda.holder
        WHERE leaver.leaves_at IS NOT NULL AND agenda.leaves_at IS NULL
    ) AS held
    WHERE {holder} IS NOT NULL AND {held} AND {department}
    ORDER BY leaves, customer_id LIMIT %(limit)s
    """
).format(holder=HOLDER, held=HELD, department=_HELD_IN_DEPARTMENT)
# The names are looked up of those alone that are told: of very many, most may be quiet.
_QUIET: Final = SQL(
    """
    SELECT customer_id, name, protection, stage, until, quiet_since FROM (
        SELECT customer_id, protection, stage, until, quiet_since
        FROM views.customer_holdings CROSS JOIN LATERAL (
            VALUES (greatest(last_follow_up_at, claimed_at))) AS told (quiet_since)
        WHERE stage IN ('potential', 'intent') AND coalesce(pool_from, 'infinity') > %(now)s
        AND quiet_since <= %(quiet_before)s AND {department}
        ORDER BY quiet_since, customer_id LIMIT %(limit)s
    ) AS quiet JOIN views.customers USING (customer_id) ORDER BY quiet_since, customer_id
    """
).format(department=_HELD_IN_DEPARTMENT)
_OF_AUDIT: Final = SQL(
    """
    SELECT told.position, at, actor, told.customer_id, name, protection, reason, collision
    FROM (
        SELECT position, at, actor, customer_id, reason, facts -> 'collision' AS collision
        FROM views.audit WHERE at >= %(since)s AND at <= %(now)s AND {of}
    ) AS told
    JOIN views.customers USING (customer_id)
    JOIN views.customer_holdings AS holding USING (customer_id)
    WHERE {department}
    ORDER BY told.position LIMIT %(limit)s
    """
)
_ATTEMPTS: Final = _OF_AUDIT.format(
    of=SQL("rule = 'already-protected' AND facts -> 'facts' ->> 'holder' IS DISTINCT FROM actor"),
    department=_HELD_IN_DEPARTMENT,
)
_OVERRIDES: Final = _OF_AUDIT.format(
    of=SQL("topic IN ('customer.registered', 'customer.profile_changed') AND reason IS NOT NULL"),
    department=_HELD_IN_DEPARTMENT,
)
