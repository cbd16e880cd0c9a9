"""A served house whose logs are sealed and signed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
from pydantic import SecretStr

from api.proof.logs import ACCESS, EVENTS
from api.proof.sealing import LogSealer
from tests.api.http.contract import contract_of
from tests.api.http.guests import MONDAY, Guests, served, settings_for

SEED = bytes(range(32))
NAME = "example.cn/tenure"


@contextmanager
def sealed_house(database_url: str, folder: Path) -> Iterator[Guests]:
    clock = folder / "now"
    clock.write_text(MONDAY.isoformat())
    settings = settings_for(database_url, clock).model_copy(
        update={
            "checkpoints": folder / "kept",
            "signing_key": SecretStr(SEED.hex()),
            "origin": NAME,
            "checkpoint_events": 1,
        }
    )
    with (
        served(settings) as (service, url),
        httpx.Client(base_url=url, timeout=30, trust_env=False) as client,
    ):
        guests = Guests(service, client, clock, contract_of(client))
        guests.move_in()
        yield guests


def sealed(guests: Guests) -> int:
    """Everything so far, with a checkpoint; how many events."""
    with closing(LogSealer(guests.service)) as sealer:
        while sealer.step():
            pass
    guests.service.checkpointer.sign(ACCESS)
    return guests.service.checkpointer.sign(EVENTS)[1].size
