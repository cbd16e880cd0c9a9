-- The log. Positions come from `positions` inside tenure.append, never from a default, so that
-- they are consecutive within one append. A stream has one event a version: whoever comes second
-- meets the unique key, which is the optimistic concurrency of the whole system.
CREATE SEQUENCE tenure.positions AS bigint;

CREATE TABLE tenure.events (
    position bigint PRIMARY KEY,
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    UNIQUE (originator_id, originator_version)
);

ALTER SEQUENCE tenure.positions OWNED BY tenure.events.position;
