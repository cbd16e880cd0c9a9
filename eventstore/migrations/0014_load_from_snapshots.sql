-- As load(), but of each stream only what came after its newest snapshot, if it has one above the
-- known version under one of the topics that the caller can read. The snapshot's row comes before
-- the stream's events and has no position; the command's has no version either.
--
-- One look into the key of snapshots a stream, and behind OFFSET 0 the events, as in load().
CREATE FUNCTION tenure.load_from_snapshots(
    originator_ids uuid[],
    known_versions bigint[],
    snapshot_topics text[],
    command_actor text,
    command_key text
) RETURNS TABLE (
    log_position bigint,
    stream_id uuid,
    stream_version bigint,
    event_topic text,
    event_state bytea,
    event_recorded_at timestamptz
) LANGUAGE sql STABLE AS $$
    (
        SELECT found.position, asked.id, found.version, found.topic, found.state, found.recorded_at
        FROM unnest(originator_ids, known_versions) AS asked (id, known)
        LEFT JOIN LATERAL (
            SELECT originator_version AS version, topic, state
            FROM tenure.snapshots
            WHERE originator_id = asked.id
              AND originator_version > asked.known
              AND topic = ANY (snapshot_topics)
            ORDER BY originator_version DESC
            LIMIT 1
        ) AS snapshot ON true
        CROSS JOIN LATERAL (
            SELECT NULL::bigint, snapshot.version, snapshot.topic, snapshot.state,
                NULL::timestamptz
            WHERE snapshot.version IS NOT NULL
            UNION ALL
            (
                SELECT position, originator_version, topic, state, recorded_at
                FROM tenure.events
                WHERE originator_id = asked.id
                  AND originator_version > coalesce(snapshot.version, asked.known)
                ORDER BY originator_version
                OFFSET 0
            )
        ) AS found (position, version, topic, state, recorded_at)
        ORDER BY asked.id, found.version
    )
    UNION ALL
    SELECT NULL, id, NULL, answer::text, request, recorded_at
    FROM tenure.commands
    WHERE actor = command_actor AND key = command_key
$$;
