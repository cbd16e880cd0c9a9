-- How many rows of files, pages and streams a member took on a day: copying a list is reading it.
ALTER TABLE access.reads_a_day ADD COLUMN exported bigint NOT NULL DEFAULT 0;

-- A page of events says how many with the export itself, files and streams at their end.
INSERT INTO access.reads_a_day AS kept (member, day, details, searches, exports, exported)
SELECT member, (at AT TIME ZONE 'Asia/Shanghai')::date AS day, 0, 0, 0,
    sum((convert_from(state, 'UTF8')::jsonb #>> '{facts,rows}')::bigint)
FROM access.entries
WHERE kind IN ('exported', 'export-ended') AND member IS NOT NULL
    AND convert_from(state, 'UTF8')::jsonb #>> '{facts,rows}' IS NOT NULL
GROUP BY member, day
ON CONFLICT (member, day) DO UPDATE SET exported = excluded.exported;

DROP FUNCTION access.count_read(text, date, text, integer);

-- Count one entry under its member and day. seen: customers that were not seen that day before;
-- taken: rows that were exported.
CREATE FUNCTION access.count_read(
    who text, today date, kind text, seen integer, taken bigint
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    is_first boolean;
BEGIN
    INSERT INTO access.reads_a_day AS kept (member, day, details, searches, exports, exported)
    VALUES (who, today, seen, (kind = 'collision-asked')::integer, (kind = 'exported')::integer,
        taken)
    ON CONFLICT (member, day) DO UPDATE SET
        details = kept.details + excluded.details,
        searches = kept.searches + excluded.searches,
        exports = kept.exports + excluded.exports,
        exported = kept.exported + excluded.exported
    RETURNING xmax = 0 INTO is_first;
    IF is_first THEN
        DELETE FROM access.seen_a_day WHERE member = who AND day < today;
    END IF;
END
$$;

-- As before, and rows that were exported are counted.
CREATE OR REPLACE FUNCTION access.record(
    instants timestamptz[], kinds text[], members text[], customers uuid[], states bytea[],
    places integer[], shown uuid[], caps integer[]
) RETURNS integer[] LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last bigint;
    today date;
    everybody uuid[];
    unseen uuid[];
    taken bigint;
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
        IF members[place] IS NOT NULL AND kinds[place] IN (
            'details-read', 'collision-asked', 'exported', 'export-ended'
        ) THEN
            taken := 0;
            IF kinds[place] IN ('exported', 'export-ended') THEN
                taken := coalesce(
                    (convert_from(states[place], 'UTF8')::jsonb #>> '{facts,rows}')::bigint, 0);
            END IF;
            PERFORM access.count_read(
                members[place], today, kinds[place], cardinality(unseen), taken);
        END IF;
    END LOOP;
    RETURN turned_away;
END
$$;

REVOKE EXECUTE ON FUNCTION access.count_read(text, date, text, integer, bigint) FROM PUBLIC;
