"""One application a test module, on a database of its own and a clock that tests set."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from eventstore.connections import Database
from tests.application.house import MONDAY, Clock, House, a_house


@pytest.fixture(scope="module")
def module_house(database_url: str) -> Iterator[House]:
    clock = Clock()
    with closing(Database(database_url, clock=clock)) as database:
        house = a_house(database, clock)
        house.move_in()
        yield house


@pytest.fixture
def house(module_house: House) -> House:
    """The module's house, its clock back on Monday; customers are the test's own."""
    module_house.clock.at = MONDAY
    return module_house
