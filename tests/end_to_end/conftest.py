"""A house a test, or one a module where tests only look at it."""

from pathlib import Path

import pytest

from tests.end_to_end.installed import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A data folder of the test's own."""
    return House(tmp_path)


@pytest.fixture(scope="module")
def module_house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A data folder of the module."""
    return House(tmp_path_factory.mktemp("house"))
