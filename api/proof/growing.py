"""How the kept tree of a log grows: whole batches of leaves, one transaction each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.extras import execute_values

from api.proof.logs import IN_ORDER, SealedLog
from api.proof.tiles import (
    TILE_BYTES,
    TILE_HASHES,
    TILE_HEIGHT,
    Head,
    TreeBroken,
    read_head,
    tile_root,
)
from api.proof.tree import HASH_BYTES, root
from eventstore.connections import Database

BATCH_LEAVES: Final = 64 * TILE_HASHES
_LOCK = "SELECT FROM proof.trees WHERE log = %s FOR UPDATE"
_EDGE = (
    "SELECT hashes, first_position FROM proof.tiles WHERE log = %s AND level = %s AND index = %s"
)
_KEEP_TILES = """
INSERT INTO proof.tiles (log, level, index, hashes, first_position, last_position) VALUES %s
ON CONFLICT (log, level, index) DO UPDATE
SET hashes = excluded.hashes, last_position = excluded.last_position
"""
_KEEP_HEAD = """
UPDATE proof.trees SET size = %s, last_position = %s, root = %s, sealed_at = clock_timestamp()
WHERE log = %s
"""


class _Tile(NamedTuple):
    log: str
    level: int
    index: int
    hashes: bytes
    first_position: int | None
    last_position: int | None


class GrowingTree:
    """The tree of one log, for the one sealer that makes it grow; not for several threads.

    The last tile of each level, which is not full, is kept in memory from batch to batch: it is all
    that the root and the next tiles follow from.
    """

    def __init__(self, database: Database, log: SealedLog) -> None:
        self.log = log
        self._database = database
        self._head: Head | None = None
        self._edges: list[bytearray] = []
        self._first_position: int | None = None

    @property
    def head(self) -> Head | None:
        """How far it is sealed, as of the last look."""
        return self._head

    def grow(self, upto: int, *, limit: int = BATCH_LEAVES) -> int:
        """Seal what follows, at most `limit` leaves and none behind the position `upto`.

        Returns how many leaves were sealed; without a transaction, which would be a commit as well,
        where this sealer has sealed that far. Raises TreeBroken, PersistenceError.
        """
        if self._head is not None and upto <= self._head.last_position:
            return 0
        try:
            return self._grow(upto, limit)
        except BaseException:
            # What was not committed must not be built upon.
            self._head = None
            raise

    def _grow(self, upto: int, limit: int) -> int:
        with self._database.transaction() as cursor:
            # Another sealer that was given up on waits here, and then finds another head.
            cursor.execute(_LOCK, (self.log.name,))
            head = read_head(cursor, self.log)
            if head != self._head:
                self._read_edges(cursor, head)
            if upto <= head.last_position:
                return 0
            cursor.execute(IN_ORDER)
            asked = {"size": head.size, "after": head.last_position, "upto": upto, "limit": limit}
            cursor.execute(self.log.next_tiles, asked)
            found = cursor.fetchall()
            if not found:
                return 0
            tiles = {(tile.level, tile.index): tile for tile in self._grown(found)}
            execute_values(cursor, _KEEP_TILES, list(tiles.values()))
            sealed = sum(len(hashes) for _, hashes, _, _ in found) // HASH_BYTES
            size, last_position = head.size + sealed, found[-1][3]
            cursor.execute(_KEEP_HEAD, (size, last_position, self._root(size), self.log.name))
            self._head = read_head(cursor, self.log)
        return sealed

    def _grown(self, found: list[tuple[int, bytes, int, int]]) -> Iterator[_Tile]:
        """The tiles that new leaves fill or begin; one that is written twice comes twice."""
        for index, hashes, first_position, last_position in found:
            if not self._edge(0):
                self._first_position = first_position
            full = self._appended(0, hashes)
            tile = bytes(full if full is not None else self._edge(0))
            yield _Tile(self.log.name, 0, index, tile, self._first_position, last_position)
            if full is not None:
                yield from self._above(1, index, tile)

    def _above(self, level: int, index: int, below: bytes) -> Iterator[_Tile]:
        """The tiles above one that has become full."""
        full = self._appended(level, tile_root(below))
        tile = bytes(full if full is not None else self._edge(level))
        yield _Tile(self.log.name, level, index // TILE_HASHES, tile, None, None)
        if full is not None:
            yield from self._above(level + 1, index // TILE_HASHES, tile)

    def _appended(self, level: int, hashes: bytes) -> bytes | None:
        """The last tile of a level once it is full, which begins the next one; else None."""
        edge = self._edge(level)
        edge += hashes
        if len(edge) < TILE_BYTES:
            return None
        full = bytes(edge)
        edge.clear()
        return full

    def _edge(self, level: int) -> bytearray:
        while len(self._edges) <= level:
            self._edges.append(bytearray())
        return self._edges[level]

    def _root(self, size: int) -> bytes:
        """The root: the complete subtrees of a tree all lie in the last tiles of its levels."""

        def subtree(height: int, index: int) -> bytes:
            level, rest = divmod(height, TILE_HEIGHT)
            count = 1 << rest
            first = index * count % TILE_HASHES
            return tile_root(
                bytes(self._edge(level)[first * HASH_BYTES : (first + count) * HASH_BYTES])
            )

        return root(size, subtree)

    def _read_edges(self, cursor: Cursor, head: Head) -> None:
        self._edges, self._first_position = [], None
        level, count = 0, head.size
        while count:
            index, kept = divmod(count, TILE_HASHES)
            if kept:
                cursor.execute(_EDGE, (self.log.name, level, index))
                row = cursor.fetchone()
                if row is None or len(row[0]) < kept * HASH_BYTES:
                    raise TreeBroken(self.log.name, level, index)
                self._edge(level)[:] = row[0][: kept * HASH_BYTES]
                if level == 0:
                    self._first_position = row[1]
            level, count = level + 1, count // TILE_HASHES
        if self._root(head.size) != head.root:
            raise TreeBroken(self.log.name, 0, head.size // TILE_HASHES)
        self._head = head
