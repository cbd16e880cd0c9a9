-- The next contacts of a department in their order. The same index is in the view's DDL, so that
-- tables made anew have it; those that are there need no refold for it.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM information_schema.columns
        WHERE table_schema = 'views' AND table_name = 'agenda' AND column_name = 'next_contact_at'
    ) THEN
        CREATE INDEX IF NOT EXISTS agenda_by_contact
            ON views.agenda (department, next_contact_at, customer_id)
            WHERE next_contact_at IS NOT NULL;
    END IF;
END
$$;
