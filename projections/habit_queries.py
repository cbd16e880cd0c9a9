"""What each habit is, as SQL over `views.statistics_events` and `views.statistics_notes`.

Every query gives members, customers, figures, positions and weight, and begins with the rows of the
days that are asked for. What came before such a row is looked up in its customer's own rows.
"""

from __future__ import annotations

from typing import Final

from psycopg2.sql import SQL, Composable


def _with_parts(text: str) -> Composable:
    return SQL(text).format(days=_DAYS, ended=_ENDED)


_DAYS: Final = SQL(
    "event.day >= %(start)s AND event.day < %(end)s"
    " AND (%(department)s::text IS NULL OR event.department = %(department)s)"
    " AND (%(departments)s::text[] IS NULL OR event.department = ANY (%(departments)s))"
)
# How the last protection before a claim ended.
_ENDED: Final = SQL(
    "SELECT earlier.* FROM views.statistics_events AS earlier"
    " WHERE earlier.customer_id = event.customer_id AND earlier.version < event.version"
    " AND earlier.figure IN ('lapses', 'removals', 'releases', 'withdrawals', 'merges')"
    " ORDER BY earlier.version DESC LIMIT 1"
)
CYCLING: Final = _with_parts(
    """
    SELECT ARRAY[member] AS members, ARRAY[customer_id] AS customers,
        jsonb_build_object('claims', claims, 'given_up', given_up) AS figures,
        positions, given_up AS weight
    FROM (
        SELECT member, customer_id, count(*) FILTER (WHERE figure = 'claims') AS claims,
            count(*) FILTER (WHERE figure <> 'claims') AS given_up,
            array_agg(position ORDER BY position) AS positions
        FROM views.statistics_events AS event
        WHERE figure IN ('claims', 'releases', 'withdrawals') AND {days}
        GROUP BY member, customer_id
    ) AS held WHERE claims >= %(times)s AND given_up >= %(times)s
    """
)
"""A member claims one customer and gives it up, again and again."""
RECLAIMS: Final = _with_parts(
    """
    SELECT ARRAY[event.member] AS members, array_agg(event.customer_id) AS customers,
        jsonb_build_object('reclaims', count(*),
            'shortest_seconds', min(extract(epoch FROM event.at - ended.at))) AS figures,
        array_agg(ended.position) || array_agg(event.position) AS positions, count(*) AS weight
    FROM views.statistics_events AS event CROSS JOIN LATERAL ({ended}) AS ended
    WHERE event.figure = 'claims' AND {days}
        AND ended.figure = 'lapses' AND ended.member = event.member
        AND event.at - ended.at <= make_interval(secs => %(days)s * 86400)
    GROUP BY event.member HAVING count(*) >= %(times)s
    """
)
"""A member lets a customer lapse and claims it again within days: the term never ends."""
TURNS: Final = _with_parts(
    """
    SELECT ARRAY[least(event.member, other.member), greatest(event.member, other.member)]
            AS members,
        ARRAY[event.customer_id] AS customers,
        jsonb_build_object('turns', count(*)) AS figures,
        array_agg(first.position) || array_agg(other.position) || array_agg(event.position)
            AS positions,
        count(*) AS weight
    FROM views.statistics_events AS event
    CROSS JOIN LATERAL (
        SELECT earlier.* FROM views.statistics_events AS earlier
        WHERE earlier.customer_id = event.customer_id AND earlier.version < event.version
            AND earlier.figure = 'claims' ORDER BY earlier.version DESC LIMIT 1
    ) AS other
    CROSS JOIN LATERAL (
        SELECT earlier.* FROM views.statistics_events AS earlier
        WHERE earlier.customer_id = event.customer_id AND earlier.version < other.version
            AND earlier.figure = 'claims' ORDER BY earlier.version DESC LIMIT 1
    ) AS first
    WHERE event.figure = 'claims' AND {days}
        AND first.member = event.member AND other.member <> event.member
    GROUP BY event.customer_id, 1 HAVING count(*) >= %(times)s
    """
)
"""Two members claim a customer in turn: the one, the other, and the one again is one turn."""
DEADLINE_CLAIMS: Final = _with_parts(
    """
    SELECT ARRAY[event.member] AS members, array_agg(event.customer_id) AS customers,
        jsonb_build_object('claims', count(*) FILTER (WHERE event.figure = 'claims'),
            'refused', count(*) FILTER (WHERE event.figure = 'refusals'),
            'nearest_seconds', min(abs(extract(epoch FROM event.at - met.at)))) AS figures,
        array_agg(event.position) || array_remove(array_agg(met.position), NULL) AS positions,
        count(*) AS weight
    FROM views.statistics_events AS event
    CROSS JOIN LATERAL (
        SELECT ended.position, ended.at FROM ({ended}) AS ended
        WHERE event.figure = 'claims' AND ended.figure IN ('lapses', 'removals')
            AND ended.actor = 'system' AND ended.member <> event.member
        UNION ALL
        SELECT NULL::bigint, event.due_at
        WHERE event.figure = 'refusals' AND event.due_at >= event.at
    ) AS met
    WHERE event.figure IN ('claims', 'refusals') AND {days}
        AND abs(extract(epoch FROM event.at - met.at)) <= %(seconds)s
    GROUP BY event.member HAVING count(*) >= %(times)s
    """
)
"""A member claims what another loses, or tries to, within seconds of the deadline."""
EXTENSIONS_BY_APPROVER: Final = _with_parts(
    """
    SELECT ARRAY[actor] AS members, customers,
        jsonb_build_object('granted', granted, 'refused', decided - granted,
            'share', round(granted::numeric / decided, 4)) AS figures,
        positions, decided AS weight
    FROM (
        SELECT actor, count(*) AS decided, array_agg(customer_id) AS customers,
            count(*) FILTER (WHERE figure = 'extensions_granted') AS granted,
            array_agg(position ORDER BY position) AS positions
        FROM views.statistics_events AS event
        WHERE figure IN ('extensions_granted', 'extensions_refused') AND {days}
        GROUP BY actor
    ) AS approver WHERE decided >= %(times)s AND granted >= %(share)s * decided
    """
)
"""An approver grants nearly every extension."""
STOPPED_CLOCKS: Final = _with_parts(
    """
    SELECT ARRAY[event.member] AS members, array_agg(event.customer_id) AS customers,
        jsonb_build_object('held_over', count(*),
            'undecided', count(*) FILTER (WHERE event.rule = 'undecided'),
            'longest_seconds', max(extract(epoch FROM event.at - before.until))) AS figures,
        array_agg(before.position) || array_agg(event.position) AS positions, count(*) AS weight
    FROM views.statistics_events AS event
    CROSS JOIN LATERAL (
        SELECT earlier.* FROM views.statistics_events AS earlier
        WHERE earlier.customer_id = event.customer_id AND earlier.version < event.version
        ORDER BY earlier.version DESC LIMIT 1
    ) AS before
    WHERE event.figure IN ('intents_granted', 'intents_refused', 'extensions_granted',
            'extensions_refused', 'applications_withdrawn', 'contracts_confirmed',
            'contracts_voided', 'releases', 'lapses') AND {days}
        AND (event.figure <> 'lapses' OR event.rule = 'undecided')
        AND event.member IS NOT NULL AND event.at > before.until
    GROUP BY event.member HAVING count(*) >= %(times)s
    """
)
"""What was waiting kept a member's protections alive beyond their deadlines.

A lapse that follows from a late refusal is the same clock, which the refusal has stopped already.
"""
OVERRIDES_MERGED: Final = _with_parts(
    """
    SELECT ARRAY[override.member, event.actor] AS members,
        override.customer_id || event.others AS customers,
        jsonb_build_object('seconds', extract(epoch FROM event.at - override.at)) AS figures,
        ARRAY[override.position, event.position] AS positions, 1 AS weight
    FROM views.statistics_events AS event
    JOIN views.statistics_events AS override ON override.customer_id = event.customer_id
        AND override.version < event.version AND override.figure = 'overrides'
    WHERE event.figure IN ('merges', 'absorptions')
        AND event.day >= %(start)s AND event.day < %(end)s
        AND (%(department)s::text IS NULL OR override.department = %(department)s)
        AND (%(departments)s::text[] IS NULL OR override.department = ANY (%(departments)s))
        AND (event.figure = 'merges' OR event.others <@ override.others)
    """
)
"""A record was said in writing to be another company, and was found to be the same."""
TRANSFERS_BEFORE_SIGNATURE: Final = _with_parts(
    """
    SELECT ARRAY[moved.member, moved.holder, moved.actor] AS members,
        ARRAY[event.customer_id] AS customers,
        jsonb_build_object('seconds', extract(epoch FROM event.at - moved.at)) AS figures,
        ARRAY[moved.position, event.position] AS positions,
        -extract(epoch FROM event.at - moved.at) AS weight
    FROM views.statistics_events AS event
    CROSS JOIN LATERAL (
        SELECT earlier.* FROM views.statistics_events AS earlier
        WHERE earlier.customer_id = event.customer_id AND earlier.version < event.version
            AND earlier.figure IN ('transfers', 'claims')
        ORDER BY earlier.version DESC LIMIT 1
    ) AS moved
    WHERE event.figure = 'contracts_signed' AND {days}
        AND moved.figure = 'transfers' AND moved.holder = event.member
        AND event.at - moved.at <= make_interval(secs => %(days)s * 86400)
    """
)
"""A customer changes hands, and days later the new holder signs."""
UNCONFIRMED_CONTRACTS: Final = _with_parts(
    """
    SELECT ARRAY[member] AS members, customers,
        jsonb_build_object('drawn', drawn, 'never_signed', never_signed,
            'never_confirmed', never - never_signed, 'expired', expired) AS figures,
        positions, never AS weight
    FROM (
        SELECT event.member, count(*) AS drawn, count(*) FILTER (WHERE is_idle) AS never,
            count(*) FILTER (WHERE signed.position IS NULL) AS never_signed,
            count(*) FILTER (WHERE signed.position IS NULL AND event.due_at <= %(now)s) AS expired,
            array_agg(event.customer_id) FILTER (WHERE is_idle) AS customers,
            array_agg(event.position ORDER BY event.position) FILTER (WHERE is_idle) AS positions
        FROM (
            SELECT event.*, lead(position, 1, 9223372036854775807)
                OVER (PARTITION BY number ORDER BY position) AS drawn_again
            FROM views.statistics_events AS event
            WHERE figure = 'contracts_drawn' AND day >= %(start)s
        ) AS event
        LEFT JOIN views.statistics_events AS signed
            ON signed.figure = 'contracts_signed' AND signed.number = event.number
            AND signed.day >= %(start)s
            AND signed.position > event.position AND signed.position < drawn_again
        LEFT JOIN views.statistics_events AS confirmed
            ON confirmed.figure = 'contracts_confirmed' AND confirmed.number = event.number
            AND confirmed.day >= %(start)s
            AND confirmed.position > event.position AND confirmed.position < drawn_again
        CROSS JOIN LATERAL (
            SELECT signed.position IS NULL OR confirmed.position IS NULL AND EXISTS (
                SELECT FROM views.statistics_events AS ended
                WHERE ended.customer_id = event.customer_id AND ended.position > signed.position
                AND (ended.figure IN ('lapses', 'removals', 'releases', 'withdrawals', 'merges')
                    OR ended.figure = 'contracts_voided' AND ended.number = event.number)
            ) AS is_idle
        ) AS told
        WHERE {days} GROUP BY event.member
    ) AS drawer WHERE never >= %(times)s
    """
)
"""A member draws contracts that nobody signs, so that nobody can confirm them: they have expired,
or are still drawn. Or they are signed, which stops the clock, and the protection ends without their
confirmation. What was signed and still waits for it is another matter."""
EQUAL_NOTES: Final = _with_parts(
    """
    SELECT ARRAY[member] AS members, array_agg(customer_id) AS customers,
        jsonb_build_object('notes', count(*), 'customers', count(DISTINCT customer_id))
            AS figures,
        array_agg(position ORDER BY position) AS positions, count(*) AS weight
    FROM views.statistics_notes AS event
    WHERE characters >= %(characters)s AND {days}
    GROUP BY member, note_hash HAVING count(*) >= %(times)s
    """
)
"""A member notes the same words again and again."""
QUOTA_USE: Final = _with_parts(
    """
    SELECT ARRAY[member] AS members,
        array_agg(customer_id ORDER BY position) AS customers,
        jsonb_build_object('claims', count(*), 'held_most', max(held + 1),
            'held_max', max(held_max),
            'share', round(max((held + 1)::numeric / held_max), 4)) AS figures,
        array_agg(position ORDER BY position) AS positions,
        max((held + 1)::numeric / held_max) AS weight
    FROM views.statistics_events AS event
    WHERE figure = 'quotas' AND {days} AND held_max > 0 AND held + 1 >= %(share)s * held_max
    GROUP BY member HAVING count(*) >= %(times)s
    """
)
"""A member claims up to what the rulebook lets one hold (A-35)."""
