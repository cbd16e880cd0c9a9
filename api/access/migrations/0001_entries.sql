-- The access log: what was looked at, by whom, by which right. It is no event of any customer, so it
-- lies beside the log; like that it is only ever appended to, and it is sealed by the same sealer.
--
-- state: the whole entry as UTF-8 JSON, the bytes that are sealed. The other columns are copies of
-- what it is searched by.
CREATE TABLE access.entries (
    position bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text COLLATE "C" NOT NULL,
    member text COLLATE "C",
    customer_id uuid,
    state bytea NOT NULL
);

CREATE INDEX entries_by_member ON access.entries (member, at, position);
CREATE INDEX entries_by_customer ON access.entries (customer_id, position)
    WHERE customer_id IS NOT NULL;
CREATE INDEX entries_by_kind ON access.entries (kind, position);

CREATE FUNCTION access.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of %.% is refused: the access log is never changed',
        TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON access.entries
    FOR EACH STATEMENT EXECUTE FUNCTION access.refuse_change();

ALTER TABLE access.entries ENABLE ALWAYS TRIGGER refuse_change;
REVOKE UPDATE, DELETE, TRUNCATE ON access.entries FROM CURRENT_USER;

-- Append entries; the first position. The lock is held to the end of the transaction, so positions
-- have no gap and become visible in their order: whoever has read position n has read all before.
-- Each process writes many entries in one transaction, so that the lock is taken seldom.
CREATE FUNCTION access.append(
    instants timestamptz[], kinds text[], members text[], customers uuid[], states bytea[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    last bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('access.append', 0));
    SELECT coalesce(max(position), 0) INTO last FROM access.entries;
    INSERT INTO access.entries (position, at, kind, member, customer_id, state)
    SELECT last + place, instant, kind, member, customer_id, state
    FROM unnest(instants, kinds, members, customers, states) WITH ORDINALITY
        AS entry (instant, kind, member, customer_id, state, place);
    RETURN last + 1;
END
$$;
