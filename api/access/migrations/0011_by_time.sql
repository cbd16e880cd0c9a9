-- Questions go by time, so that a week is one stretch of an index.
DROP INDEX access.entries_by_time;
DROP INDEX access.entries_by_kind_and_member;
DROP INDEX access.entries_by_kind;
CREATE INDEX entries_by_time ON access.entries (at, position);
CREATE INDEX entries_by_kind ON access.entries (kind, at, position);
