-- One row an append, written with its events: it tells a commit whose answer was lost from a
-- conflict (id), and answers a repeated request with the first answer (actor and key).
-- first_position and last_position are null where a command was answered without an event.
CREATE TABLE tenure.commands (
    id uuid PRIMARY KEY,
    actor text,
    key text,
    request bytea,
    answer jsonb,
    first_position bigint,
    last_position bigint,
    recorded_at timestamptz NOT NULL
);

CREATE UNIQUE INDEX commands_actor_key ON tenure.commands (actor, key) WHERE key IS NOT NULL;
