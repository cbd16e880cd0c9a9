"""`tenure worker`: engine and sweep alone, beside API processes that run elsewhere."""

from __future__ import annotations

import signal
import sys
import threading

from api.cli.options import Data, Database, Json, TestClock
from api.cli.output import Words
from api.cli.running import opened, running, settings_of


def worker(
    test_clock: TestClock = None,
    database: Database = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Follow the log into the views and record what deadlines ended. 后台任务。"""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    settings = None
    with running(is_json=json_output) as output:
        settings = settings_of(database, data, test_clock=test_clock)
        with opened(settings) as service:
            from api.collector import quieten_collector
            from api.logs import configure_logs
            from api.worker import Worker

            configure_logs(as_json=json_output or not sys.stderr.isatty())
            output.notice(Words(zh="后台任务已启动", en="worker started"))
            quieten_collector()
            Worker(service).run(stop)
