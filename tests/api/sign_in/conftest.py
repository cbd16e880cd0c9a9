"""One server a test module, on a database of its own and a clock that tests set."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.http.contract import contract_of
from tests.api.http.guests import MONDAY, Guests, served, settings_for


@pytest.fixture(scope="module")
def module_guests(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guests]:
    clock: Path = tmp_path_factory.mktemp("clock") / "now"
    clock.write_text(MONDAY.isoformat())
    with (
        served(settings_for(database_url, clock)) as (service, url),
        httpx.Client(base_url=url, timeout=30, trust_env=False) as client,
    ):
        guests = Guests(service, client, clock, contract_of(client))
        guests.move_in()
        yield guests


@pytest.fixture
def guests(module_guests: Guests) -> Guests:
    """The module's server, its clock back on Monday; customers are the test's own."""
    module_guests.at(MONDAY)
    return module_guests
