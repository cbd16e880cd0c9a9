-- What may become of a subject's key: it is restricted (kept, given out to nobody), given out again,
-- or destroyed. Each happens in the transaction of the event that says so.
ALTER TABLE tenure_keys.subject_keys
    ADD COLUMN restricted_at timestamptz,
    ADD CHECK (restricted_at IS NULL OR wrapped IS NOT NULL);

-- As append(), and what becomes of keys with it. A function of its own, so that other appends are
-- what they were. The keys come last: append() must hold its locks before it takes a position.
--
-- Where a key is destroyed, so are the snapshots of the streams that say so. They may be deleted at
-- any time; these hold keyed hashes that the events have just had forgotten.
CREATE FUNCTION tenure.append_with_keys(
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
    stamp timestamptz,
    restricted_ids uuid[],
    lifted_ids uuid[],
    destroyed_ids uuid[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    last_position bigint;
    changed_at timestamptz;
BEGIN
    last_position := tenure.append(
        originator_ids, originator_versions, topics, states, command_id, command_actor, command_key,
        command_request, command_answer, subject_ids, wrapped_keys, stamp
    );
    changed_at := coalesce(stamp, clock_timestamp());
    UPDATE tenure_keys.subject_keys SET restricted_at = changed_at
    WHERE subject_id = ANY (restricted_ids) AND wrapped IS NOT NULL;
    UPDATE tenure_keys.subject_keys SET restricted_at = NULL
    WHERE subject_id = ANY (lifted_ids);
    UPDATE tenure_keys.subject_keys
    SET wrapped = NULL, restricted_at = NULL, destroyed_at = changed_at
    WHERE subject_id = ANY (destroyed_ids) AND wrapped IS NOT NULL;
    IF cardinality(destroyed_ids) > 0 THEN
        DELETE FROM tenure.snapshots WHERE originator_id = ANY (originator_ids);
    END IF;
    RETURN last_position;
END
$$;
