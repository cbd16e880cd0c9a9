-- The Merkle trees over the logs, as the sealer has built them. They prove nothing by themselves:
-- whoever can rewrite the log can rewrite these. What proves is the checkpoints that are kept
-- elsewhere; the tiles make it possible to compute their proofs by reading a few rows.

-- How far each log is sealed. size: leaves. last_position: place in its log of the last leaf.
CREATE TABLE proof.trees (
    log text COLLATE "C" PRIMARY KEY,
    size bigint NOT NULL,
    last_position bigint NOT NULL,
    root bytea NOT NULL,
    sealed_at timestamptz NOT NULL
);

INSERT INTO proof.trees (log, size, last_position, root, sealed_at)
SELECT log, 0, 0, sha256(''), clock_timestamp()
FROM unnest(ARRAY['events', 'access']) AS log;

-- 256 hashes a row, fewer in the last of a level: of leaves at level 0, above it each the root of a
-- full tile of the level below (C2SP tlog-tiles). first_position, last_position: places in the log
-- of the first and the last leaf, of level 0 alone.
CREATE TABLE proof.tiles (
    log text COLLATE "C" NOT NULL,
    level smallint NOT NULL,
    index bigint NOT NULL,
    hashes bytea NOT NULL,
    first_position bigint,
    last_position bigint,
    PRIMARY KEY (log, level, index)
);

-- Hashes do not compress: no time is spent on trying.
ALTER TABLE proof.tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE INDEX tiles_by_position ON proof.tiles (log, first_position) WHERE level = 0;
