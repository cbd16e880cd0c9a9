"""Whatever members do in whatever order: one holder, fixed deadlines, views that equal the log."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from projections.engine import Engine
from tests.application.house import House
from tests.application.life_machine import LifeMachine


def live(house: House, *, lives: int, steps: int) -> None:
    engine = Engine(house.database, house.tenure.recorder, house.tenure.mapper.to_domain_event)

    class Life(LifeMachine):
        pass

    Life.house, Life.engine = house, engine
    try:
        run_state_machine_as_test(
            Life,
            settings=settings(
                max_examples=lives,
                stateful_step_count=steps,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        engine.close()


@pytest.mark.clause("S1-053", "S1-035", "S1-037", "S1-302")
def test_any_life_keeps_the_rules(house: House) -> None:
    live(house, lives=60, steps=50)


@pytest.mark.long
@pytest.mark.clause("S1-053", "S1-035", "S1-037", "S1-302")
def test_any_long_life_keeps_the_rules(house: House) -> None:
    live(house, lives=150, steps=60)
