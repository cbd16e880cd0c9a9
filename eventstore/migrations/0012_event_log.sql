-- The log for those who have nothing but psql.
CREATE VIEW tenure.event_log AS
SELECT
    position,
    originator_id AS stream,
    originator_version AS version,
    topic,
    tenure.as_json(state) AS state,
    recorded_at
FROM tenure.events;
