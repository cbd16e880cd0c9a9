"""`python -m benchmarks.own_rebuild`: Tenure rebuilding all of its views at once.

Reads one JSON line, {"url": …}, rebuilds as `tenure rebuild` does and writes {"events": …,
"seconds": …, "views": …, "memory_mb": …}. The memory is the peak of this process and those that it
started, together.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from contextlib import closing

from api.log_source import source_of
from api.rebuilds import LANES_MAX, rebuilt
from benchmarks.resources import peak_resident_mb
from eventstore.connections import Database
from projections.catalogue import ALL


def main() -> None:
    url = json.loads(sys.stdin.readline())["url"]
    with closing(Database(url)) as database:
        began = time.monotonic()
        views = rebuilt(source_of(database), url, ALL, lambda _: None)
        seconds = time.monotonic() - began
    others = min(LANES_MAX, os.cpu_count() or 1) - 1
    # The kernel tells the largest of the children that have ended; they are all alike.
    largest_child_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
    answer = {
        "events": min(view.position for view in views),
        "seconds": seconds,
        "views": len(views),
        "memory_mb": peak_resident_mb(os.getpid()) + others * largest_child_mb,
    }
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
