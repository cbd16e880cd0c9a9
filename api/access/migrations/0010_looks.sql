-- Looks at several customers at once, how much each member reads a day, and who may write here.
--
-- Whoever writes the log goes through access.record, which runs with the rights of the owner: the
-- service itself cannot put an entry at a place of its choice, nor change a count.

-- Further customers that an entry shows; the one in entries.customer_id is not repeated.
CREATE TABLE access.about (
    customer_id uuid NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (customer_id, position)
);

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON access.about
    FOR EACH STATEMENT EXECUTE FUNCTION access.refuse_change();

ALTER TABLE access.about ENABLE ALWAYS TRIGGER refuse_change;
REVOKE UPDATE, DELETE, TRUNCATE ON access.about FROM CURRENT_USER;

-- Entries lie in the order of their instants, as good as always.
CREATE INDEX entries_by_time ON access.entries USING brin (at) WITH (pages_per_range = 32);
CREATE INDEX entries_by_kind_and_member ON access.entries (member, kind, position);

-- How much a member read on a day of Asia/Shanghai. details: customers, each once a day.
CREATE TABLE access.reads_a_day (
    member text COLLATE "C" NOT NULL,
    day date NOT NULL,
    details integer NOT NULL,
    searches integer NOT NULL,
    exports integer NOT NULL,
    PRIMARY KEY (member, day)
);

CREATE INDEX reads_a_day_by_day ON access.reads_a_day (day);

-- Whose details a member has seen today, so that each counts once. Earlier days are cleared away.
CREATE TABLE access.seen_a_day (
    member text COLLATE "C" NOT NULL,
    day date NOT NULL,
    customer_id uuid NOT NULL,
    PRIMARY KEY (member, day, customer_id)
);

-- Count one entry under its member and day. seen: customers that were not seen that day before.
CREATE FUNCTION access.count_read(who text, today date, kind text, seen integer)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    is_first boolean;
BEGIN
    INSERT INTO access.reads_a_day AS kept (member, day, details, searches, exports)
    VALUES (who, today, seen, (kind = 'collision-asked')::integer, (kind = 'exported')::integer)
    ON CONFLICT (member, day) DO UPDATE SET
        details = kept.details + excluded.details,
        searches = kept.searches + excluded.searches,
        exports = kept.exports + excluded.exports
    RETURNING xmax = 0 INTO is_first;
    IF is_first THEN
        DELETE FROM access.seen_a_day WHERE member = who AND day < today;
    END IF;
END
$$;

-- Append entries; which of them were turned away, counted from 1, because the member has seen
-- caps[n] customers that day already. Positions have no gap and become visible in their order: the
-- lock is held to the end of the transaction.
--
-- places, shown: further customers, and which entry shows each.
CREATE FUNCTION access.record(
    instants timestamptz[], kinds text[], members text[], customers uuid[], states bytea[],
    places integer[], shown uuid[], caps integer[]
) RETURNS integer[] LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last bigint;
    today date;
    everybody uuid[];
    unseen uuid[];
    turned_away integer[] := '{}';
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('access.append', 0));
    SELECT coalesce(max(position), 0) INTO last FROM access.entries;
    FOR place IN 1 .. cardinality(kinds) LOOP
        today := (instants[place] AT TIME ZONE 'Asia/Shanghai')::date;
        everybody := ARRAY(
            SELECT DISTINCT customer FROM unnest(places, shown) AS further (entry, customer)
            WHERE entry = place AND customer IS DISTINCT FROM customers[place]
        );
        unseen := '{}';
        IF kinds[place] = 'details-read' AND members[place] IS NOT NULL THEN
            unseen := ARRAY(
                SELECT customer FROM unnest(everybody || customers[place]) AS customer
                WHERE customer IS NOT NULL AND NOT EXISTS (
                    SELECT FROM access.seen_a_day
                    WHERE member = members[place] AND day = today AND customer_id = customer
                )
            );
            IF cardinality(unseen) > 0 AND cardinality(unseen) + coalesce(
                (SELECT details FROM access.reads_a_day
                 WHERE member = members[place] AND day = today), 0
            ) > caps[place] THEN
                turned_away := turned_away || place;
                CONTINUE;
            END IF;
            INSERT INTO access.seen_a_day SELECT members[place], today, unnest(unseen);
        END IF;
        last := last + 1;
        INSERT INTO access.entries (position, at, kind, member, customer_id, state)
        VALUES (last, instants[place], kinds[place], members[place], customers[place],
            states[place]);
        INSERT INTO access.about (customer_id, position) SELECT unnest(everybody), last;
        IF members[place] IS NOT NULL
            AND kinds[place] IN ('details-read', 'collision-asked', 'exported')
        THEN
            PERFORM access.count_read(
                members[place], today, kinds[place], cardinality(unseen));
        END IF;
    END LOOP;
    RETURN turned_away;
END
$$;

DROP FUNCTION access.append(timestamptz[], text[], text[], uuid[], bytea[]);
REVOKE EXECUTE ON FUNCTION access.count_read(text, date, text, integer), access.record(
    timestamptz[], text[], text[], uuid[], bytea[], integer[], uuid[], integer[]
) FROM PUBLIC;

-- What each role may do with the log. Called after access.grant_access, which gave more.
CREATE FUNCTION access.grant_looks() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('access.grant_access', 0));
    IF to_regrole('tenure_app') IS NOT NULL THEN
        REVOKE INSERT ON access.entries FROM tenure_app;
        GRANT SELECT ON access.entries, access.about, access.reads_a_day TO tenure_app;
        GRANT EXECUTE ON FUNCTION access.record(
            timestamptz[], text[], text[], uuid[], bytea[], integer[], uuid[], integer[]
        ) TO tenure_app;
    END IF;
    IF to_regrole('tenure_auditor') IS NOT NULL THEN
        GRANT SELECT ON access.about, access.reads_a_day TO tenure_auditor;
    END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION access.grant_looks() FROM PUBLIC;
