-- What was recorded stays: also for the owner, also for a replication role, also for nothing
-- (a statement that hits no row is refused, too, since it shows an intent that has no place here).
CREATE FUNCTION tenure.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of %.% is refused: recorded events are never changed',
        TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON tenure.events
    FOR EACH STATEMENT EXECUTE FUNCTION tenure.refuse_change();

ALTER TABLE tenure.events ENABLE ALWAYS TRIGGER refuse_change;
REVOKE UPDATE, DELETE, TRUNCATE ON tenure.events FROM CURRENT_USER;
