-- How far each view has folded the log. A view's rows and its row here change in one transaction,
-- so a view is never in between. version: of the view's tables and fold. failed_*: the event at
-- which the fold raised; the view stands still before it until a process tries again.
CREATE TABLE views.positions (
    view text PRIMARY KEY,
    version integer NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    moved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    failed_position bigint,
    failed_topic text,
    failed_error text,
    failed_at timestamptz
);
