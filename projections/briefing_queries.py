"""The questions of a manager's morning, as SQL: each ends with the rows that are told.

Of a whole house far more rows may fit than are told. So a question reads an index in the order of
its answer wherever there is one, and stops; where one department of many is asked for, its index
begins with the department. The limit is a subquery, whose value the planner cannot see: knowing it,
the planner hopes to meet enough rows early in an order in which they come late.
"""

from __future__ import annotations

from typing import Final

from psycopg2.sql import SQL

from projections.answers import DEPARTMENT, HELD, HOLDER
from projections.approval_rows import IS_SIGNED

# What no department holds shows in every one, unless one is named.
_IN_DEPARTMENT: Final = SQL(
    "((%(department)s::text IS NULL OR {0} = %(department)s)"
    " AND coalesce({0} = ANY (%(departments)s::text[]), true))"
)
_HELD_IN_DEPARTMENT: Final = _IN_DEPARTMENT.format(DEPARTMENT)
_COLUMNS_OF_FALLEN: Final = SQL(
    "customer_id, name, protection, pool_from, pool_reason, last_holder, last_department"
)
# A customer that fell and was not taken is in the pool since then; one that was taken remembers it.
# A refused claim ends by a removal, which is no news of the night unless its holder left before.
FELL: Final = SQL(
    """
    SELECT {columns}, fell FROM (
        (SELECT {columns}, pool_from AS fell FROM views.pool CROSS JOIN LATERAL (VALUES (
            CASE WHEN protection IS NULL THEN last_department
                WHEN (protection -> 'leaving' ->> 'at')::timestamptz < pool_from
                THEN protection -> 'leaving' ->> 'department' ELSE protection ->> 'department' END
        )) AS told (was_in)
        WHERE pool_from >= %(since)s AND pool_from < %(now)s AND {department}
        AND CASE WHEN protection IS NULL THEN pool_reason IN ('lapsed', 'undecided', 'left')
            ELSE protection ->> 'stage' <> 'rejected'
                OR pool_from < (protection ->> 'until')::timestamptz END
        ORDER BY pool_from, customer_id LIMIT (SELECT %(limit)s))
        UNION ALL
        (SELECT {columns}, fell_at FROM views.pool
        WHERE fell_at IS NOT NULL AND protection IS NOT NULL
        AND fell_at >= %(since)s AND fell_at < %(now)s AND (pool_from <= %(now)s) IS NOT TRUE
        AND pool_reason IN ('lapsed', 'undecided', 'left') AND {last_department}
        ORDER BY fell_at, customer_id LIMIT (SELECT %(limit)s))
    ) AS fallen ORDER BY fell, customer_id LIMIT (SELECT %(limit)s)
    """
).format(
    columns=_COLUMNS_OF_FALLEN,
    department=_IN_DEPARTMENT.format(SQL("was_in")),
    last_department=_IN_DEPARTMENT.format(SQL("last_department")),
)
_END: Final = SQL("coalesce(held_over_until, until, 'infinity')")
UNCONFIRMED: Final = SQL(
    """
    SELECT customer_id, name, protection, contract FROM (
        SELECT *, {end} AS ends FROM views.approvals WHERE {is_signed} AND {held} AND {department}
        ORDER BY {end}, customer_id LIMIT (SELECT %(limit)s)
    ) AS signed CROSS JOIN LATERAL jsonb_each(contracts) AS each (number, contract)
    WHERE contract ->> 'signed_at' IS NOT NULL
    ORDER BY ends, customer_id, number LIMIT (SELECT %(limit)s)
    """
).format(is_signed=SQL(IS_SIGNED), held=HELD, department=_HELD_IN_DEPARTMENT, end=_END)
HELD_BY_LEAVERS: Final = SQL(
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
    ORDER BY leaves, customer_id LIMIT (SELECT %(limit)s)
    """
).format(holder=HOLDER, held=HELD, department=_HELD_IN_DEPARTMENT)
# Here nearly every row of the order counts, so the planner may know how few are wanted.
_QUIET: Final = SQL(
    "(SELECT customer_id, name, protection, stage, until, quiet_since FROM views.agenda"
    " WHERE stage IN ('potential', 'intent') AND quiet_since <= %(quiet_before)s AND {held}"
    " AND {which} ORDER BY quiet_since, customer_id LIMIT %(limit)s)"
)
_STAYING: Final = SQL("(passes_at IS NULL OR passes_at > %(now)s)")
QUIET: Final = _QUIET.format(held=HELD, which=SQL("true"))
# What is potential or intent is some member's, and so some department's. What a leaver's successor
# holds since, which no event says yet, is little.
QUIET_IN_DEPARTMENTS: Final = SQL(
    "SELECT * FROM (SELECT found.* FROM unnest(%(asked)s::text[]) AS led (name)"
    " CROSS JOIN LATERAL {of_one} AS found UNION ALL {passed}) AS quiet"
    " ORDER BY quiet_since, customer_id LIMIT (SELECT %(limit)s)"
).format(
    of_one=_QUIET.format(held=HELD, which=SQL("department = led.name AND {}").format(_STAYING)),
    passed=_QUIET.format(
        held=HELD, which=SQL("passes_at <= %(now)s AND {}").format(_HELD_IN_DEPARTMENT)
    ),
)
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
    ORDER BY told.position LIMIT (SELECT %(limit)s)
    """
)
ATTEMPTS: Final = _OF_AUDIT.format(
    of=SQL("rule = 'already-protected' AND facts -> 'facts' ->> 'holder' IS DISTINCT FROM actor"),
    department=_HELD_IN_DEPARTMENT,
)
OVERRIDES: Final = _OF_AUDIT.format(
    of=SQL("topic IN ('customer.registered', 'customer.profile_changed') AND reason IS NOT NULL"),
    department=_HELD_IN_DEPARTMENT,
)
