-- Ids in a GiST index, for the constraint that no two tenures of one customer overlap.
CREATE EXTENSION IF NOT EXISTS btree_gist;
