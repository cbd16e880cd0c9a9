-- What each role may do with the views. Called after every migration, so that it also reaches
-- tables made anew and roles made later. The roles themselves are the event store's to make.
CREATE FUNCTION views.grant_access() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF to_regrole('tenure_app') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA views TO tenure_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA views TO tenure_app;
    END IF;
    IF to_regrole('tenure_auditor') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA views TO tenure_auditor;
        GRANT SELECT ON ALL TABLES IN SCHEMA views TO tenure_auditor;
    END IF;
END
$$;
