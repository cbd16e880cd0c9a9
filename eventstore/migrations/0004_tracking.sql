-- How far a follower has processed the log of an application.
CREATE TABLE tenure.tracking (
    follower text NOT NULL,
    application_name text NOT NULL,
    notification_id bigint NOT NULL,
    PRIMARY KEY (follower, application_name)
);
