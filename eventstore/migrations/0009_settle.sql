-- How far the log is settled: no event at or below `settled` can still appear.
--
-- Positions are taken before their transactions end, so a higher one may be visible before a
-- lower one. Nothing that blocks writers is needed to read past that safely: read the highest
-- position handed out; if every transaction older than our own id has ended, it is settled; else
-- it is when those have ended that hold the lock which append() takes before its positions.
-- Long transactions that write elsewhere do not hold that lock, so nobody waits for them.
--
-- handed_out_before: what the last call returned; when nothing was handed out since, settled comes
-- back null. awaited, holders: of a call that ran out of patience, to go on waiting for the same
-- transactions and no later ones. patience_ms: how long to wait here at the most.
-- Returns settled null and the remaining holders when they have not ended by then.
CREATE FUNCTION tenure.settle(
    handed_out_before bigint,
    awaited bigint,
    holders text[],
    patience_ms integer,
    OUT handed_out bigint,
    OUT settled bigint,
    OUT remaining text[]
) LANGUAGE plpgsql AS $$
DECLARE
    own_id xid8;
    give_up timestamptz;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'settle() sees nothing new in a % transaction',
            current_setting('transaction_isolation')
            USING ERRCODE = 'invalid_transaction_state';
    END IF;
    handed_out := awaited;
    remaining := holders;
    IF awaited IS NULL THEN
        SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO handed_out
        FROM tenure.positions;
        IF handed_out = handed_out_before THEN
            RETURN;
        END IF;
        own_id := pg_current_xact_id();
        IF pg_snapshot_xmin(pg_current_snapshot()) <> own_id THEN
            remaining := ARRAY(SELECT tenure.holders());
        END IF;
    END IF;
    give_up := clock_timestamp() + make_interval(secs => patience_ms / 1000.0);
    WHILE cardinality(remaining) > 0 LOOP
        remaining := ARRAY(SELECT holder FROM tenure.holders() AS holder
                           WHERE holder = ANY (remaining));
        EXIT WHEN cardinality(remaining) = 0;
        IF clock_timestamp() >= give_up THEN
            RETURN;
        END IF;
        PERFORM pg_sleep(0.0005);
    END LOOP;
    SELECT coalesce(max(position), 0) INTO settled
    FROM tenure.events WHERE position <= handed_out;
END
$$;
