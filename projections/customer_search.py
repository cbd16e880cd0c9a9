"""Questions to the view `customers`: one card, lists, and the collision check (S1-021, S1-171).

Everything is said as of the `now` that the caller gives: a protection whose deadline has passed is
over, whether or not a sweep has written that down.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Composable, Identifier

from domain import names
from projections.answers import (
    DEPARTMENT,
    HELD,
    HELD_BY,
    HELD_BY_GROUP,
    IN_POOL,
    IN_REGION,
    After,
    Order,
    Page,
    ask,
    ask_page,
    region_parameters,
)
from projections.cards import Card, card_at, state_of
from projections.customer_matters import MATTERS
from projections.customers import HOLDINGS, PROFILES
from projections.customers import NAME as VIEW
from projections.holding import protection_of
from projections.name_index import HAS_GRAMS, HOLDS_NAME, name_parameters
from projections.positions import position_of
from projections.rows import ids

Match = Literal["same", "similar", "part", "phone"]
Sort = Literal["registered_at", "name", "until", "until_day"]
MATCHES: Final[tuple[Match, ...]] = ("same", "similar", "part", "phone")
_FEW: Final = 2_000
"""Names among which a search looks first; one in a hundred holding what is asked suffices."""
_SORTS: Final[Mapping[str, Order]] = {
    "registered_at": Order(("known.registered_at", "timestamptz"), ("customer_id", "uuid")),
    "name": Order(("name_key", "text"), ("customer_id", "uuid")),
    "until": Order(("coalesce(pool_from, 'infinity')", "timestamptz"), ("customer_id", "uuid")),
    # The day whose end a stranger is shown; an order, or a cursor, by the instant would tell that.
    "until_day": Order(
        (
            "(coalesce(pool_from, 'infinity') AT TIME ZONE 'Asia/Shanghai'"
            " - interval '1 microsecond')::date",
            "date",
        ),
        ("customer_id", "uuid"),
    ),
}
# A contact that was filled in again under its id shows as it was filled in last.
_CARD: Final = SQL(
    "customers.customer_id, {columns}, coalesce((SELECT jsonb_agg(to_jsonb(contact)"
    " ORDER BY contact.version, contact.contact_id) FROM (SELECT DISTINCT ON (contact_id)"
    " contact_id, job, name, phone, state, version FROM views.customer_contacts AS every"
    " WHERE every.customer_id = customers.customer_id ORDER BY contact_id, version DESC)"
    " AS contact), '[]') AS contacts"
).format(
    columns=SQL(", ").join(
        Identifier(table, column)
        for table, columns in (
            ("customers", PROFILES.columns),
            ("holding", HOLDINGS.columns),
            ("matters", MATTERS.columns),
        )
        for column in columns
        if column != "customer_id"
    )
)
_TABLES: Final = SQL(
    "views.customers JOIN views.customer_holdings AS holding USING (customer_id)"
    " LEFT JOIN views.customer_matters AS matters USING (customer_id)"
)


@dataclass(frozen=True, slots=True)
class Collision:
    """Another record like the one asked about, and how it matched.

    group: who holds it while no one member does (S1-048). protected_until: the end of the
    protection by what is known; None also while a claim is under review. merged_into: the record
    that answers for it, where its state is `merged`.
    """

    customer_id: UUID
    name: str
    state: str
    holder: str | None
    group: str | None
    department: str | None
    protected_until: datetime | None
    merged_into: UUID | None
    match: Match


def card(cursor: Cursor, customer_id: UUID, *, now: datetime) -> tuple[Card | None, int]:
    """One customer, and the position at which the answer is true."""
    query = SQL("SELECT {card} FROM {tables} WHERE customer_id = %(id)s::uuid").format(
        card=_CARD, tables=_TABLES
    )
    rows, position = ask(cursor, (VIEW,), query, {"id": str(customer_id)})
    return (card_at(rows[0], now) if rows else None), position


def cards(cursor: Cursor, customer_ids: Sequence[UUID], *, now: datetime) -> dict[UUID, Card]:
    """Some customers."""
    query = SQL("SELECT {card} FROM {tables} WHERE customer_id = ANY (%(ids)s::uuid[])").format(
        card=_CARD, tables=_TABLES
    )
    rows, _ = ask(cursor, (VIEW,), query, {"ids": [str(found) for found in customer_ids]})
    found = [card_at(row, now) for row in rows]
    return {card.customer_id: card for card in found}


def customers(
    cursor: Cursor,
    *,
    now: datetime,
    name: str | None = None,
    state: str | None = None,
    holder: str | None = None,
    group: str | None = None,
    industry: str | None = None,
    region: str | None = None,
    customer_class: str | None = None,
    customer_ids: Sequence[UUID] | None = None,
    sort: Sort = "registered_at",
    descending: bool = False,
    limit: int = 50,
    after: After | None = None,
) -> Page[Card]:
    """Customers for which every given filter holds.

    name: part of a name, in any spelling. state: `pool`, `merged` or a stage. holder: the member
    who holds it now; group: the group. region: how the name or the address begins.
    customer_class: A, B or C. customer_ids: these alone. Raises KeyError for an unknown sort.
    """
    asked: dict[str, Any] = {"name": name, "state": state, "holder": holder, "group": group}
    asked |= {"industry": industry, "region": region, "customer_class": customer_class}
    asked["customer_ids"] = None if customer_ids is None else ids(customer_ids)
    return ask_page(
        cursor,
        (VIEW,),
        _CARD,
        _TABLES + SQL(" JOIN views.customer_names AS known USING (customer_id)"),
        conditions=[_condition(field, value) for field, value in asked.items()],
        parameters={**asked, **name_parameters(name), **region_parameters(region), "now": now},
        order=_SORTS[sort],
        make=lambda row: card_at(row, now),
        descending=descending,
        limit=limit,
        after=after,
    )


def _condition(field: str, value: Any) -> Composable | None:
    """The condition of one filter; None where it is not given."""
    if value is None:
        return None
    return _STATES.get(value, _IN_STAGE) if field == "state" else _FILTERS[field]


def names_of(cursor: Cursor, customer_ids: Sequence[UUID]) -> dict[UUID, str]:
    """What some customers are called."""
    cursor.execute(
        "SELECT customer_id, name FROM views.customers WHERE customer_id = ANY (%s::uuid[])",
        ([str(found) for found in customer_ids],),
    )
    return dict(cursor.fetchall())


def versions_of(cursor: Cursor, customer_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How far the stream of each of some customers has come."""
    cursor.execute(
        "SELECT customer_id, version FROM views.customer_holdings"
        " WHERE customer_id = ANY (%s::uuid[])",
        ([str(found) for found in customer_ids],),
    )
    return dict(cursor.fetchall())


def of_class(cursor: Cursor, customer_class: str, customer_ids: Sequence[UUID]) -> set[UUID]:
    """Those of some customers that are in a class (S4-37)."""
    cursor.execute(
        "SELECT customer_id FROM views.customer_matters"
        " WHERE customer_class = %s AND customer_id = ANY (%s::uuid[])",
        (customer_class, [str(found) for found in customer_ids]),
    )
    return {found for (found,) in cursor.fetchall()}


def of_departments(
    cursor: Cursor,
    departments: Collection[str],
    customer_ids: Sequence[UUID],
    *,
    now: datetime,
    group: str | None = None,
) -> set[UUID]:
    """Those of some customers that somebody of one of these departments holds, or this group."""
    query = SQL(
        "SELECT customer_id FROM views.customer_holdings WHERE {held}"
        " AND ({department} = ANY (%(departments)s::text[]) OR {by_group})"
        " AND customer_id = ANY (%(customers)s::uuid[])"
    ).format(held=HELD, department=DEPARTMENT, by_group=HELD_BY_GROUP)
    asked = {"departments": sorted(departments), "customers": [str(one) for one in customer_ids]}
    cursor.execute(query, asked | {"now": now, "group": group})
    return {found for (found,) in cursor.fetchall()}


def held_count(cursor: Cursor, member: str, *, now: datetime) -> int:
    """How many customers a member holds (A-35)."""
    query = SQL("SELECT count(*) FROM views.customer_holdings WHERE {}").format(_FILTERS["holder"])
    cursor.execute(query, {"holder": member, "now": now})
    row = cursor.fetchone()
    return int(row[0]) if row is not None else 0


def collisions(
    cursor: Cursor,
    *,
    now: datetime,
    name: str | None = None,
    phone_hash: str | None = None,
    limit: int = 20,
) -> tuple[list[Collision], int]:
    """Who already has this company, the strongest match first (S1-022, S1-171, S1-298, S1-299).

    same: the whole name in any spelling; similar: the same core; part: what was asked is part of
    the name; phone: a phone of the company or of a contact.
    """
    core = names.parse(name).core if name is not None else None
    parameters = {
        **name_parameters(name),
        "core": core or None,
        "phone": phone_hash,
        "limit": limit,
        "now": now,
    }
    asked = [_SAME_OR_SIMILAR, _PART] if name is not None else []
    asked += [_PHONE] if phone_hash is not None else []
    if not asked:
        return [], position_of(cursor, VIEW)
    matches = SQL(" UNION ALL ").join(asked)
    rows, position = ask(cursor, (VIEW,), _COLLISIONS.format(matches=matches), parameters)
    return [_collision(row, now) for row in rows], position


def _collision(row: Mapping[str, Any], now: datetime) -> Collision:
    held = protection_of(row)
    live = held and held.as_of(now)
    return Collision(
        customer_id=row["customer_id"],
        name=row["name"],
        state=state_of(live, row["merged_into"]),
        holder=live.holder if live else None,
        group=live.group if live else None,
        department=live.department if live else None,
        protected_until=live.ends_at if live else None,
        merged_into=row["merged_into"],
        match=MATCHES[row["strength"]],
    )


_FILTERS: Final[Mapping[str, Composable]] = {
    "name": SQL("{} AND {}").format(HAS_GRAMS, HOLDS_NAME),
    "holder": HELD_BY,
    "group": HELD_BY_GROUP,
    "industry": SQL("industry = %(industry)s"),
    "region": IN_REGION,
    "customer_class": SQL("matters.customer_class = %(customer_class)s"),
    "customer_ids": SQL("customers.customer_id = ANY (%(customer_ids)s::uuid[])"),
}
_STATES: Final[Mapping[str, Composable]] = {
    "pool": IN_POOL,
    "merged": SQL("merged_into IS NOT NULL"),
}
_IN_STAGE: Final = SQL("stage = %(state)s AND {}").format(HELD)
_SAME_OR_SIMILAR: Final = SQL(
    "SELECT customer_id, CASE WHEN name_key = %(key)s THEN 0 ELSE 1 END AS strength"
    " FROM views.customer_names WHERE name_key = %(key)s OR core = %(core)s"
)
# What very many names hold is found among a few of them; only what is not goes to the index, which
# would first gather all there are. The few are pages from all over the table, the same at each
# search: neighbours were often registered together and are of one trade. The index's limit is a
# subquery, whose value the planner cannot see: knowing it, the planner hopes to meet enough hits
# early in a scan of the whole table.
_PART: Final = SQL(
    "(WITH common AS MATERIALIZED (SELECT customer_id"
    " FROM (SELECT customer_id, name_key FROM views.customer_names TABLESAMPLE SYSTEM"
    " ((SELECT 100.0 * {few} / greatest(reltuples, {few}) FROM pg_class"
    " WHERE oid = 'views.customer_names'::regclass)) REPEATABLE (1) LIMIT {few}) AS few"
    " WHERE {holds_name} LIMIT %(limit)s)"
    " SELECT customer_id, 2 AS strength FROM common UNION ALL"
    " (SELECT customer_id, 2 FROM views.customer_names"
    " WHERE (SELECT count(*) FROM common) < %(limit)s AND {has_grams} AND {holds_name}"
    " LIMIT (SELECT %(limit)s)))"
).format(holds_name=HOLDS_NAME, has_grams=HAS_GRAMS, few=SQL(str(_FEW)))
_PHONE: Final = SQL(
    "SELECT customer_id, 3 AS strength FROM views.customers"
    " WHERE phone_hash = %(phone)s AND phone_state = 'open'"
    " UNION ALL SELECT customer_id, 3 FROM views.customer_contacts"
    " WHERE phone_hash = %(phone)s AND state = 'open'"
)
_COLLISIONS: Final = SQL(
    "SELECT customer_id, strength, name, protection, merged_into"
    " FROM (SELECT customer_id, min(strength) AS strength FROM ({matches}) AS match"
    " GROUP BY customer_id) AS strongest"
    " JOIN views.customers USING (customer_id)"
    " JOIN views.customer_holdings USING (customer_id)"
    " ORDER BY strength, length(name), name, customer_id LIMIT %(limit)s"
)
