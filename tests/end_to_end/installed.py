"""The installed command line, run as a user runs it: processes, sockets, signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import pytest

from api.composition import open_service
from api.embedded import EmbeddedPostgres
from api.settings import Settings, read_settings
from benchmarks.ground import UNLIMITED
from domain.orders import CONSOLE, Order
from tests.waiting import wait_until

COMMAND = Path(sys.executable).parent / "tenure"
SECONDS_MAX = 90.0


@dataclass
class House:
    """One data folder and the commands that are given on it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def run(self, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; its exit status must be `status`."""
        done = subprocess.run(
            [COMMAND, *words],
            cwd=self.folder,
            env=self.environ(),
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def json(self, *words: str, status: int = 0) -> Any:
        """What a command prints with --json."""
        return json.loads(self.run(*words, "--json", status=status).stdout)

    def start(self, *words: str, **given: Any) -> subprocess.Popen[str]:
        """Start a command in a process group of its own."""
        return subprocess.Popen(
            [COMMAND, *words],
            cwd=self.folder,
            env=self.environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **given,
        )

    def environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if "TENURE" not in name}
        return kept | UNLIMITED | {"TENURE_DATA": str(self.data)} | self.environment

    def token(self, member: str, *roles: str) -> str:
        """A new member's bearer token, without the wait for two commands."""
        with closing(open_service(self.settings())) as service:
            order = Order(CONSOLE)
            service.application.add_member(
                order, member=member, name=member, roles=roles, department="一部"
            )
            return str(service.application.issue_token(order, member).extra["token"])

    def settings(self) -> Settings:
        """What a command on this house is told."""
        with pytest.MonkeyPatch.context() as patch:
            for name in os.environ:
                if name.startswith("TENURE_"):
                    patch.delenv(name)
            for name, value in self.environ().items():
                if name.startswith("TENURE_"):
                    patch.setenv(name, value)
            return read_settings()

    @contextmanager
    def serving(self, *words: str) -> Iterator[Server]:
        """`tenure serve` on a free port, ready; stopped at the end as a supervisor stops it."""
        server = Server(self.start("serve", "--port", "0", *words))
        try:
            server.wait_until_ready()
            yield server
        finally:
            server.stop()

    def column(self, query: str) -> list[Any]:
        """The first column that a query answers."""
        with self.cursor() as cursor:
            cursor.execute(query)
            return [row[0] for row in cursor.fetchall()]

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """A cursor on the house's database, in a transaction that is undone."""
        with ExitStack() as stack:
            url = self.settings().database
            if url is None:
                url = stack.enter_context(EmbeddedPostgres(self.data)).url()
            connection = stack.enter_context(closing(psycopg2.connect(url)))
            yield stack.enter_context(connection.cursor())


@dataclass
class Server:
    """A running `tenure serve`. lines: what it printed, up to its address."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    address: str = ""

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        self._drained = threading.Thread(target=self._drain, daemon=True)
        self._drained.start()
        give_up = threading.Timer(SECONDS_MAX, self.process.kill)
        give_up.start()
        try:
            for line in self.process.stdout:
                self.lines.append(line.strip())
                if "http://" in line:
                    self.address = line.split()[-1]
                    return
        finally:
            give_up.cancel()
        raise AssertionError(f"it ended: {self.process.wait()} {self.lines} {self.errors}")

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.address, headers=headers, timeout=30)

    def kill(self) -> None:
        """`kill -9`, of every process of it."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(SECONDS_MAX)

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(SECONDS_MAX)
        self._drained.join(SECONDS_MAX)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return status

    def _drain(self) -> None:
        assert self.process.stderr is not None
        with suppress(ValueError):  # A grandchild may hold the pipe open after the end.
            self.errors.extend(self.process.stderr)


def company(number: int, **changes: str) -> dict[str, Any]:
    """A request to register; every number is another company."""
    return {
        "name": f"苏州市鑫磊{number_in_words(number)}科技有限公司",
        "address": f"苏州市人民路{number}号",
        "industry": "科技",
        "phone": f"0512-6{number:07d}",
        "introduction": "主营科技",
        **changes,
    }


def claim() -> dict[str, Any]:
    """A request to claim, good for new customers and for those that were held before."""
    return {"contact": {"name": "王芳", "position": "总经理", "phone": "13800138000"}}


def number_in_words(number: int) -> str:
    return "".join("甲乙丙丁戊己庚辛壬癸"[int(digit)] for digit in str(number))


def register(client: httpx.Client, number: int) -> str:
    """The id of a new customer."""
    answer = client.post("/v1/customers", json=company(number))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["customer_id"])


def wait_until_gone(pids: Sequence[int]) -> None:
    """Until none of the processes is there any more."""
    wait_until(
        lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids),
        seconds_max=SECONDS_MAX,
        what=f"the end of {pids}",
    )
