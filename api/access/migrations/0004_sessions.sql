-- Sessions of people who signed in: opaque on the wire, known by SHA-256 here. One that ended is
-- gone; when it began and ended is in the access log.
--
-- method: by which way it began. expires_at: its end, however much it is used. last_seen_at: to the
-- minute.
CREATE TABLE access.sessions (
    session_id uuid PRIMARY KEY,
    digest bytea NOT NULL UNIQUE,
    member text COLLATE "C" NOT NULL,
    method text COLLATE "C" NOT NULL,
    client text COLLATE "C",
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX sessions_by_member ON access.sessions (member);
CREATE INDEX sessions_by_end ON access.sessions (expires_at);

-- When each token was last used, to the minute. digest: SHA-256 of its secret, as in the event.
CREATE TABLE access.token_uses (
    digest text COLLATE "C" PRIMARY KEY,
    last_used_at timestamptz NOT NULL,
    client text COLLATE "C"
);

CREATE FUNCTION access.grant_sign_in() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('access.grant_access', 0));
    IF to_regrole('tenure_app') IS NOT NULL THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON access.passwords, access.failed_sign_ins,
            access.sessions, access.token_uses TO tenure_app;
    END IF;
END
$$;
