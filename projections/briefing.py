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
from psycopg2.sql import Composable

from domain.contract import Contract, Step
from domain.protection import Protection
from projections import agenda, audit, customers, pool
from projections import approvals as approving
from projections import briefing_queries as queries
from projections.answers import LIMIT_MAX, ask
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
    with_waiting: bool = True,
) -> Briefing:
    """What `member` should know in the morning; `limit` items a list at most.

    since: from when on what happened is news. department, departments: only what is held in it, in
    one of them, or was; None for all. no_contact_days: after how many days without a follow-up a
    customer is quiet. kinds: what the member may decide by his roles; None for everything.
    with_waiting: also what waits for himself.
    """
    given: dict[str, Any] = {"now": now, "since": since, "department": department}
    given["departments"] = None if departments is None else sorted(departments)
    morning = _Morning(cursor, {**given, "limit": min(limit, LIMIT_MAX)})
    lists = morning.lists(("review", "after-sales", "duplicate", "dispute"), overdue=("review",))
    return Briefing(
        fell=morning.rows((pool.NAME,), queries.FELL, _fallen),
        waiting=morning.approvals(decider=member, kinds=kinds) if with_waiting else [],
        overdue_reviews=lists["review"],
        unconfirmed=morning.rows((approving.NAME,), queries.UNCONFIRMED, _unconfirmed),
        held_by_leavers=morning.rows((agenda.NAME,), queries.HELD_BY_LEAVERS, _held_by_leaver),
        without_person=lists["after-sales"],
        quiet=morning.quiet(now - timedelta(days=no_contact_days)),
        attempts=morning.rows((audit.NAME, customers.NAME), queries.ATTEMPTS, _attempt),
        duplicates=lists["duplicate"],
        disputes=lists["dispute"],
        overrides=morning.rows((audit.NAME, customers.NAME), queries.OVERRIDES, _override),
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

    def quiet(self, before: datetime) -> list[Quiet]:
        """What was left alone since then. Each department asked for is read for itself."""
        department, departments = self._given["department"], self._given["departments"]
        asked = departments if department is None else [department]
        query = queries.QUIET if asked is None else queries.QUIET_IN_DEPARTMENTS
        return self.rows((agenda.NAME,), query, _quiet, quiet_before=before, asked=asked)

    def lists(
        self, kinds: Sequence[ApprovalKind], overdue: Sequence[ApprovalKind]
    ) -> dict[ApprovalKind, list[Approval]]:
        given = {name: self._given[name] for name in _OF_APPROVALS}
        found, position = approving.lists(self._cursor, kinds, overdue=overdue, **given)
        self._positions.append(position)
        return found

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
