"""A house a test."""

import subprocess
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.embedded import EmbeddedPostgres
from tests.end_to_end.installed import House

KEYS = {
    "TENURE_KEY": b64encode(b"k" * 32).decode(),
    "TENURE_HASH_KEY": b64encode(b"h" * 32).decode(),
}


@pytest.fixture
def empty_house(tmp_path: Path) -> House:
    """A data folder of the test's own, which is not there yet."""
    return House(tmp_path)


@pytest.fixture
def house(empty_house: House, made_data: Path) -> House:
    """A data folder of the test's own: the tables are there, keys and events are not."""
    # Where the server's account cannot pass, the cluster lies elsewhere, and each makes its own.
    if not (made_data / "postgres").is_symlink():
        subprocess.run(["cp", "-a", str(made_data), str(empty_house.data)], check=True)
    return empty_house


@pytest.fixture
def open_house(house: House) -> Iterator[House]:
    """A house whose server stays between the commands of a test."""
    with EmbeddedPostgres(house.data):
        yield house


@pytest.fixture
def kept_house(empty_house: House, own_url: str) -> House:
    """A house on an empty database that somebody else keeps, with keys and tables."""
    empty_house.environment |= {"TENURE_DATABASE": own_url, "TENURE_DATA": "", **KEYS}
    return empty_house
