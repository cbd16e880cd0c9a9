"""Trees: the known answers of RFC 6962's log, a naive reference, and another's implementation."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.proof.tree import (
    EMPTY_ROOT,
    CompactRange,
    Subtree,
    complete_subtrees,
    consistency_path,
    inclusion_path,
    is_consistent,
    is_included,
    leaf_hash,
    node_hash,
    pairs_hashed,
    root,
)

# The leaves and roots that Certificate Transparency's implementations are tested with.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
sizes = st.integers(1, 70)


def leaves_of(size: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(2, "big")) for number in range(size)]


def subtree_of(leaves: list[bytes]) -> Subtree:
    def subtree(height: int, index: int) -> bytes:
        if height == 0:
            return leaves[index]
        return node_hash(subtree(height - 1, 2 * index), subtree(height - 1, 2 * index + 1))

    return subtree


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = naive_split(len(leaves))
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


def naive_split(size: int) -> int:
    split = 1
    while split * 2 < size:
        split *= 2
    return split


def naive_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    split = naive_split(len(leaves))
    if index < split:
        return [*naive_path(index, leaves[:split]), naive_root(leaves[split:])]
    return [*naive_path(index - split, leaves[split:]), naive_root(leaves[:split])]


def naive_proof(old: int, leaves: list[bytes], *, is_whole: bool = True) -> list[bytes]:
    """RFC 6962, 2.1.2, word for word."""
    if old == len(leaves):
        return [] if is_whole else [naive_root(leaves)]
    split = naive_split(len(leaves))
    if old <= split:
        left = naive_proof(old, leaves[:split], is_whole=is_whole)
        return [*left, naive_root(leaves[split:])]
    right = naive_proof(old - split, leaves[split:], is_whole=False)
    return [*right, naive_root(leaves[:split])]


def test_an_empty_tree_has_the_hash_of_nothing_as_its_root() -> None:
    assert root(0, subtree_of([])) == EMPTY_ROOT == CompactRange().root()
    assert EMPTY_ROOT.hex().startswith("e3b0c44298fc1c14")


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    hashes = [leaf_hash(leaf) for leaf in LEAVES[:size]]
    grown = CompactRange()
    for hashed in hashes:
        grown.append(hashed)
    assert root(size, subtree_of(hashes)).hex() == grown.root().hex() == ROOTS[size - 1]


@given(sizes, st.data())
def test_proofs_are_those_of_the_definition_and_verify(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    index = data.draw(st.integers(0, new - 1))
    leaves = leaves_of(new)
    subtree = subtree_of(leaves)
    new_root, old_root = naive_root(leaves), naive_root(leaves[:old])
    assert (root(new, subtree), root(old, subtree)) == (new_root, old_root)
    path = inclusion_path(index, new, subtree)
    assert path == naive_path(index, leaves)
    assert is_included(leaves[index], index=index, size=new, path=path, root_hash=new_root)
    steps = consistency_path(old, new, subtree)
    assert steps == naive_proof(old, leaves)
    assert is_consistent(old, new, path=steps, old_root=old_root, new_root=new_root)


@given(sizes, st.data())
def test_a_proof_with_anything_changed_does_not_verify(new: int, data: st.DataObject) -> None:
    leaves = leaves_of(new)
    subtree = subtree_of(leaves)
    index = data.draw(st.integers(0, new - 1))
    new_root = naive_root(leaves)
    path = inclusion_path(index, new, subtree)
    given_proof = {"index": index, "size": new, "path": path, "root_hash": new_root}
    other = bytes(32)
    changes: list[dict[str, object]] = [
        {"root_hash": other},
        {"path": [*path, other]},
        {"index": new},
        {"index": -1},
        *({"path": [*path[:at], other, *path[at + 1 :]]} for at in range(len(path))),
        *({"path": path[:at]} for at in range(len(path))),
        *({"index": at} for at in range(new) if at != index),
    ]
    assert not is_included(other, **given_proof)  # type: ignore[arg-type]
    for change in changes:
        assert not is_included(leaves[index], **{**given_proof, **change})  # type: ignore[arg-type]


@given(sizes, st.data())
def test_a_fork_has_no_consistency_proof(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    forked = data.draw(st.integers(0, old - 1))
    leaves = leaves_of(new)
    path = consistency_path(old, new, subtree_of(leaves))
    roots = {"old_root": naive_root(leaves[:old]), "new_root": naive_root(leaves)}
    others = [*leaves[:forked], bytes(32), *leaves[forked + 1 :]]
    for changed in (
        {"new_root": naive_root(others)},
        {"old_root": naive_root(others[:old])},
    ):
        assert not is_consistent(old, new, path=path, **{**roots, **changed})
    assert not is_consistent(old, new, path=[*path, bytes(32)], **roots)
    for at in range(len(path)):
        assert not is_consistent(old, new, path=path[:at], **roots)
        twisted = [*path[:at], bytes(32), *path[at + 1 :]]
        assert not is_consistent(old, new, path=twisted, **roots)
    assert not is_consistent(new + 1, new, path=path, **roots)


def test_every_log_begins_with_nothing_and_only_nothing_is_its_root() -> None:
    new_root = naive_root(leaves_of(3))
    assert is_consistent(0, 3, path=[], old_root=EMPTY_ROOT, new_root=new_root)
    assert not is_consistent(0, 3, path=[], old_root=bytes(32), new_root=new_root)
    assert not is_consistent(3, 3, path=[], old_root=bytes(32), new_root=new_root)


def test_proofs_of_what_a_tree_has_not_are_refused() -> None:
    subtree = subtree_of(leaves_of(3))
    wrong: list[Callable[[], object]] = [
        lambda: inclusion_path(3, 3, subtree),
        lambda: inclusion_path(-1, 3, subtree),
        lambda: consistency_path(4, 3, subtree),
        lambda: consistency_path(-1, 3, subtree),
    ]
    for ask in wrong:
        with pytest.raises(ValueError, match="leaves"):
            ask()


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_range_consists_of_complete_subtrees_one_behind_another(start: int, size: int) -> None:
    end = start + size
    place = start
    for height, index in complete_subtrees(start, end):
        assert index << height == place
        place += 1 << height
    assert place == end


@given(st.lists(st.integers(0, 3), max_size=20))
def test_a_compact_range_grows_by_whole_subtrees_as_by_leaves(heights: list[int]) -> None:
    grown = CompactRange()
    for height in heights:
        if grown.size % (1 << height):
            with pytest.raises(ValueError, match="cannot follow"):
                grown.append(bytes(32), height=height)
            continue
        index = grown.size >> height
        grown.append(subtree_of(leaves_of(200))(height, index), height=height)
    assert grown.root() == naive_root(leaves_of(grown.size))


def test_a_level_is_hashed_pair_by_pair() -> None:
    one, two, three, four = leaves_of(4)
    assert pairs_hashed(one + two + three + four) == node_hash(one, two) + node_hash(three, four)


def test_pymerkle_says_the_same() -> None:
    theirs = pymerkle.InmemoryTree(algorithm="sha256")
    contents = [number.to_bytes(2, "big") for number in range(40)]
    for content in contents:
        theirs.append_entry(content)
    leaves = [leaf_hash(content) for content in contents]
    subtree = subtree_of(leaves)
    for size in range(1, 41):
        assert theirs.get_root(size) == root(size, subtree)
        for index in range(size):
            proof = theirs.prove_inclusion(index + 1, size)
            ours = inclusion_path(index, size, subtree)
            assert set(ours) <= {bytes.fromhex(step) for step in proof.serialize()["path"]}
