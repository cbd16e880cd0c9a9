"""A house a test."""

from base64 import b64encode
from pathlib import Path

import pytest

from tests.end_to_end.installed import House

KEYS = {
    "TENURE_KEY": b64encode(b"k" * 32).decode(),
    "TENURE_HASH_KEY": b64encode(b"h" * 32).decode(),
}


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A data folder of the test's own."""
    return House(tmp_path)


@pytest.fixture
def kept_house(house: House, own_url: str) -> House:
    """A house on an empty database that somebody else keeps, with keys and tables."""
    house.environment |= {"TENURE_DATABASE": own_url, "TENURE_DATA": "", **KEYS}
    return house
