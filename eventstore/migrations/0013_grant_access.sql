-- Roles and what each may do here. Called after every migration, so that it also reaches roles
-- that were made later. Where we may not make roles, those that exist get their rights.
CREATE FUNCTION tenure.grant_access() RETURNS void LANGUAGE plpgsql AS $$
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
        GRANT SELECT ON tenure.event_log, tenure.migrations TO tenure_app;
    END IF;
    IF to_regrole('tenure_auditor') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA tenure TO tenure_auditor;
        GRANT SELECT ON tenure.events, tenure.event_log, tenure.migrations, tenure.positions
            TO tenure_auditor;
    END IF;
END
$$;
