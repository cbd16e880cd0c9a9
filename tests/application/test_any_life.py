"""Whatever members do in whatever order: one holder, fixed deadlines, views that equal the log."""

from collections import Counter
from contextlib import closing
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from projections.engine import Engine
from tests.application.house import House
from tests.application.life_machine import LifeMachine

CLAUSES = pytest.mark.clause(
    "S1-020", "S1-035", "S1-037", "S1-041", "S1-043", "S1-048", "S1-053", "S1-056", "S1-057",
    "S1-283", "S1-284", "S1-302",
)  # fmt: skip
DEEP = {
    *("waiting", "rejected", "potential", "intent", "formal", "held over", "handed over", "merged"),
    *("already-protected", "barred", "not-the-holder", "wrong-stage", "own-decision"),
    *("nothing-pending", "already-pending", "too-late"),
    *("number-taken", "duplicate-name", "invalid", "not-signed-in"),
}
"""How customers stand, and what is refused, in some life out of many."""


def live(house: House, *, lives: int, steps: int) -> Counter[str]:
    """In how many lives what was reached."""

    class Life(LifeMachine):
        reached: ClassVar[Counter[str]] = Counter()

    Life.house = house
    Life.engine = Engine(house.database, house.tenure.recorder, house.tenure.mapper.to_domain_event)
    with closing(Life.engine):
        run_state_machine_as_test(
            Life,
            settings=settings(
                max_examples=lives,
                stateful_step_count=steps,
                deadline=None,
                # The same lives in every run of the same code: a red run is one to be repeated.
                # Others are lived with `derandomize=False` and `--hypothesis-seed`.
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    return Life.reached


@CLAUSES
def test_any_life_keeps_the_rules(house: House) -> None:
    live(house, lives=20, steps=40)


@pytest.mark.long
@CLAUSES
def test_any_long_life_keeps_the_rules(house: House) -> None:
    reached = live(house, lives=40, steps=50)
    # Which lives are lived changes with the code, and some miss a rare state: nearly all is enough.
    missed = DEEP - set(reached)
    assert len(missed) * 5 <= len(DEEP), (missed, reached)
