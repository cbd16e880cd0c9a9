"""uvicorn around the API: in this process, or in several that share one listening socket."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any

import structlog
import uvicorn
from eventsourcing.persistence import PersistenceError
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from api.collector import quieten_collector
from api.composition import Service, open_service
from api.embedded import EmbeddedPostgresError
from api.patience import Patience
from api.settings import Settings, SettingsInvalid, inherited_settings
from domain.errors import TenureError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.worker import Worker

READY_SECONDS_MAX = 60.0
READY_POLL_SECONDS = 0.05
PARENT_POLL_SECONDS = 1.0


def serve_here(
    service: Service,
    listener: socket.socket,
    on_ready: Callable[[], None],
    worker: Worker | None,
) -> None:
    """Serve in this process until SIGTERM or Ctrl-C; requests that have begun are ended.

    worker: runs beside the API, which shows its metrics.
    """
    from api.app import create_app
    from api.metrics import Metrics

    metrics = Metrics()
    if worker is not None:
        metrics.add_gauges(worker.gauges)
    app = create_app(service, metrics=metrics)
    server = _Server(server_config(app, service.settings), on_ready)
    quieten_collector()
    # uvicorn raises the signal that stopped it once more when it is done; by then it has done
    # its work, and the caller goes on to leave the database properly.
    kept = {
        number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        server.run(sockets=[listener])
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def serve_in_processes(
    settings: Settings, listener: socket.socket, on_ready: Callable[[], None]
) -> None:
    """Serve in `settings.workers` processes; one that dies is started again."""
    # A spawned process reads its settings where every process does, so nothing is pickled.
    os.environ.update(settings.environment() | {_PARENT: str(os.getpid())})
    config = server_config(f"{__name__}:app_of_environment", settings)
    processes = _Processes(config, listener, on_ready)
    processes.run()
    if any(process.exitcode == STARTUP_FAILURE for process in processes.processes):
        sys.exit(1)


def app_of_environment() -> FastAPI:
    """The API of one of several processes. It ends with its parent, however that ends."""
    from api.app import create_app
    from api.logs import configure_logs

    configure_logs(as_json=not sys.stderr.isatty())
    parent = int(os.environ[_PARENT])
    threading.Thread(target=_end_with, args=(parent,), daemon=True, name="parent").start()
    try:
        app = create_app(open_service(inherited_settings()))
        quieten_collector()
        return app
    except (SettingsInvalid, EmbeddedPostgresError, PersistenceError, TenureError) as error:
        structlog.get_logger("tenure").error("an API process cannot start", error=str(error))
        # With this status the parent stops, too, instead of trying for ever.
        sys.exit(STARTUP_FAILURE)


def server_config(app: Any, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves `app`, or what the name in it makes."""
    patience = Patience(
        settings.request_head_seconds,
        settings.request_body_seconds,
        settings.answer_stall_seconds,
    )
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        http=patience.protocol,  # type: ignore[arg-type]  # made like a class
        workers=settings.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        # Whose forwarding headers count is told by settings of our own (`api.proxies`).
        proxy_headers=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=settings.drain_seconds,
    )


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()


class _Processes(Multiprocess):
    """Processes that say when the first of them answers."""

    def __init__(
        self, config: uvicorn.Config, listener: socket.socket, on_ready: Callable[[], None]
    ) -> None:
        super().__init__(config, [listener])
        self._address: tuple[str, int] = listener.getsockname()[:2]
        self._on_ready = on_ready

    def init_processes(self) -> None:
        super().init_processes()
        threading.Thread(target=self._tell_when_ready, daemon=True, name="ready").start()

    def _tell_when_ready(self) -> None:
        """Asked over HTTP: uvicorn's own answer to its parent may come from another object than
        the server that runs, and then never says that it has started."""
        while not self.should_exit.wait(READY_POLL_SECONDS):
            connection = HTTPConnection(*self._address, timeout=READY_SECONDS_MAX)
            with closing(connection), suppress(OSError, HTTPException):
                connection.request("GET", "/health/live")
                if connection.getresponse().status == HTTPStatus.OK:
                    self._on_ready()
                    return


def _end_with(parent: int) -> None:
    """Stop this process when its parent is gone, so that nobody keeps the port."""
    tick = threading.Event()
    while os.getppid() == parent:
        tick.wait(PARENT_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


_PARENT = "TENURE_PARENT_PROCESS"
