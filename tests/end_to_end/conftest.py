"""A house a test."""

from pathlib import Path

import pytest

from tests.end_to_end.installed import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A data folder of the test's own."""
    return House(tmp_path)
