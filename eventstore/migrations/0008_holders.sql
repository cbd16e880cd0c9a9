-- The transactions, other than our own, that may hold positions nobody can see yet.
CREATE FUNCTION tenure.holders() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT virtualtransaction
    FROM pg_locks
    WHERE locktype = 'relation'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND relation = 'tenure.events'::regclass
      AND mode = 'RowExclusiveLock'
      AND granted
      AND pid IS DISTINCT FROM pg_backend_pid()
$$;
