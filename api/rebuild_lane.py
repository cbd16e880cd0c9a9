"""`python -m api.rebuild_lane`: a process that folds stretches of the log for a rebuild.

Reads lines of JSON: first what to work on, {"url", "schema", "views"}, then one stretch a line,
each of which it answers with a line a batch and a last one when all its rows are written. Ends when
its input does, at once: then the rebuild is over, or whoever led it is dead.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from queue import SimpleQueue
from typing import Any

import msgspec

from api.collector import quieten_collector


class Work(msgspec.Struct):
    """What a lane works on. url: as the owner of the tables. views: their names."""

    url: str
    schema: str
    views: tuple[str, ...]


class Answer(msgspec.Struct):
    """Of a stretch. events: so many more are done, and others follow; None: it is at its end.
    failed: the view and the event that it cannot fold, and what was raised."""

    events: int | None = None
    failed: tuple[str, int, str, str] | None = None
    error: str | None = None


def main() -> None:
    from api.log_source import source_of
    from eventstore.connections import Database
    from projections.catalogue import ALL
    from projections.stretches import Lane, Stretch

    work = msgspec.json.decode(sys.stdin.readline(), type=Work)
    asked: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_listen, args=(asked,), daemon=True).start()
    quieten_collector()
    views = [view for view in ALL if view.NAME in work.views]
    with closing(Database(work.url, size=2, application_name="tenure rebuild")) as database:
        lane = Lane(source_of(database), views, work.schema)
        while True:
            stretch = msgspec.json.decode(asked.get(), type=Stretch)
            for answer in _answers(lane, stretch):
                print(msgspec.json.encode(answer).decode(), flush=True)


def _answers(lane: Any, stretch: Any) -> Iterator[Answer]:
    from projections.following import FoldFailed

    try:
        for events in lane.folded(stretch):
            yield Answer(events=events)
    except FoldFailed as failed:
        entry = failed.entry
        yield Answer(failed=(failed.view, entry.position, entry.topic, repr(failed.__cause__)))
    except Exception as error:  # noqa: BLE001 - told to whoever leads
        yield Answer(error=f"{type(error).__name__}: {error}")
    else:
        yield Answer()


def _listen(asked: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        asked.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
