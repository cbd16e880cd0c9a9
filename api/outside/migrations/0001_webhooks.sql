-- How far each webhook is. Who gets what, since when and by whom, the log says: a webhook is a
-- stream of events. This is the state of a machine, so it may be changed; a webhook whose row was
-- lost is sent nothing and not listed, and is added anew.
--
-- position: everything up to there was delivered, or was not asked for. resends_done: of the
-- resends that the log orders, how many are complete; resend_position: how far the next one is.
-- since_version: the version of the webhook's stream since which the failures count.
CREATE TABLE outside.webhooks (
    webhook_id uuid PRIMARY KEY,
    position bigint NOT NULL,
    resends_done integer NOT NULL DEFAULT 0,
    resend_position bigint,
    since_version integer NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    next_attempt_at timestamptz,
    last_attempt_at timestamptz,
    last_status integer,
    last_answer text,
    delivered bigint NOT NULL DEFAULT 0,
    delivered_at timestamptz
);
