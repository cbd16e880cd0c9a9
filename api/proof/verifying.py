"""Verifying a log: every row against its leaf, the tree against itself and every checkpoint.

Hashes are computed here, from raw rows; nothing that the database computes is believed. All is read
in one snapshot, so that writers and the sealer go on meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final

from api.proof.anchors import Anchor
from api.proof.copies import COLUMNS, AccessCopies
from api.proof.differing import Stretch, differences
from api.proof.findings import Finding, Verified
from api.proof.growing import BATCH_LEAVES
from api.proof.logs import ACCESS, IN_ORDER, SealedLog
from api.proof.tiles import TILE_BYTES, TILE_HASHES, TILE_HEIGHT, Head, read_head, tile_root
from api.proof.tree import HASH_BYTES, CompactRange
from eventstore.connections import Database

Tell = Callable[[str, int, int], None]
"""Is told the stage, how much of it is done and of how much."""
_SESSION: Final = (
    "SET statement_timeout = 0; SET lock_timeout = '10s';"
    " SET idle_in_transaction_session_timeout = 0; SET client_connection_check_interval = '1s'"
)
_TILES = """
SELECT index, hashes, first_position, last_position FROM proof.tiles
WHERE log = %s AND level = 0 AND index >= %s AND index < %s ORDER BY index
"""
_LEVEL = "SELECT index, hashes FROM proof.tiles WHERE log = %s AND level = %s ORDER BY index"
_UNSEALED = {
    "events": "SELECT count(*) FROM tenure.events WHERE position > %s",
    "access": "SELECT count(*) FROM access.entries WHERE position > %s",
}
_LOWEST: Final = -(2**63)
"""Nothing was ever recorded below the position 1; what stands there was put there."""
_HIGHEST: Final = 2**63 - 1
_BATCH_TILES: Final = BATCH_LEAVES // TILE_HASHES
Tile = tuple[int, bytes, int, int]


class LogVerification:
    """One verification of one log. anchors: its checkpoints outside, by their sizes."""

    def __init__(
        self,
        database: Database,
        log: SealedLog,
        anchors: Sequence[Anchor],
        *,
        tell: Tell = lambda *_: None,
    ) -> None:
        self._database = database
        self._log = log
        self._anchors = deque(sorted(anchors, key=lambda anchor: anchor.checkpoint.size))
        self._tell = tell
        self._found = Verified(log.name)
        self._grown = CompactRange()
        self._tile_roots: list[bytes] = []
        self._last_sound: tuple[int, int] = (0, 0)
        self._positions: list[int] = []
        self._start = 0
        self._copies: AccessCopies | None = None
        self._is_rewritten = False

    def run(self) -> Verified:
        """Everything that is wrong. Raises PersistenceError."""
        with self._snapshot() as cursor:
            head = read_head(cursor, self._log)
            self._found.size, self._found.position = head.size, head.last_position
            self._compare_anchors(0, ())
            self._copies = AccessCopies(cursor) if self._log is ACCESS else None
            after = 0
            for tiles in self._batches(cursor, head):
                after = self._verify(cursor, tiles, after)
                self._tell("leaves", self._grown.size, head.size)
            if self._grown.size == head.size:
                self._verify_levels(cursor)
                if (self._grown.root(), after) != (head.root, head.last_position):
                    self._found.add(Finding(self._log.name, "tree-edited", detail="proof.trees"))
                self._verify_counts(cursor, after)
            for anchor in self._anchors:
                self._found.add(anchor.finding("checkpoint-beyond"))
            cursor.execute(_UNSEALED[self._log.name], (head.last_position,))
            (self._found.unsealed,) = cursor.fetchone() or (0,)
        return self._found

    def _batches(self, cursor: Any, head: Head) -> Iterator[list[Tile]]:
        """The tiles of leaves, up to the first that is not whole, which is told."""
        count = -(-head.size // TILE_HASHES)
        for first in range(0, count, _BATCH_TILES):
            cursor.execute(_TILES, (self._log.name, first, min(count, first + _BATCH_TILES)))
            tiles = []
            for place, tile in enumerate(cursor.fetchall(), first):
                leaves = min(TILE_HASHES, head.size - place * TILE_HASHES)
                index, hashes, first_position, last_position = tile
                if index != place or len(hashes) < leaves * HASH_BYTES or None in tile:
                    break
                tiles.append((index, hashes[: leaves * HASH_BYTES], first_position, last_position))
            if tiles:
                yield tiles
            if len(tiles) < min(_BATCH_TILES, count - first):
                missing = first + len(tiles)
                self._found.add(
                    Finding(
                        self._log.name,
                        "tile-edited",
                        leaf=missing * TILE_HASHES,
                        detail=f"level 0 tile {missing}; nothing behind it was verified",
                    )
                )
                return

    def _verify(self, cursor: Any, tiles: Sequence[Tile], after: int) -> int:
        """One batch of leaves against their rows; where it ends in the log."""
        start, upto = self._grown.size, tiles[-1][3]
        cursor.execute(IN_ORDER)
        more = COLUMNS if self._log is ACCESS else ()
        cursor.execute(self._log.rows(*more), (after or _LOWEST, upto))
        rows = cursor.fetchall()
        actual = [self._log.hash_of(row) for row in rows]
        self._found.leaves += len(rows)
        sealed = b"".join(hashes for _, hashes, _, _ in tiles)
        is_equal = b"".join(actual) == sealed
        self._positions = [row[0] for row in rows] if is_equal else []
        self._start = start
        if not is_equal:
            self._is_rewritten = True
            hashes = [sealed[at : at + HASH_BYTES] for at in range(0, len(sealed), HASH_BYTES)]
            stretch = Stretch(self._log, start, after, upto, rows, actual, hashes)
            self._add_all(differences(stretch))
        else:
            self._add_all(self._wrong_places(tiles, rows))
        if self._copies is not None:
            self._add_all(self._copies.compare(rows, upto))
        for tile in tiles:
            self._grow(tile)
        return max(after, upto)

    def _verify_counts(self, cursor: Any, after: int) -> None:
        """The days' counts, which are also of what is not sealed yet.

        Where entries were rewritten, that is told; what their counts were is not known any more.
        """
        if self._copies is None:
            return
        cursor.execute("SELECT coalesce(max(position), 0) FROM access.entries")
        (last,) = cursor.fetchone() or (0,)
        for start in range(after, last, BATCH_LEAVES):
            upto = min(last, start + BATCH_LEAVES)
            cursor.execute(self._log.rows(*COLUMNS), (start, upto))
            self._add_all(self._copies.compare(cursor.fetchall(), upto))
        self._add_all(self._copies.compare((), _HIGHEST))
        if not self._is_rewritten:
            self._add_all(self._copies.counts())

    def _wrong_places(self, tiles: Sequence[Tile], rows: Sequence[Any]) -> Iterator[Finding]:
        """Tiles that say wrongly which rows they are of."""
        place = 0
        for index, hashes, first_position, last_position in tiles:
            end = place + len(hashes) // HASH_BYTES
            if (rows[place][0], rows[end - 1][0]) != (first_position, last_position):
                detail = f"level 0 tile {index}: positions"
                leaf = index * TILE_HASHES
                yield Finding(self._log.name, "tile-edited", leaf=leaf, detail=detail)
            place = end

    def _grow(self, tile: Tile) -> None:
        """One tile behind the others, compared with the checkpoints of sizes within it."""
        _, hashes, first_position, last_position = tile
        self._compare_anchors(len(hashes) // HASH_BYTES, (hashes, first_position, last_position))
        if len(hashes) == TILE_BYTES:
            self._tile_roots.append(tile_root(hashes))
            self._grown.append(self._tile_roots[-1], height=TILE_HEIGHT)
        else:
            for at in range(0, len(hashes), HASH_BYTES):
                self._grown.append(hashes[at : at + HASH_BYTES])

    def _compare_anchors(self, leaves: int, tile: tuple[Any, ...]) -> None:
        """The checkpoints of sizes up to `leaves` more than now."""
        grown, size = self._grown.copy(), self._grown.size
        while self._anchors and self._anchors[0].checkpoint.size <= size + leaves:
            anchor = self._anchors.popleft()
            while grown.size < anchor.checkpoint.size:
                at = (grown.size - size) * HASH_BYTES
                grown.append(tile[0][at : at + HASH_BYTES])
            self._found.checkpoints += 1
            position = self._position_of(anchor.checkpoint.size, tile[2] if tile else 0)
            if grown.root() == anchor.checkpoint.root:
                self._last_sound = (anchor.checkpoint.size, position)
                continue
            leaf, first = self._last_sound
            self._found.add(
                anchor.finding(
                    "checkpoint-forked", leaf=leaf, position=first + 1, position_max=position
                )
            )

    def _position_of(self, size: int, last_of_tile: int) -> int:
        """Where the first `size` leaves end in the log; to the tile where rows differ from it."""
        place = size - self._start - 1
        return self._positions[place] if 0 <= place < len(self._positions) else last_of_tile

    def _verify_levels(self, cursor: Any) -> None:
        """Each level above the leaves against the tiles below it."""
        level, below = 1, self._tile_roots
        while below:
            expected = {
                index // TILE_HASHES: b"".join(below[index : index + TILE_HASHES])
                for index in range(0, len(below), TILE_HASHES)
            }
            cursor.execute(_LEVEL, (self._log.name, level))
            kept = dict(cursor.fetchall())
            for index in sorted(expected.keys() | kept.keys()):
                wanted = expected.get(index, b"")
                if kept.get(index, b"")[: len(wanted) or None] != wanted:
                    self._found.add(self._edited(level, index, kept.get(index, b""), wanted))
            full = [tile for tile in expected.values() if len(tile) == TILE_BYTES]
            level, below = level + 1, [tile_root(tile) for tile in full]

    def _edited(self, level: int, index: int, kept: bytes, wanted: bytes) -> Finding:
        """A tile that is not over those below it: which of these differs first."""
        size = HASH_BYTES
        places = range(0, max(len(kept), len(wanted)), size)
        first = next((at for at in places if kept[at : at + size] != wanted[at : at + size]), 0)
        below = index * TILE_HASHES + first // size
        detail = f"level {level} tile {index}, or level {level - 1} tile {below}"
        leaf = below << TILE_HEIGHT * level
        return Finding(self._log.name, "tile-edited", leaf=leaf, detail=detail)

    def _add_all(self, findings: Iterator[Finding]) -> None:
        for finding in findings:
            self._found.add(finding)

    @contextmanager
    def _snapshot(self) -> Iterator[Any]:
        """A cursor that sees the log and its tree as of one instant."""
        with closing(self._database.connect()) as connection:
            with connection.cursor() as cursor:
                cursor.execute(_SESSION)
            connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
            connection.autocommit = False
            with connection.cursor() as cursor:
                yield cursor
