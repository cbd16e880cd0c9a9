-- The events of some streams after a known version each, and the command under an actor's key.
-- The command's row comes last and has no position; its answer is in topic, its request in state.
--
-- Stream by stream, behind OFFSET 0, so that no plan made while the log was small can join by
-- reading the whole of it.
CREATE FUNCTION tenure.load(
    originator_ids uuid[],
    known_versions bigint[],
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
        SELECT position, originator_id, originator_version, topic, state, recorded_at
        FROM unnest(originator_ids, known_versions) AS asked (id, known)
        CROSS JOIN LATERAL (
            SELECT position, originator_id, originator_version, topic, state, recorded_at
            FROM tenure.events
            WHERE originator_id = asked.id AND originator_version > asked.known
            ORDER BY originator_version
            OFFSET 0
        ) AS event
        ORDER BY originator_id, originator_version
    )
    UNION ALL
    SELECT NULL, id, NULL, answer::text, request, recorded_at
    FROM tenure.commands
    WHERE actor = command_actor AND key = command_key
$$;
