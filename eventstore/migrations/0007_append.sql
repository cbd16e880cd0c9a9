-- Append events to their streams, with the command and the subject keys that belong to them.
-- Returns the last position; the events' positions are consecutive and in the order given.
-- stamp: the test clock's time, or null for the database's.
--
-- The table lock comes first: it is what settle() waits for, so it must be held before a position
-- is taken. So must the transaction id, which nextval() alone assigns only now and then. The
-- advisory lock (its number is the bytes of 'tenure') makes the positions consecutive and the stamps
-- ascend with them; it is held for that alone, not until the commit. A cancel in between leaves it
-- held: after any error but a unique key's the caller must throw the connection away.
--
-- The command is written first: a repeated one then meets itself rather than its own events.
-- Events go in sorted by stream, since two appends to the same streams in opposite order would
-- deadlock.
CREATE FUNCTION tenure.append(
    originator_ids uuid[],
    originator_versions bigint[],
    topics text[],
    states bytea[],
    command_id uuid,
    command_actor text,
    command_key text,
    command_request bytea,
    command_answer jsonb,
    subject_ids uuid[],
    wrapped_keys bytea[],
    stamp timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    events_count CONSTANT integer := cardinality(originator_ids);
    first_position bigint;
    last_position bigint;
    own_id xid8;
    is_locked boolean;
BEGIN
    LOCK TABLE tenure.events IN ROW EXCLUSIVE MODE;
    own_id := pg_current_xact_id();

    is_locked := pg_advisory_lock(127978993709669) IS NOT NULL;
    IF events_count > 0 THEN
        first_position := nextval('tenure.positions');
        last_position := first_position;
        FOR nth IN 2 .. events_count LOOP
            last_position := nextval('tenure.positions');
        END LOOP;
    END IF;
    stamp := coalesce(stamp, clock_timestamp());
    is_locked := NOT pg_advisory_unlock(127978993709669);

    INSERT INTO tenure.commands VALUES (
        command_id, command_actor, command_key, command_request,
        CASE WHEN events_count > 0
            THEN command_answer || jsonb_build_object('position', last_position)
            ELSE command_answer
        END,
        first_position, last_position, stamp
    );
    INSERT INTO tenure.events
    SELECT first_position + nth - 1, id, version, topic, state, stamp
    FROM unnest(originator_ids, originator_versions, topics, states)
        WITH ORDINALITY AS event (id, version, topic, state, nth)
    ORDER BY id, version;
    IF cardinality(subject_ids) > 0 THEN
        INSERT INTO tenure_keys.subject_keys
        SELECT id, wrapped, stamp
        FROM unnest(subject_ids, wrapped_keys) AS subject (id, wrapped)
        ORDER BY id;
    END IF;
    RETURN last_position;
END
$$;
