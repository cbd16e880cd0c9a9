-- States of aggregates at a version: a shortcut that may be deleted at any time.
CREATE TABLE tenure.snapshots (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL,
    PRIMARY KEY (originator_id, originator_version)
);
