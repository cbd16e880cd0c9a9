"""Figures as SQL: sums over the rows of `statistics`, or over what their days come to.

The fewest rows that tell what is asked are summed: those of the days of the whole house, of its
departments, or, where members or a median are asked for, the events themselves. Of a house of
thousands apart by member, the events of those are read that a page tells, and no others; who comes
first of them, the index by member says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from psycopg2.sql import SQL, Composable, Identifier

from projections.answers import DEPARTMENT, HOLDER, IN_DEPARTMENTS, IN_POOL, where

Grouping = Literal["day", "department", "member"]


def figures_query(
    by: Sequence[Grouping],
    asked: Mapping[str, Any],
    *,
    behind: int,
    percentiles: bool,
) -> Composable:
    """Summed by line and in all; lines of one page are told. asked: `department`, `departments` and
    `member`, None for any. behind: how many values the page begins behind, 0 on the first."""
    department, member = asked["department"], asked["member"]
    is_house = department is None and asked["departments"] is None
    if percentiles or member is not None:
        source = _OF_EVENTS
    elif "member" not in by:
        source = _OF_HOUSE if is_house and "department" not in by else _OF_DAYS
    elif tuple(by) == ("member",):
        return _by_member(behind=behind, is_house=is_house, department=department)
    else:
        source = _OF_EVENTS
    keys = SQL(", ").join(map(Identifier, by))
    after = SQL(", ").join(SQL("%(after_" + str(place) + ")s") for place in range(len(by)))
    is_of_house = source is _OF_HOUSE
    return _FIGURES.format(
        keys=keys,
        named=SQL(", ").join(_KEYS[name] for name in by),
        first=Identifier(by[0]),
        **source,
        filters=where(
            SQL("figure = ANY (%(counted)s)"),
            IN_DAYS,
            *(() if is_of_house else _in_departments(department)),
            member and OF_MEMBER,
        ),
        of_page=where(SQL("NOT is_total"), behind and SQL("({}) > ({})").format(keys, after)),
    )


def _by_member(*, behind: int, is_house: bool, department: str | None) -> Composable:
    whose = _in_departments(department)
    conditions = (SQL("figure = ANY (%(counted)s)"), IN_DAYS)
    chosen = _NEXT_MEMBERS if is_house else _MEMBERS_OF_DEPARTMENTS
    return _BY_MEMBER.format(
        chosen=chosen.format(
            behind=SQL("%(after_0)s" if behind else "''"),
            is_first=SQL("false" if behind else "true"),
            filters=where(*conditions, *whose),
        ),
        filters=where(*conditions, *whose),
        days=SQL("views.statistics_house_days" if is_house else "views.statistics_days"),
        of_days=where(*conditions, *(() if is_house else whose)),
    )


def implied_query(*, has_department: bool, has_member: bool) -> Composable:
    """How many ends are past and not recorded."""
    return _IMPLIED.format(
        in_pool=IN_POOL,
        department=SQL("AND {} = %(department)s").format(DEPARTMENT) if has_department else SQL(""),
        departments=IN_DEPARTMENTS.format(DEPARTMENT),
        member=SQL("AND {} = %(member)s").format(HOLDER) if has_member else SQL(""),
    )


def _in_departments(department: str | None) -> tuple[object, ...]:
    return (
        department and SQL("department = %(department)s"),
        IN_DEPARTMENTS.format(SQL("department")),
    )


OF_MEMBER: Final = SQL('member COLLATE "C" = %(member)s')
"""As the index by member has it."""
IN_DAYS: Final = SQL("day >= %(start)s AND day < %(end)s")
# Texts, so that a line of nobody, or of no department, has its place in the order.
_KEYS: Final[Mapping[Grouping, Composable]] = {
    "day": SQL("day::text AS day"),
    "department": SQL("coalesce(department, '') COLLATE \"C\" AS department"),
    "member": SQL("coalesce(member, '') COLLATE \"C\" AS member"),
}
_OF_EVENTS: Final = {
    "source": SQL("views.statistics_events"),
    "count": SQL("count(*)"),
    "waited": SQL(
        "count(*) AS count, sum(waited_seconds) AS seconds_sum, max(waited_seconds) AS seconds_max,"
        " percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY waited_seconds) AS parts"
    ),
    "is_waited": SQL("waited_seconds IS NOT NULL"),
}
_OF_DAYS: Final = {
    "source": SQL("views.statistics_days"),
    "count": SQL("sum(count)::bigint"),
    "waited": SQL(
        "coalesce(sum(waited), 0)::bigint AS count,"
        " sum(waited_microseconds)::float / 1000000 AS seconds_sum,"
        " max(waited_most)::float / 1000000 AS seconds_max, NULL::float[] AS parts"
    ),
    "is_waited": SQL("waited > 0"),
}
_OF_HOUSE: Final = {**_OF_DAYS, "source": SQL("views.statistics_house_days")}
_FIGURES: Final = SQL(
    """
    WITH counted AS (
        SELECT is_total, {named}, figure, coalesce(rule, '') AS rule, count FROM (
            SELECT grouping({first}) = 1 AS is_total, {keys}, figure, rule, {count} AS count
            FROM {source} {filters}
            GROUP BY GROUPING SETS (({keys}, figure, rule), (figure, rule))
        ) AS summed
    ), waited AS (
        SELECT is_total, {named}, count, seconds_sum, seconds_max, parts FROM (
            SELECT grouping({first}) = 1 AS is_total, {keys}, {waited}
            FROM {source} {filters}
                AND figure IN ('reviews_passed', 'reviews_refused') AND {is_waited}
            GROUP BY GROUPING SETS (({keys}), ())
        ) AS summed
    ), chosen AS (
        SELECT DISTINCT false AS is_total, {keys} FROM counted {of_page}
        ORDER BY {keys} LIMIT %(limit)s
    ), told AS (
        SELECT counted.*, NULL::float AS seconds_sum, NULL::float AS seconds_max,
            NULL::float AS seconds_median, NULL::float AS seconds_p90 FROM counted
        UNION ALL
        SELECT is_total, {keys}, '', '', count, seconds_sum, seconds_max, parts[1], parts[2]
        FROM waited
    )
    SELECT told.* FROM told LEFT JOIN chosen USING (is_total, {keys})
    WHERE told.is_total OR chosen.is_total IS NOT NULL
    """
)
# One member after the other, each the first behind the one before: nobody else's row is looked at.
_NEXT_MEMBERS: Final = SQL(
    """
    found (member, place) AS (
        SELECT {behind}::text COLLATE "C", 0
        UNION ALL
        SELECT (
            SELECT member COLLATE "C" FROM views.statistics_events {filters}
            AND member COLLATE "C" > found.member ORDER BY member COLLATE "C" LIMIT 1
        ), place + 1
        FROM found WHERE found.member IS NOT NULL AND place < %(limit)s
    ), chosen (member) AS (
        SELECT member FROM found WHERE place > 0 AND member IS NOT NULL
        UNION ALL
        SELECT '' COLLATE "C" WHERE {is_first} AND EXISTS (
            SELECT FROM views.statistics_events {filters} AND member IS NULL)
    )
    """
)
_MEMBERS_OF_DEPARTMENTS: Final = SQL(
    """
    chosen (member) AS (
        SELECT DISTINCT coalesce(member, '') COLLATE "C" FROM views.statistics_events {filters}
        AND ({is_first} OR member COLLATE "C" > {behind}) ORDER BY 1 LIMIT %(limit)s
    )
    """
)
_BY_MEMBER: Final = SQL(
    """
    WITH RECURSIVE {chosen}, summed AS (
        SELECT false AS is_total, chosen.member, figure, coalesce(rule, '') AS rule,
            count(*) AS count, count(waited_seconds) AS waited,
            sum(waited_seconds) AS seconds_sum, max(waited_seconds) AS seconds_max
        FROM chosen CROSS JOIN LATERAL (
            SELECT figure, rule, waited_seconds FROM views.statistics_events {filters}
            AND member COLLATE "C" = chosen.member
            UNION ALL
            SELECT figure, rule, waited_seconds FROM views.statistics_events {filters}
            AND chosen.member = '' AND member IS NULL
        ) AS event GROUP BY chosen.member, figure, rule
        UNION ALL
        SELECT true, NULL, figure, rule, sum(count)::bigint, sum(waited)::bigint,
            sum(waited_microseconds)::float / 1000000, max(waited_most)::float / 1000000
        FROM {days} {of_days} GROUP BY figure, rule
    )
    SELECT is_total, member, figure, rule, count, NULL::float AS seconds_sum,
        NULL::float AS seconds_max, NULL::float AS seconds_median, NULL::float AS seconds_p90
    FROM summed
    UNION ALL
    SELECT is_total, member, '', '', sum(waited)::bigint, sum(seconds_sum), max(seconds_max),
        NULL, NULL
    FROM summed WHERE figure IN ('reviews_passed', 'reviews_refused')
    GROUP BY is_total, member HAVING is_total OR sum(waited) > 0
    """
)
_IMPLIED: Final = SQL(
    """
    SELECT count(*) FILTER (WHERE stage <> 'rejected') AS lapses,
        count(*) FILTER (WHERE stage = 'rejected') AS removals
    FROM views.agenda WHERE due_at <= %(now)s AND {in_pool}
    AND (pool_from AT TIME ZONE 'Asia/Shanghai')::date >= %(start)s
    AND (pool_from AT TIME ZONE 'Asia/Shanghai')::date < %(end)s
    AND {departments} {department} {member}
    """
)
