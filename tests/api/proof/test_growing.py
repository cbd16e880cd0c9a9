"""The kept tree grows as the log does, and is what Python computes from the raw rows."""

from __future__ import annotations

from random import Random

import pytest

from api.proof.growing import GrowingTree
from api.proof.logs import ACCESS, EVENTS, LOGS, Ends, SealedLog
from api.proof.tiles import TILE_HASHES, KeptTree, TreeBroken
from api.proof.tree import CompactRange, is_consistent, is_included
from eventstore.connections import Database
from tests.api.proof.conftest import fill, rows_of, seal, skip_positions


def computed(database: Database, log: SealedLog) -> CompactRange:
    grown = CompactRange()
    for row in rows_of(database, log):
        grown.append(log.hash_of(row))
    return grown


@pytest.mark.parametrize("log", LOGS.values(), ids=LOGS)
def test_hashes_made_in_sql_are_those_made_in_python(database: Database, log: SealedLog) -> None:
    fill(database, 300, access=300)
    seal(database)
    with database.autocommit() as cursor:
        tree = KeptTree(cursor, log)
        for index, row in enumerate(rows_of(database, log)):
            assert tree.subtree(0, index) == log.hash_of(row)
            assert tree.index_of(row[0], log.hash_of(row)) == index


def test_the_tree_of_an_empty_log_is_empty(database: Database) -> None:
    seal(database)
    with database.autocommit() as cursor:
        for log in LOGS.values():
            assert KeptTree(cursor, log).head.size == 0
            assert KeptTree(cursor, log).head.root == CompactRange().root()


def test_a_tree_that_grew_in_any_steps_is_the_tree_of_all_rows(database: Database) -> None:
    random = Random(7)
    ends = Ends(database)
    tree = GrowingTree(database, EVENTS)
    for _ in range(25):
        skip_positions(database, random.choice((0, 0, 1, 40)))
        fill(database, random.choice((1, 2, 100, TILE_HASHES, 700)))
        tree.grow(ends.end(EVENTS), limit=random.choice((1, 10, TILE_HASHES, 16_384)))
        if random.random() < 0.3:
            tree = GrowingTree(database, EVENTS)
    while tree.grow(ends.end(EVENTS)):
        pass
    expected = computed(database, EVENTS)
    assert tree.head is not None
    assert (tree.head.size, tree.head.root) == (expected.size, expected.root())
    rows = rows_of(database, EVENTS)
    assert tree.head.last_position == rows[-1][0]
    with database.autocommit() as cursor:
        kept = KeptTree(cursor, EVENTS)
        places = random.sample(range(expected.size), 60)
        asked = [(rows[place][0], EVENTS.hash_of(rows[place])) for place in places]
        asked.insert(30, (asked[0][0], bytes(32)))
        assert kept.indexes_of(asked) == [*places[:30], None, *places[30:]]
        for index in places:
            size = random.randint(index + 1, expected.size)
            leaf = EVENTS.hash_of(rows[index])
            assert kept.index_of(rows[index][0], leaf) == index
            path = kept.inclusion(index, size)
            root_hash = kept.root(size)
            assert is_included(leaf, index=index, size=size, path=path, root_hash=root_hash)
            steps = kept.consistency(index, size)
            assert is_consistent(
                index, size, path=steps, old_root=kept.root(index), new_root=root_hash
            )


def test_nothing_is_sealed_that_is_not_settled(database: Database) -> None:
    fill(database, 10)
    with database.connect() as slow, slow.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE tenure.events IN ROW EXCLUSIVE MODE")
        # As append() does: nextval() alone assigns an id only now and then.
        cursor.execute("SELECT pg_current_xact_id()")
        cursor.execute("SELECT nextval('tenure.positions')")
        (taken,) = cursor.fetchone() or (0,)
        fill(database, 10)
        tree = GrowingTree(database, EVENTS)
        tree.grow(Ends(database).end(EVENTS))
        assert tree.head is None or tree.head.last_position < taken
        cursor.execute(
            "INSERT INTO tenure.events VALUES (%s, gen_random_uuid(), 1, 't', '\\x00', now())",
            (taken,),
        )
        cursor.execute("COMMIT")
    seal(database)
    expected = computed(database, EVENTS)
    with database.autocommit() as cursor:
        assert KeptTree(cursor, EVENTS).head.root == expected.root()
        assert expected.size == 21


def test_two_sealers_at_once_make_one_tree(database: Database) -> None:
    one, other = GrowingTree(database, ACCESS), GrowingTree(database, ACCESS)
    for _ in range(6):
        fill(database, 1, access=90)
        end = Ends(database).end(ACCESS)
        assert one.grow(end, limit=60) == 60
        assert other.grow(end, limit=20) == 20
    seal(database)
    with database.autocommit() as cursor:
        assert KeptTree(cursor, ACCESS).head.root == computed(database, ACCESS).root()


def test_a_tree_that_does_not_hold_together_is_not_built_upon(database: Database) -> None:
    fill(database, 300)
    seal(database)
    fill(database, 300)
    with database.autocommit() as cursor:
        cursor.execute("UPDATE proof.tiles SET hashes = overlay(hashes placing '\\x00' from 5)")
    with pytest.raises(TreeBroken):
        GrowingTree(database, EVENTS).grow(Ends(database).end(EVENTS))
    with database.autocommit() as cursor:
        cursor.execute("DELETE FROM proof.tiles")
    with pytest.raises(TreeBroken):
        GrowingTree(database, EVENTS).grow(Ends(database).end(EVENTS))
    with database.autocommit() as cursor, pytest.raises(TreeBroken):
        KeptTree(cursor, EVENTS).root(300)


def test_a_tree_has_no_proofs_beyond_its_size(database: Database) -> None:
    fill(database, 3)
    seal(database)
    with database.autocommit() as cursor:
        tree = KeptTree(cursor, EVENTS)
        for ask in (lambda: tree.root(4), lambda: tree.inclusion(0, 4), lambda: tree.root(-1)):
            with pytest.raises(ValueError, match="3 leaves"):
                ask()
        row = rows_of(database, EVENTS)[1]
        assert tree.index_of(row[0], bytes(32)) is None
        assert tree.index_of(10**9, EVENTS.hash_of(row)) is None
