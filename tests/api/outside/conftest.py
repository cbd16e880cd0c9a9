"""One server a test module, whose streams tell soon that they are alive."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.http.contract import contract_of
from tests.api.http.guests import MONDAY, Guests, served, settings_for

STREAMS_MAX = 110


@pytest.fixture(scope="module")
def guests(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guests]:
    clock: Path = tmp_path_factory.mktemp("clock") / "now"
    clock.write_text(MONDAY.isoformat())
    settings = settings_for(database_url, clock).model_copy(
        update={"stream_heartbeat_seconds": 0.2, "streams_max": STREAMS_MAX}
    )
    with (
        served(settings) as (service, url),
        httpx.Client(base_url=url, timeout=30, trust_env=False) as client,
    ):
        guests = Guests(service, client, clock, contract_of(client))
        guests.move_in()
        yield guests
