"""`python -m benchmarks.own_views`: Tenure's engine following all views of the project.

Reads one JSON line, {"url": …}, follows the whole log and writes {"events": …, "seconds": …,
"views": …, "peak_mb": …}. Folds until every view stands at the end of the log. With "tells": true
it also writes a line {"reached": position} every second on the way.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import closing

import structlog
from eventsourcing.persistence import JSONTranscoder

# Imported for its events: a topic is resolved to a class that is known.
import domain.application  # noqa: F401
from api.collector import quieten_collector
from benchmarks.resources import peak_resident_mb
from eventstore.connections import Database
from eventstore.mapper import Mapper
from eventstore.recorders import ApplicationRecorder
from projections.catalogue import ALL
from projections.engine import Engine


def main() -> None:
    # The engine's log must not mix with the answer.
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    quieten_collector()  # As `tenure worker` does.
    order = json.loads(sys.stdin.readline())
    with closing(Database(order["url"])) as database:
        recorder = ApplicationRecorder(database)
        began = time.monotonic()
        engine = Engine(database, recorder, Mapper(JSONTranscoder()).to_domain_event)
        try:
            _follow(engine, tells=order.get("tells", False))
            seconds = time.monotonic() - began
            lags, settled = engine.lag().values(), recorder.settled_position()
        finally:
            engine.close()
    behind = [f"{lag.view}: {lag.lag} {lag.failed or ''}" for lag in lags if lag.lag or lag.failed]
    if behind:
        raise SystemExit(f"not at the end of the log: {behind}")
    answer = {
        "events": settled,
        "seconds": seconds,
        "views": len(ALL),
        "peak_mb": peak_resident_mb(os.getpid()),
    }
    print(json.dumps(answer), flush=True)


def _follow(engine: Engine, *, tells: bool) -> None:
    reached, told = 0, time.monotonic()
    while events := engine.step():
        reached += events
        if tells and time.monotonic() - told >= 1:
            print(json.dumps({"reached": reached}), flush=True)
            told = time.monotonic()


if __name__ == "__main__":
    main()
