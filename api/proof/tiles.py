"""The kept trees: rows of 256 hashes, from which any root or proof is made by reading a few."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from api.proof.logs import Name, SealedLog
from api.proof.tree import HASH_BYTES, consistency_path, inclusion_path, pairs_hashed, root

TILE_HEIGHT: Final = 8
TILE_HASHES: Final = 1 << TILE_HEIGHT
TILE_BYTES: Final = TILE_HASHES * HASH_BYTES
_KEPT_MAX: Final = 4_096
_PYRAMIDS_MAX: Final = 1_024
_ROWS_AT_ONCE: Final = 1_000
_HEAD = "SELECT size, last_position, root, sealed_at FROM proof.trees WHERE log = %s"
_TILE = "SELECT hashes FROM proof.tiles WHERE log = %s AND level = %s AND index = %s"
_TILES = """
SELECT tile.level, tile.index, tile.hashes
FROM unnest(%s::smallint[], %s::bigint[]) AS asked (level, index)
JOIN proof.tiles AS tile
    ON tile.log = %s AND tile.level = asked.level AND tile.index = asked.index
"""
# Which tile of leaves each position may lie in. Its hashes are read once, however many ask for it.
_TILES_AT = """
SELECT asked.position, tile.index, tile.last_position
FROM unnest(%s::bigint[]) AS asked (position)
CROSS JOIN LATERAL (
    SELECT index, last_position FROM proof.tiles
    WHERE log = %s AND level = 0 AND first_position <= asked.position
    ORDER BY first_position DESC LIMIT 1
) AS tile
"""


class TreeBroken(Exception):
    """The kept tree lacks what its size says that it holds."""

    def __init__(self, log: Name, level: int, index: int) -> None:
        super().__init__(f"the tree of {log} lacks hashes in tile {index} of level {level}")
        self.log = log
        self.level = level
        self.index = index


@dataclass(frozen=True, slots=True)
class Head:
    """How far a log is sealed."""

    size: int
    last_position: int
    root: bytes
    sealed_at: datetime


def read_head(cursor: Cursor, log: SealedLog) -> Head:
    """The head of a log's tree. Raises TreeBroken where there is none."""
    cursor.execute(_HEAD, (log.name,))
    row = cursor.fetchone()
    if row is None:
        raise TreeBroken(log.name, 0, 0)
    return Head(*row)


def tile_root(hashes: bytes) -> bytes:
    """The root over a whole tile, or any power of two of hashes."""
    while len(hashes) > HASH_BYTES:
        hashes = pairs_hashed(hashes)
    return hashes


class KeptTree:
    """Roots and proofs of one log, read through `cursor`, which stays open meanwhile.

    Raises TreeBroken where tiles are missing, ValueError for a size or a leaf that the tree lacks.
    """

    def __init__(self, cursor: Cursor, log: SealedLog) -> None:
        self._cursor = cursor
        self.log = log
        self.head = read_head(cursor, log)
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._pyramids: dict[tuple[int, int], list[bytes]] = {}

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves."""
        self._check(size)
        return root(size, self.subtree)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The path from a leaf to the root of the first `size` leaves."""
        self._check(size)
        return inclusion_path(index, size, self.subtree)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """What shows that the tree of `new` leaves begins with that of `old`."""
        self._check(new)
        return consistency_path(old, new, self.subtree)

    def index_of(self, position: int, leaf: bytes) -> int | None:
        """Which leaf the row at `position` is; None: there is none with this hash around there."""
        return self.indexes_of([(position, leaf)])[0]

    def indexes_of(self, rows: Sequence[tuple[int, bytes]]) -> list[int | None]:
        """The same of many rows, given by position and hash, in a few questions."""
        found: list[int | None] = []
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            found += self._indexes_of(rows[first : first + _ROWS_AT_ONCE])
        return found

    def _indexes_of(self, rows: Sequence[tuple[int, bytes]]) -> list[int | None]:
        self._cursor.execute(_TILES_AT, ([position for position, _ in rows], self.log.name))
        tiles = {
            position: index
            for position, index, last_position in self._cursor.fetchall()
            if position <= last_position
        }
        self._read_with_those_above(set(tiles.values()))
        return [
            self._index_in(tiles[position], leaf) if position in tiles else None
            for position, leaf in rows
        ]

    def _index_in(self, index: int, leaf: bytes) -> int | None:
        hashes = self._tile(0, index)
        place = hashes.find(leaf)
        while place % HASH_BYTES and place >= 0:
            place = hashes.find(leaf, place + 1)
        return None if place < 0 else index * TILE_HASHES + place // HASH_BYTES

    def _read_with_those_above(self, leaf_tiles: Collection[int]) -> None:
        """Read tiles of leaves, and those that the paths from there lead through, at once."""
        wanted = {
            (level, index >> (level * TILE_HEIGHT))
            for index in leaf_tiles
            for level in range(-(-self.head.size.bit_length() // TILE_HEIGHT))
        }
        missing = sorted(wanted - self._tiles.keys())
        levels, indexes = [level for level, _ in missing], [index for _, index in missing]
        self._cursor.execute(_TILES, (levels, indexes, self.log.name))
        for level, index, hashes in self._cursor.fetchall():
            self._keep(level, index, hashes)

    def subtree(self, height: int, index: int) -> bytes:
        """The root of a complete subtree."""
        level, rest = divmod(height, TILE_HEIGHT)
        count = 1 << rest
        tile, first = divmod(index * count, TILE_HASHES)
        at = first // count * HASH_BYTES
        found = self._roots(level, tile)[rest][at : at + HASH_BYTES]
        if len(found) != HASH_BYTES:
            raise TreeBroken(self.log.name, level, tile)
        return found

    def _roots(self, level: int, index: int) -> list[bytes]:
        """The roots of the complete subtrees of each height in a tile, side by side.

        Kept, because the proofs of one bundle meet in the tiles above.
        """
        kept = self._pyramids.get((level, index))
        if kept is None:
            kept = [self._tile(level, index)]
            while len(kept) < TILE_HEIGHT:
                pairs = len(kept[-1]) // (2 * HASH_BYTES)
                kept.append(pairs_hashed(kept[-1][: pairs * 2 * HASH_BYTES]))
            if len(self._pyramids) >= _PYRAMIDS_MAX:
                self._pyramids.clear()
            self._pyramids[level, index] = kept
        return kept

    def _tile(self, level: int, index: int) -> bytes:
        kept = self._tiles.get((level, index))
        if kept is None:
            self._cursor.execute(_TILE, (self.log.name, level, index))
            row = self._cursor.fetchone()
            if row is None:
                raise TreeBroken(self.log.name, level, index)
            kept = row[0]
            self._keep(level, index, kept)
        return kept

    def _keep(self, level: int, index: int, hashes: bytes) -> None:
        if len(self._tiles) >= _KEPT_MAX:
            self._tiles.clear()
        self._tiles[level, index] = hashes

    def _check(self, size: int) -> None:
        if not 0 <= size <= self.head.size:
            raise ValueError(f"the tree of {self.log.name} has {self.head.size} leaves, not {size}")
