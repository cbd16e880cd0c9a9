"""Who holds a customer: the part of a row that follows from its protection.

A row keeps the protection whole, as `CustomerEvent.protection_after` leads from one to the next,
and beside it, as columns, what queries filter and sort by. `derive` alone computes those.

Nothing here says what is so now. `pool_from` is the instant from which the customer is in the
pool: in the past when its last protection was ended or it never had one, in the future while a
deadline runs, None while it is held without one or was merged into another. `passes_at` is the
instant from which `passes_to` holds it, or after-sales where that is None. A query compares them
with its own instant, so an answer is right at the microsecond, swept or not (design §3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

import domain.events
from domain.events import CustomerEvent, DuplicateAbsorbed, Merged
from domain.events.disputes import Awarded
from domain.protection import Protection
from domain.tenures import changes_at, ending_by, implied_ending, is_moving, passing
from projections.view import LogEntry

POOL: Final = "pool"
MERGED: Final = "merged"
CUSTOMER_EVENTS: Final[tuple[type[CustomerEvent], ...]] = tuple(
    kind
    for kind in vars(domain.events).values()
    if isinstance(kind, type) and issubclass(kind, CustomerEvent) and "TOPIC" in vars(kind)
)
"""Every event of a customer's stream."""
MOVING: Final = tuple(kind for kind in CUSTOMER_EVENTS if is_moving(kind))
"""Those that may lead to another protection."""


class Holding(msgspec.Struct, kw_only=True, gc=False):
    """The present protection; None: nobody's. A view's row adds columns that `derive` knows."""

    customer_id: UUID
    protection: Protection | None = None
    pool_from: datetime | None


class PoolHolding(Holding, kw_only=True, gc=False):
    """Also why it is in the pool, who held it last and who is barred from it until when."""

    last_holder: str | None = None
    pool_reason: str | None = None
    bars: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Barred:
    """Who may not claim before `until` (S1-037, S1-045); member None: nobody may."""

    member: str | None
    until: datetime


def hold(row: Holding, entry: LogEntry) -> None:
    """What every event of `MOVING` does to a `Holding`."""
    event = entry.event
    before = row.protection
    row.protection = entry.protection_after(before)
    if isinstance(event, Merged):
        row.pool_from = None
    elif before is not None and row.protection is None:
        row.pool_from = event.timestamp


def hold_and_remember(row: PoolHolding, entry: LogEntry) -> None:
    """What every event of `MOVING` does to a `PoolHolding`."""
    event = entry.event
    before = row.protection
    hold(row, entry)
    if before is not None and row.protection is None:
        row.last_holder = before.holder
        row.pool_reason = ending_by(event)
    if isinstance(event, Awarded):
        row.bars = [bar for bar in row.bars or () if bar["member"] != event.to] or None
    bars = event.bars if isinstance(event, DuplicateAbsorbed) else [getattr(event, "bar", None)]
    for bar in bars:
        if bar is not None:
            row.bars = [
                *(known for known in row.bars or () if known["member"] != bar.member),
                {"member": bar.member, "until": bar.until.isoformat()},
            ]


def is_over(before: Protection | None, row: Holding, entry: LogEntry) -> bool:
    """True where the protection that stood before the event ended with it, whether another
    follows or not."""
    event = entry.event
    is_replaced = isinstance(event, Awarded) or (
        isinstance(event, DuplicateAbsorbed) and event.moved
    )
    return before is not None and (row.protection is None or is_replaced)


def derive(row: Holding) -> None:
    """Set the columns that follow from the row's protection, as many of them as the row has."""
    held = row.protection
    columns = _columns_of(type(row))
    if held is None:
        for column in columns.names:
            setattr(row, column, None)
        return
    row.pool_from = held.ends_at
    for column, value in zip(columns.plain, columns.values(held), strict=True):
        setattr(row, column, value)
    for column, told in columns.computed:
        setattr(row, column, told(held))


def protection_of(row: Mapping[str, Any]) -> Protection | None:
    """The protection that a row of a query tells, as JSON."""
    told = row["protection"]
    return None if told is None else msgspec.convert(told, Protection)


def is_in_pool(row: Mapping[str, Any], now: datetime) -> bool:
    """True from the deadline instant on, which belongs to nobody (A-10); never for a merged one."""
    return row["pool_from"] is not None and row["pool_from"] <= now


def pool_reason_at(row: Mapping[str, Any], now: datetime) -> str | None:
    """Why it is in the pool at `now`: a passed end is a reason of itself (S1-035, S1-318).

    None while it is held, and where nobody ever held it.
    """
    if not is_in_pool(row, now):
        return None
    held = protection_of(row)
    if held is None:
        reason: str | None = row["pool_reason"]
        return reason
    return implied_ending(last_hands(held))


def last_holder_at(row: Mapping[str, Any], now: datetime) -> str | None:
    """Who held it last, where it is in the pool at `now`; None while it is held."""
    if not is_in_pool(row, now):
        return None
    held = protection_of(row)
    if held is None:
        holder: str | None = row["last_holder"]
        return holder
    return last_hands(held).holder


def bars_at(row: Mapping[str, Any], now: datetime) -> list[Barred]:
    """The bars that still run at `now`."""
    bars = [
        Barred(bar["member"], datetime.fromisoformat(bar["until"])) for bar in row["bars"] or ()
    ]
    return [bar for bar in bars if now < bar.until]


def last_hands(held: Protection) -> Protection:
    """The protection as it stands when it ends: with the successor, where one takes over first."""
    passes = passing(held)
    return held if passes is None else held.handed_over(passes.to, passes.department)


def _passes_at(held: Protection) -> datetime | None:
    passes = passing(held)
    return passes.at if passes is not None else None


def _passes_to(held: Protection) -> str | None:
    passes = passing(held)
    return passes.to if passes is not None else None


_PLAIN: Final[Mapping[str, str]] = {
    "holder": "holder",
    "holder_group": "group",
    "department": "department",
    "stage": "stage",
    "claimed_at": "claimed_at",
    "since": "since",
    "in_force_since": "in_force_since",
    "review_due": "review_due",
    "until": "until",
    "held_over_by": "held_over_by",
    "rulebook": "rulebook",
}
"""Columns that are a field of the protection, and which."""
_COMPUTED: Final[Mapping[str, Callable[[Protection], Any]]] = {
    "held_over_until": lambda held: held.held_over_until if held.held_over_by else None,
    "passes_at": _passes_at,
    "passes_to": _passes_to,
    "leaves_at": lambda held: held.leaving.at if held.leaving else None,
    "due_at": changes_at,
    "applied_for": lambda held: held.application.kind if held.application else None,
    "applicant": lambda held: held.application.applicant if held.application else None,
}


class _Columns(NamedTuple):
    """The derived columns that a class of rows has. values: those of `plain`, in their order."""

    plain: tuple[str, ...]
    values: Callable[[Protection], tuple[Any, ...]]
    computed: tuple[tuple[str, Callable[[Protection], Any]], ...]
    names: tuple[str, ...]


@cache
def _columns_of(kind: type[Holding]) -> _Columns:
    """Of rows with two plain columns or more, or with none."""
    fields = kind.__struct_fields__
    plain = tuple(column for column in fields if column in _PLAIN)
    computed = tuple((column, _COMPUTED[column]) for column in fields if column in _COMPUTED)
    values = attrgetter(*(_PLAIN[column] for column in plain)) if plain else lambda _: ()
    return _Columns(plain, values, computed, (*plain, *(column for column, _ in computed)))
