"""`python -m benchmarks.seal_when_told [serve …]`: seals a database's logs when told to.

Behind `serve …` it serves as `tenure serve` does, and seals in a thread of the same process, as the
worker there does. Reads JSON lines: true begins to seal, false ends it; each is answered with what
was sealed on the way. The database and the keys come from the environment.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import closing

from api.cli.main import main as tenure
from api.composition import Service, open_service
from api.proof.logs import EVENTS, Ends
from api.proof.sealing import LogSealer
from api.proof.standing import head_of
from api.settings import Settings


def main() -> None:
    if not sys.argv[1:]:
        _obey()
        return
    # Not waited for at the end: it reads from a pipe that its parent holds open.
    threading.Thread(target=_obey, name="sealing", daemon=True).start()
    tenure()


def _obey() -> None:
    """Until the pipe is closed."""
    with closing(open_service(Settings())) as service:
        sealing: _Sealing | None = None
        for line in sys.stdin:
            if json.loads(line):
                answer = _sealed_all(service)
                sealing = _Sealing(service)
            else:
                answer = _ended(service, sealing)
                sealing = None
            print(json.dumps(answer), flush=True)
        if sealing is not None:
            sealing.end()


class _Sealing:
    """The sealer as the worker runs it."""

    def __init__(self, service: Service) -> None:
        self._stop = threading.Event()
        self._sealer = LogSealer(service)
        self._thread = threading.Thread(target=self._sealer.run, args=(self._stop,))
        self._thread.start()

    def end(self) -> int:
        """How many leaves it has sealed."""
        self._stop.set()
        self._thread.join()
        return self._sealer.sealed


def _ended(service: Service, sealing: _Sealing | None) -> Mapping[str, float]:
    """What was sealed meanwhile, how far it lags, and what it takes to seal that."""
    end = Ends(service.database).end(EVENTS)
    lag = end - head_of(service.database, EVENTS).last_position
    sealed = 0 if sealing is None else sealing.end()
    return {"lag": lag, "sealed_meanwhile": sealed, **_sealed_all(service)}


def _sealed_all(service: Service) -> Mapping[str, float]:
    """Seal up to the end; how many leaves, and in how many seconds."""
    began = time.monotonic()
    with closing(LogSealer(service)) as sealer:
        while sealer.step():
            pass
        return {"sealed": sealer.sealed, "seconds": time.monotonic() - began}


if __name__ == "__main__":
    main()
