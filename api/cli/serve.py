"""`tenure serve`: the API, and the worker beside it."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import Data, Database, Json, TestClock
from api.cli.output import Output
from api.cli.running import running, settings_of

if TYPE_CHECKING:
    from api.composition import Service
    from api.demonstration import Token
    from api.settings import Settings
    from api.worker import Worker

BACKLOG = 2048


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on (default 127.0.0.1). 监听地址。")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port (default 8000); 0 takes a free one. 端口。")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="API processes (default 1). API 进程数。")
    ] = None,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Without engine and sweep. 不运行后台任务。")
    ] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Fill an empty database first. 先填入演示数据。")
    ] = False,
    test_clock: TestClock = None,
    database: Database = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Serve the API, with the worker beside it. 启动服务。"""
    with running(is_json=json_output) as output:
        settings = settings_of(
            database,
            data,
            host=host,
            port=port,
            workers=workers,
            worker=False if no_worker else None,
            demo=True if demo else None,
            test_clock=test_clock,
        )
        # The port is taken first: one that is in use is told at once, and 0 becomes a real one.
        with _listening(settings) as listener, _stopped_early(), _built(settings) as service:
            address = _address(settings.host, listener.getsockname()[1])
            tokens = _demonstration(service, output) if settings.demo else []
            service.application.open_log()
            with _worker_beside(service) as worker:
                _run(service, listener, lambda: _tell(output, address, tokens), worker)


@contextmanager
def _built(settings: Settings) -> Iterator[Service]:
    """The house before its log is begun, because a demonstration begins it in the past."""
    from api.composition import build_service

    with closing(build_service(settings)) as service:
        yield service


def _run(
    service: Service,
    listener: socket.socket,
    on_ready: Callable[[], None],
    worker: Worker | None,
) -> None:
    """Serve until a signal, then end the requests that have begun."""
    from api.logs import configure_logs

    configure_logs(as_json=not sys.stderr.isatty())
    if service.settings.workers == 1:
        from api.serving import serve_here

        serve_here(service, listener, on_ready, worker)
    else:
        from api.serving import serve_in_processes

        serve_in_processes(service.settings, listener, on_ready)


def _demonstration(service: Service, output: Output) -> list[Token]:
    from api.demonstration import fill

    with output.progress(unit="commands") as bar:
        task = bar.add_task("demo 演示数据", total=None, rate=0.0)
        return fill(
            service, advance=lambda done, total: bar.update(task, completed=done, total=total)
        )


def _tell(output: Output, address: str, tokens: list[Token]) -> None:
    if output.is_json:
        output.result({"address": address, "tokens": [asdict(token) for token in tokens]}, "")
        sys.stdout.flush()
        return
    if tokens:
        # Plain lines: a token must survive being copied from a narrow terminal.
        print(f"{'role':<20} {'member':<10} token")
    for token in tokens:
        print(f"{token.role:<20} {token.member:<10} {token.token}")
    print(f"Tenure is ready 服务已就绪: {address}", flush=True)


@contextmanager
def _worker_beside(service: Service) -> Iterator[Worker | None]:
    """Engine and sweep in a thread of this process, unless they run elsewhere."""
    if not service.settings.worker:
        yield None
        return
    from api.worker import Worker

    worker, stop = Worker(service), threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,), name="worker")
    thread.start()
    try:
        yield worker
    finally:
        stop.set()
        thread.join()


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """A bound socket. Raises OSError, SettingsInvalid where it cannot be bound."""
    from api.settings import SettingsInvalid

    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            place = f"{settings.host}:{settings.port}"
            raise SettingsInvalid(
                zh=f"无法监听 {place}：{error}", en=f"cannot listen on {place}: {error}"
            ) from error
        listener.listen(BACKLOG)
        yield listener


@contextmanager
def _stopped_early() -> Iterator[None]:
    """A SIGTERM before the server runs leaves properly, as Ctrl-C does."""
    kept = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, kept)


def _address(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"
