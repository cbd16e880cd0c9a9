"""Merkle trees of RFC 6962 and RFC 9162, section 2: roots, and the proofs that rest on them.

Whoever proves asks for the roots of complete subtrees (`Subtree`), wherever they are kept; whoever
verifies needs the proof alone. Pure: hashes in, hashes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""The root of the complete subtree over the leaves [index * 2**height, (index + 1) * 2**height)."""


def leaf_hash(content: bytes) -> bytes:
    """The hash of a leaf with this content."""
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children."""
    return sha256(b"\x01" + left + right).digest()


def pairs_hashed(hashes: bytes) -> bytes:
    """The next level above `hashes`, which lie one behind another and are even in number."""
    size = 2 * HASH_BYTES
    return b"".join(
        sha256(b"\x01" + hashes[start : start + size]).digest()
        for start in range(0, len(hashes), size)
    )


def root(size: int, subtree: Subtree) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _root_of(0, size, subtree) if size else EMPTY_ROOT


def inclusion_path(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The path from the leaf `index` to the root of the first `size` leaves, leaf's sibling first.

    Raises ValueError where the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_root_of(middle, end, subtree))
            end = middle
        else:
            path.append(_root_of(start, middle, subtree))
            start = middle
    return path[::-1]


def consistency_path(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """What shows that the tree of `new` leaves begins with the tree of `old` leaves.

    Raises ValueError unless 0 <= old <= new.
    """
    if not 0 <= old <= new:
        raise ValueError(f"no tree of {new} leaves begins with {old} leaves")
    if old in (0, new):
        return []
    path = []
    start, end = 0, new
    while old < end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_root_of(middle, end, subtree))
            end = middle
        else:
            path.append(_root_of(start, middle, subtree))
            start = middle
    # The old tree itself is known to who asks; a part of it that is a subtree of both is not.
    if start > 0:
        path.append(_root_of(start, end, subtree))
    return path[::-1]


def is_included(
    leaf: bytes, *, index: int, size: int, path: Sequence[bytes], root_hash: bytes
) -> bool:
    """Whether `path` leads from the leaf to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(step, found)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            found = node_hash(found, step)
        node >>= 1
        last >>= 1
    return last == 0 and found == root_hash


def is_consistent(
    old: int, new: int, *, path: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Whether `path` shows that the new tree begins with the old one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == new or old == 0:
        is_empty_right = old != 0 or old_root == EMPTY_ROOT
        return not path and is_empty_right and (old != new or old_root == new_root)
    steps = list(path) if old & (old - 1) else [old_root, *path]
    if not steps:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node >>= 1
        last >>= 1
    found_old = found_new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            found_old, found_new = node_hash(step, found_old), node_hash(step, found_new)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            found_new = node_hash(found_new, step)
        node >>= 1
        last >>= 1
    return last == 0 and found_old == old_root and found_new == new_root


class CompactRange:
    """The roots of the complete subtrees that a growing tree consists of, the largest first."""

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[bytes] = []

    def append(self, hashed: bytes, *, height: int = 0) -> None:
        """A complete subtree behind the others: a leaf, or one of 2**height leaves, of which the
        size is then a multiple."""
        count = 1 << height
        if self.size % count:
            raise ValueError(f"a subtree of {count} leaves cannot follow {self.size} leaves")
        place = self.size >> height
        while place & 1:
            hashed = node_hash(self._roots.pop(), hashed)
            place >>= 1
        self._roots.append(hashed)
        self.size += count

    def copy(self) -> CompactRange:
        """The same range, to grow on its own."""
        copied = CompactRange()
        copied.size, copied._roots = self.size, list(self._roots)
        return copied

    def root(self) -> bytes:
        """The root of everything that was appended."""
        if not self._roots:
            return EMPTY_ROOT
        *others, found = self._roots
        for left in reversed(others):
            found = node_hash(left, found)
        return found


def complete_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Height and index of the complete subtrees that [start, end) consists of, from the left."""
    while start < end:
        height = (end - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        yield height, start >> height
        start += 1 << height


def _root_of(start: int, end: int, subtree: Subtree) -> bytes:
    """The root over the leaves [start, end), which is a node of a tree of RFC 6962."""
    *others, found = [subtree(height, index) for height, index in complete_subtrees(start, end)]
    for left in reversed(others):
        found = node_hash(left, found)
    return found


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
