"""Verifying: equal, or each differing row with the event that made it differ."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest

from api.embedded import EmbeddedPostgres
from eventstore.connections import Database
from projections import approvals, audit, pool, statistics, tenures
from projections.catalogue import ALL
from projections.rebuilding import Rebuild
from projections.stretches import Source
from projections.verifying import LISTED_MAX, Found, Verification, Verified
from tests.projections.lives import thorough_log
from tests.projections.stories import Story, TestLog, a_party
from tests.projections.whole_views import rows_of
from tests.waiting import wait_until

EDITS = {
    "audit": "actor = 'nobody'",
    "audit_days": "last_position = 0",
    "customers": "name = '错'",
    "customer_holdings": "department = 'x'",
    "customer_contacts": "job = '错'",
    "customer_matters": "signers = ARRAY['x', 'x']",
    "customer_names": "core = '错'",
    "tenures": "rulebook = 'x'",
    "pool": "industry = '错'",
    "agenda": "name = '错'",
    "agenda_leavers": "leaves_at = now()",
    "approvals": "warnings = ARRAY['x']",
    "statistics_events": "actor = 'nobody'",
    "statistics_days": "count = count + 1",
    "statistics_house_days": "waited = 1000000",
    "statistics_notes": "characters = 0",
    "statistics_members": "department = 'x'",
    "disputes": "statement = '错'",
    "dispute_statements": "statement = '错'",
    "dispute_seekers": "member = 'nobody'",
    "members": "department = 'x'",
}
"""A wrong value in every table that has more than a key."""
KEYS = {
    **dict.fromkeys(
        ("audit", "statistics_events", "statistics_notes", "dispute_seekers"),
        ("position", "10000000"),
    ),
    **dict.fromkeys(
        ("agenda_leavers", "statistics_members", "members"), ("member_id", str(uuid4()))
    ),
    **dict.fromkeys(
        ("audit_days", "statistics_days", "statistics_house_days"), ("day", "2001-01-01")
    ),
}
"""A key that no row has, of the tables that are not one row a customer."""
TABLES = [table for view in ALL for table in view.TABLES]


@pytest.fixture
def database(own_url: str) -> Iterator[Database]:
    with closing(Database(own_url)) as connections:
        yield connections


@pytest.fixture
def source(database: Database, log: TestLog) -> Source:
    return Source(database, log.recorder, log.mapper.to_domain_event)


@pytest.fixture
def lived(log: TestLog, follow: Callable[[], None]) -> None:
    """Views of many kinds of lives."""
    log.append(*(entry.event for entry in thorough_log(200)))
    follow()


def found_in(verified: list[Verified]) -> dict[str, Found]:
    """What differs, by table, of which there must be one row each."""
    found = [one for view in verified for one in view.differences]
    assert len({one.difference.table for one in found}) == len(found)
    return {one.difference.table: one for one in found}


@pytest.mark.usefixtures("lived")
def test_views_that_were_followed_are_equal_with_every_row_counted(
    source: Source, cursor: Any
) -> None:
    verified = Verification(source, ALL).run()
    assert all(view.is_sound for view in verified)
    rows = rows_of(cursor)
    assert {view.view: view.rows for view in verified} == {
        view.NAME: sum(len(rows[table]) for table in view.TABLES) for view in ALL
    }
    Rebuild(source, ALL).run()
    assert all(view.is_sound for view in Verification(source, ALL).run())


@pytest.mark.usefixtures("lived")
def test_an_edited_row_of_any_table_is_found_with_columns_and_event(
    source: Source, cursor: Any
) -> None:
    for table, edit in EDITS.items():
        cursor.execute(
            f"UPDATE views.{table} SET {edit} WHERE ctid = (SELECT min(ctid) FROM views.{table})"
        )
    verified = Verification(source, ALL).run()
    assert not any(view.is_sound for view in verified)
    found = found_in(verified)
    assert found.keys() == EDITS.keys()
    for table, one in found.items():
        assert one.difference.kind == "different"
        assert list(one.difference.columns) == [EDITS[table].split(" =")[0]]
        assert one.event is not None, table
    told = found["pool"]
    assert told.difference.columns["industry"][0] == "错"
    assert told.event is not None
    assert told.event.topic in ("customer.registered", "customer.profile_changed")
    assert told.event.event.originator_id == told.difference.key["customer_id"]
    assert found["audit"].event is not None
    assert found["audit"].event.position == found["audit"].difference.key["position"]


@pytest.mark.usefixtures("lived")
def test_a_deleted_row_of_any_table_is_found_with_the_event_that_makes_it(
    source: Source, cursor: Any
) -> None:
    for table in TABLES:
        cursor.execute(
            f"DELETE FROM views.{table} WHERE ctid = (SELECT min(ctid) FROM views.{table})"
        )
    found = found_in(Verification(source, ALL).run())
    assert found.keys() == set(TABLES)
    for table, one in found.items():
        assert one.difference.kind == "missing"
        assert one.event is not None, table
    topics = {table: one.event.topic for table, one in found.items() if one.event is not None}
    assert topics["customers"] == topics["pool"] == "customer.registered"
    assert topics["approval_parties"] == "party.noted"
    assert topics["agenda_leavers"] == "member.joined"


@pytest.mark.usefixtures("lived")
def test_an_inserted_row_of_any_table_is_found_and_no_event_speaks_of_it(
    source: Source, cursor: Any
) -> None:
    for table in TABLES:
        cursor.execute(
            "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND attgenerated = ''",
            (f"views.{table}",),
        )
        columns = cursor.fetchone()[0]
        made = ", ".join(f"made.{column}" for column in columns.split(", "))
        key, value = KEYS.get(table, ("customer_id", str(uuid4())))
        cursor.execute(
            f"INSERT INTO views.{table} ({columns}) SELECT {made}"
            f" FROM (SELECT * FROM views.{table} LIMIT 1) AS kept, LATERAL"
            f" jsonb_populate_record(NULL::views.{table},"
            f" to_jsonb(kept) || jsonb_build_object('{key}', %s)) AS made",
            (value,),
        )
    found = found_in(Verification(source, ALL).run())
    assert found.keys() == set(TABLES)
    assert {one.difference.kind for one in found.values()} == {"superfluous"}
    assert {one.event for one in found.values()} == {None}


def test_the_last_event_that_set_a_wrong_column_is_named(
    log: TestLog, follow: Callable[[], None], source: Source, cursor: Any
) -> None:
    story = Story().registered().claimed()
    log.append(story)
    passed = log.append(story.review_passed())
    log.append(story.followed_up())
    follow()
    cursor.execute("UPDATE views.tenures SET stage = 'intent' WHERE ended IS NULL")
    (verified,) = Verification(source, [tenures]).run()
    (found,) = verified.differences
    assert found.difference.columns["stage"] == ("intent", "potential")
    assert found.event is not None
    assert (found.event.position, found.event.topic) == (passed, "customer.review_passed")


@pytest.mark.usefixtures("lived")
@pytest.mark.parametrize("table", ["statistics_days", "statistics_house_days"])
def test_a_wrong_sum_is_told_with_the_last_event_that_it_sums_up(
    source: Source, cursor: Any, table: str
) -> None:
    """Though the row is right about the stretch of the log that it stands for."""
    cursor.execute(
        f"UPDATE views.{table} SET count = count + 1 WHERE (figure, last_position) ="
        f" (SELECT figure, last_position FROM views.{table} ORDER BY count DESC, figure LIMIT 1)"
        " RETURNING figure, count, last_position"
    )
    figure, count, last = cursor.fetchone()
    (verified,) = Verification(source, [statistics]).run()
    (found,) = verified.differences
    assert (found.difference.table, found.difference.key["figure"]) == (table, figure)
    assert found.difference.columns == {"count": (count, count - 1)}
    assert found.event is not None
    assert found.event.position == last
    cursor.execute(
        f"SELECT 1 FROM views.statistics_events WHERE position = {last} AND figure = '{figure}'"
    )
    assert cursor.fetchone() is not None


def test_a_party_is_found_though_its_stream_does_not_follow_from_its_key(
    log: TestLog, follow: Callable[[], None], source: Source, cursor: Any
) -> None:
    story = Story().registered()
    log.append(story)
    last = log.append(a_party(story.id, "rival"))
    follow()
    cursor.execute("DELETE FROM views.approval_parties")
    (verified,) = Verification(source, [approvals]).run()
    (found,) = verified.differences
    assert found.difference.key == {"member": "rival", "customer_id": story.id}
    assert found.event is not None
    assert found.event.position == last


def test_of_very_many_differences_the_first_are_told_and_the_others_counted(
    log: TestLog, follow: Callable[[], None], source: Source, cursor: Any
) -> None:
    log.append(*(Story().registered() for _ in range(LISTED_MAX + 5)))
    follow()
    cursor.execute("UPDATE views.pool SET name = '错'")
    (verified,) = Verification(source, [pool]).run()
    assert (len(verified.differences), verified.left_out) == (LISTED_MAX, 5)
    assert verified.rows == LISTED_MAX + 5


def test_who_asks_for_all_differences_is_told_each_with_its_event(
    log: TestLog, follow: Callable[[], None], source: Source, cursor: Any
) -> None:
    log.append(*(Story().registered() for _ in range(LISTED_MAX + 5)))
    follow()
    cursor.execute("UPDATE views.pool SET name = '错'")
    told: list[tuple[str, Found]] = []
    (verified,) = Verification(source, [pool], take=lambda *found: told.append(found)).run()
    assert (verified.differences, verified.left_out, verified.told) == ([], 0, LISTED_MAX + 5)
    assert (verified.is_sound, verified.differing) == (False, LISTED_MAX + 5)
    assert {view for view, _ in told} == {"pool"}
    keys = {found.difference.key["customer_id"] for _, found in told}
    events = {found.event.event.originator_id for _, found in told if found.event is not None}
    assert len(keys) == LISTED_MAX + 5
    assert keys == events


def test_a_view_behind_the_log_is_compared_as_of_where_it_stands(
    log: TestLog, follow: Callable[[], None], source: Source
) -> None:
    log.append(Story().registered())
    follow()
    log.append(Story().registered(), Story().registered())
    (verified,) = Verification(source, [pool]).run()
    assert verified.is_sound
    assert (verified.position, verified.behind, verified.rows) == (1, 2, 1)


def test_a_view_that_was_set_aside_is_said_to_be(
    log: TestLog, follow: Callable[[], None], source: Source, cursor: Any
) -> None:
    log.append(Story().registered())
    follow()
    cursor.execute(
        "UPDATE views.positions SET failed_position = 2, failed_topic = 'customer.claimed',"
        " failed_error = 'a bug', failed_at = now() WHERE view = 'pool'"
    )
    (verified,) = Verification(source, [pool]).run()
    assert not verified.is_sound
    assert verified.failed is not None
    assert (verified.failed.position, verified.differences) == (2, [])


def test_tables_of_another_version_are_not_compared(
    log: TestLog, follow: Callable[[], None], source: Source, cursor: Any
) -> None:
    log.append(Story().registered())
    follow()
    cursor.execute("UPDATE views.positions SET version = version - 1 WHERE view = 'pool'")
    first, second = Verification(source, [pool, audit]).run()
    assert (first.is_current, first.is_sound, second.is_sound) == (False, False, True)


def test_what_is_written_meanwhile_disturbs_nothing_and_is_held_up_by_nothing(
    log: TestLog, new_engine: Any, source: Source, cursor: Any
) -> None:
    log.append(*(Story().registered().claimed() for _ in range(30)))
    engine, stop = new_engine(poll_seconds=0.001), threading.Event()
    following = threading.Thread(target=engine.run, args=(stop,))
    following.start()
    last = 0

    def write(*_: Any) -> None:
        nonlocal last
        last = log.append(Story().registered().claimed())
        wait_until(lambda: _position(cursor) >= last)

    try:
        verified = Verification(source, ALL, tell=write).run()
    finally:
        stop.set()
        following.join()
    assert all(view.is_sound for view in verified)
    assert last > 60


def test_an_auditor_may_verify(
    postgres: EmbeddedPostgres, database: Database, log: TestLog, follow: Callable[[], None]
) -> None:
    log.append(Story().registered())
    follow()
    name = database.url.rpartition("/")[2].partition("?")[0]
    url = postgres.url(database=name, role="tenure_auditor")
    with closing(Database(url)) as connections:
        reading = TestLog(type(log.recorder)(connections), log.mapper)
        source = Source(connections, reading.recorder, log.mapper.to_domain_event)
        assert all(view.is_sound for view in Verification(source, ALL).run())


def _position(cursor: Any) -> int:
    cursor.execute("SELECT min(position) FROM views.positions")
    found: tuple[int] = cursor.fetchone()
    return found[0]
