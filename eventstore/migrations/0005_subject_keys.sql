-- Keys of data subjects, wrapped by a key that is not in the database. They lie in a schema of
-- their own, so that who may read the log need not be able to read them. A destroyed key leaves
-- its row, without the key, as the record of when that happened.
CREATE SCHEMA tenure_keys;

CREATE TABLE tenure_keys.subject_keys (
    subject_id uuid PRIMARY KEY,
    wrapped bytea,
    created_at timestamptz NOT NULL,
    destroyed_at timestamptz,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
