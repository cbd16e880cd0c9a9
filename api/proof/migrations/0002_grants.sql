-- What each role may do here. Called after every migration, so that it also reaches roles that were
-- made later. The roles themselves are the event store's to make.
CREATE FUNCTION proof.grant_access() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Two grants on one table at once fail.
    PERFORM pg_advisory_xact_lock(hashtextextended('proof.grant_access', 0));
    IF to_regrole('tenure_app') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA proof TO tenure_app;
        GRANT SELECT, INSERT, UPDATE ON proof.trees, proof.tiles TO tenure_app;
        GRANT SELECT ON proof.migrations TO tenure_app;
    END IF;
    IF to_regrole('tenure_auditor') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA proof TO tenure_auditor;
        GRANT SELECT ON proof.trees, proof.tiles, proof.migrations TO tenure_auditor;
    END IF;
END
$$;
