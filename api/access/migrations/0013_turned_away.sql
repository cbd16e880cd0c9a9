-- When a try was turned away for the first time since the last failure: one entry of the access log
-- tells it, and not one for each.
ALTER TABLE access.failed_sign_ins ADD COLUMN turned_away_at timestamptz;
