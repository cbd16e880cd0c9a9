"""Waiting for a condition, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def wait_until(
    condition: Callable[[], Found],
    *,
    seconds_max: float = 10.0,
    poll_seconds: float = 0.01,
    what: str = "",
) -> Found:
    """The first true value that `condition` returns.

    Raises TimeoutError, which names `what` is waited for, when none comes within `seconds_max`.
    """
    give_up = time.monotonic() + seconds_max
    while True:
        if found := condition():
            return found
        if time.monotonic() > give_up:
            raise TimeoutError(f"{what or condition} was not so within {seconds_max} seconds")
        time.sleep(poll_seconds)
