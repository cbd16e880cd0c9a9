-- Passwords and failed sign-ins. They are no facts for ever, so they are no events: a hash that was
-- replaced must be gone (decision 0021). That a password was set is an entry of the access log.
--
-- hash: argon2id with its salt and parameters. is_one_time: must be changed with the next sign-in,
-- before expires_at.
CREATE TABLE access.passwords (
    member text COLLATE "C" PRIMARY KEY,
    hash text NOT NULL,
    set_at timestamptz NOT NULL,
    is_one_time boolean NOT NULL,
    expires_at timestamptz
);

-- name: keyed hash of the name that was sent, which may be nobody's, or a password in the wrong
-- field; empty: whatever the name. client: an address, or a device that has signed in before.
CREATE TABLE access.failed_sign_ins (
    name text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    failures integer NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (name, client)
);

CREATE INDEX failed_sign_ins_by_age ON access.failed_sign_ins (last_at);

-- Count a failed sign-in; those before `forgotten` no longer count.
CREATE FUNCTION access.count_failure(
    asked_name text, asked_client text, at timestamptz, forgotten timestamptz
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO access.failed_sign_ins AS known (name, client, failures, last_at)
    VALUES (asked_name, asked_client, 1, at)
    ON CONFLICT (name, client) DO UPDATE SET
        failures = CASE WHEN known.last_at < forgotten THEN 1 ELSE known.failures + 1 END,
        last_at = at
$$;
