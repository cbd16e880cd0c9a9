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
    IF cardinality(destroyed_ids) > 0 THEN
        UPDATE tenure_keys.subject_keys
        SET wrapped = NULL, restricted_at = NULL, destroyed_at = changed_at
        WHERE subject_id = ANY (destroyed_ids) AND wrapped IS NOT NULL;
        UPDATE tenure_keys.upkeep SET is_due = true;
        DELETE FROM tenure.snapshots WHERE originator_id = ANY (originator_ids);
    END IF;
    RETURN last_position;
END
$$;

-- A key that was destroyed or wrapped anew still lies in the table's pages, as the version of its row
-- that nobody sees any more. is_due: the table is to be rewritten for that.
CREATE TABLE tenure_keys.upkeep (
    is_due boolean NOT NULL,
    rewritten_at timestamptz
);
INSERT INTO tenure_keys.upkeep VALUES (false, NULL);

-- Write the table anew, into a file of its own, with nothing but the rows that stand: the old file
-- goes with the commit. VACUUM FULL would keep row versions for as long as any old snapshot might
-- look at them; this does not, so a transaction that keeps a snapshot from before (pg_dump in its
-- first moment) would find no key here. Services read one row at a time and keep none.
--
-- Only the owner may alter the table, so this runs as him. Gives up after lock_timeout.
CREATE FUNCTION tenure_keys.rewrite() RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    LOCK TABLE tenure_keys.subject_keys IN ACCESS EXCLUSIVE MODE;
    ALTER TABLE tenure_keys.subject_keys
        ALTER COLUMN wrapped TYPE bytea USING wrapped || ''::bytea;
    UPDATE tenure_keys.upkeep SET is_due = false, rewritten_at = clock_timestamp();
END
$$;
REVOKE EXECUTE ON FUNCTION tenure_keys.rewrite() FROM PUBLIC;

CREATE OR REPLACE FUNCTION tenure.grant_access() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted text;
BEGIN
    -- Two grants on one table at once fail.
    PERFORM pg_advisory_xact_lock(hashtextextended('tenure.grant_access', 0));
    FOREACH wanted IN ARRAY ARRAY['tenure_app', 'tenure_auditor'] LOOP
        CONTINUE WHEN to_regrole(wanted) IS NOT NULL;
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
    IF to_regrole('tenure_app') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA tenure, tenure_keys TO tenure_app;
        GRANT SELECT, INSERT ON tenure.events TO tenure_app;
        GRANT SELECT, USAGE ON SEQUENCE tenure.positions TO tenure_app;
        GRANT SELECT, INSERT, UPDATE, DELETE
            ON tenure.commands, tenure.snapshots, tenure.tracking TO tenure_app;
        GRANT SELECT, INSERT, UPDATE ON tenure_keys.subject_keys TO tenure_app;
        GRANT SELECT, UPDATE ON tenure_keys.upkeep TO tenure_app;
        GRANT EXECUTE ON FUNCTION tenure_keys.rewrite() TO tenure_app;
        GRANT SELECT ON tenure.event_log, tenure.migrations TO tenure_app;
    END IF;
    IF to_regrole('tenure_auditor') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA tenure TO tenure_auditor;
        GRANT SELECT ON tenure.events, tenure.event_log, tenure.migrations, tenure.positions
            TO tenure_auditor;
    END IF;
END
$$;
