"""A long export takes the time of its events and the memory of a page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.http.contract import contract_of
from tests.api.http.guests import MONDAY, Guests, served, settings_for

EVENTS = 100_000
GROWTH_BYTES_MAX = 40_000_000
"""All of them together are about 60 MB as JSON lines and far more as objects."""


@pytest.fixture(scope="module")
def filled(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guests]:
    """100,000 events in the view, behind a position that says so."""
    clock: Path = tmp_path_factory.mktemp("clock") / "now"
    clock.write_text(MONDAY.isoformat())
    with (
        served(settings_for(database_url, clock)) as (service, url),
        httpx.Client(base_url=url, timeout=120, trust_env=False) as client,
    ):
        guests = Guests(service, client, clock, contract_of(client))
        guests.move_in({"wu": "auditor"})
        guests.get("/v1/audit", "wu", limit=1)
        with service.database.transaction() as cursor:
            cursor.execute("DELETE FROM views.audit")
            cursor.execute(
                "INSERT INTO views.audit SELECT n, gen_random_uuid(), 1, 'customer.followed_up',"
                " now(), now(), 'li', gen_random_uuid(), '2026-1', NULL, NULL, NULL, 'zh',"
                " repeat('=1+1 ', 20), jsonb_build_object('note', repeat('谈了报价', 20))"
                " FROM generate_series(1, %s) AS n",
                (EVENTS,),
            )
            cursor.execute(
                "UPDATE views.positions SET position = %s WHERE view = 'audit'", (EVENTS,)
            )
        yield guests


@pytest.mark.long
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_hundred_thousand_events_are_exported_in_the_memory_of_a_page(
    filled: Guests, form: str
) -> None:
    headers = {"Authorization": f"Bearer {filled.tokens['wu']}"}
    before, most, lines, length = _resident_bytes(), 0, 0, 0
    with filled.client.stream(
        "GET", "/v1/audit/export", params={"format": form}, headers=headers
    ) as answer:
        assert answer.status_code == 200
        for part in answer.iter_raw():
            lines += part.count(b"\n")
            length += len(part)
            most = max(most, _resident_bytes())
    assert lines == EVENTS + 1
    assert length > GROWTH_BYTES_MAX
    assert most - before < GROWTH_BYTES_MAX


def _resident_bytes() -> int:
    """Of this process, in which the server and its client are."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
