"""A proxy before PostgreSQL's socket that loses requests or answers at a chosen moment."""

import selectors
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

import psycopg2.extensions

_IDLE = b"Z\x00\x00\x00\x05I"
_CHUNK_BYTES = 65_536


class CuttingProxy:
    """Passes everything on until it is told what to do with the next request that has a mark.

    url: of the real server, over a Unix socket. The proxy's own is `self.url`.
    """

    def __init__(self, url: str, *, mark: bytes) -> None:
        given = psycopg2.extensions.parse_dsn(url)
        name = f".s.PGSQL.{given.get('port', '5432')}"
        # Paths of sockets are short; a test's own folder may be too deep.
        self._folder = Path(tempfile.mkdtemp(prefix="proxy-"))
        self._real = str(Path(given["host"]) / name)
        self._mark = mark
        self._cut: Callable[[socket.socket, socket.socket, bytes], None] | None = None
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._folder / name))
        self._threads = [threading.Thread(target=self._accept)]
        self.url = psycopg2.extensions.make_dsn(url, host=str(self._folder))
        self.cuts = 0

    def __enter__(self) -> Self:
        self._listener.listen()
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()
        shutil.rmtree(self._folder)

    def lose_next_request(self) -> None:
        """The server never hears of the next marked request."""
        self._cut = lambda _client, _server, _request: None

    def lose_next_answer(self) -> None:
        """The server does as the next marked request says; its answer is lost."""
        self._cut = lambda _client, server, request: _have_done(server, request)

    def leave_next_running(self) -> None:
        """The client loses the connection at once; the server is still at work."""

        def cut(client: socket.socket, server: socket.socket, request: bytes) -> None:
            client.close()
            _have_done(server, request)

        self._cut = cut

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,))
            thread.start()
            self._threads.append(thread)

    def _serve(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        with client, server, selectors.DefaultSelector() as selector, suppress(OSError):
            server.connect(self._real)
            selector.register(client, selectors.EVENT_READ)
            selector.register(server, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    sent = key.fileobj.recv(_CHUNK_BYTES)  # type: ignore[union-attr]
                    if not sent:
                        return
                    if key.fileobj is server:
                        client.sendall(sent)
                    elif self._mark in sent and (cut := self._take_cut()) is not None:
                        cut(client, server, sent)
                        return
                    else:
                        server.sendall(sent)

    def _take_cut(self) -> Callable[[socket.socket, socket.socket, bytes], None] | None:
        cut, self._cut = self._cut, None
        self.cuts += cut is not None
        return cut


def _have_done(server: socket.socket, request: bytes) -> None:
    server.sendall(request)
    answer = b""
    while _IDLE not in answer and (received := server.recv(_CHUNK_BYTES)):
        answer += received
