"""What answers over HTTP while it is measured: `tenure serve`, or the hand-written peer."""

from __future__ import annotations

import http.client
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from api import schemas
from api.composition import Service, open_service
from api.settings import Settings
from benchmarks.children import Child, ChildFailed
from benchmarks.ground import Ground
from domain.orders import CONSOLE, Order

_START_SECONDS = 60.0
_POLL_SECONDS = 0.01
_COMMAND = "api.cli.main"


@dataclass(frozen=True, slots=True)
class House:
    """A server that is ready. ready_seconds: from its start to its first answer."""

    child: Child
    host: str
    port: int
    ready_seconds: float


@dataclass(frozen=True, slots=True)
class Member:
    """One who may send commands."""

    member: str
    token: str


def migrated_database(ground: Ground, name: str) -> str:
    """A fresh database with Tenure's tables; its URL as their owner."""
    url = ground.database(name)
    schemas.migrate(url)
    return url


@contextmanager
def opened(ground: Ground, url: str) -> Iterator[Service]:
    """The application in this process, on the keys of the run."""
    with closing(open_service(settings_of(ground, url))) as service:
        yield service


def settings_of(ground: Ground, url: str) -> Settings:
    """Of a service on one of the run's databases."""
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        database=url,
        worker=False,
        test_clock=None,
        key=SecretStr(ground.keys["TENURE_KEY"]),
        hash_key=SecretStr(ground.keys["TENURE_HASH_KEY"]),
    )


def signing_settings(ground: Ground, name: str) -> dict[str, str]:
    """All that a checkpoint is signed with. name: of the database whose log it is of."""
    return {
        "TENURE_CHECKPOINTS": str(ground.folder / f"{name}.kept"),
        "TENURE_SIGNING_KEY": secrets.token_hex(32),
        "TENURE_ORIGIN": f"bench/{name.replace('_', '-')}",
    }


def joined(service: Service, names: Sequence[str], *, role: str = "seller") -> list[Member]:
    """New members with a token each, through the application."""
    members = []
    for name in names:
        service.application.add_member(
            Order(CONSOLE), member=name, name=name, roles=[role], department="一部"
        )
        members.append(Member(name, token_of(service, name)))
    return members


def token_of(service: Service, member: str) -> str:
    """A token for somebody who is a member already."""
    token: str = service.application.issue_token(Order(CONSOLE), member).extra["token"]
    return token


def tenure_command(
    ground: Ground, *arguments: str, environment: Mapping[str, str] | None = None
) -> Child:
    """Start `tenure` with these arguments. environment: instead of the one with the run's keys."""
    code = f"from {_COMMAND} import main; main()"
    environment = ground.environment() if environment is None else environment
    return ground.children.start_code(code, *arguments, environment=environment)


@contextmanager
def tenure_house(
    ground: Ground, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[House]:
    """`tenure serve` on a free port, with these arguments."""
    yield from house(
        ground,
        lambda: tenure_command(ground, "serve", "--port", "0", *arguments, environment=environment),
        begins_with="Tenure is ready",
    )


@contextmanager
def crud_house(ground: Ground, url: str) -> Iterator[House]:
    """The hand-written peer on a free port."""
    environment = ground.environment(CRUD_DATABASE=url)
    yield from house(
        ground,
        lambda: ground.children.start_module("benchmarks.crud_claim", environment=environment),
        begins_with="ready",
    )


def house(ground: Ground, start: Callable[[], Child], *, begins_with: str) -> Iterator[House]:
    """What was started, once it answers. begins_with: its line that says where."""
    began = time.monotonic()
    child = start()
    try:
        line = ""
        while not line.startswith(begins_with):
            line = child.read_line(seconds_max=_START_SECONDS)
        address = urlsplit(line.split()[-1])
        host, port = address.hostname or "", address.port or 0
        _wait_until_ready(child, host, port)
        yield House(child, host, port, time.monotonic() - began)
    finally:
        ground.children.end(child)


def _wait_until_ready(child: Child, host: str, port: int) -> None:
    give_up = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up:
        if child.has_ended():
            break
        if _answers(host, port):
            return
        time.sleep(_POLL_SECONDS)
    raise ChildFailed(f"{child.name} did not get ready\n{child.last_words()}")


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=_START_SECONDS)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def send(
    ground: Ground,
    house: House,
    requests: Sequence[tuple[str, str, str, Any]],
    *,
    connections: int,
    seconds_max: float,
) -> dict[str, Any]:
    """Have (method, path, token, body) sent by a process of its own; what came back.

    Raises ChildFailed where a connection broke or the time was over.
    """
    plan = {
        "host": house.host,
        "port": house.port,
        "connections": connections,
        "seconds_max": seconds_max,
        "requests": requests,
    }
    with ground.children.module(
        "benchmarks.load_generator", environment=ground.environment()
    ) as child:
        answer: dict[str, Any] = child.ask(plan, seconds_max=seconds_max + _START_SECONDS)
    if answer["errors"]:
        raise ChildFailed(f"{answer['errors']}\n{house.child.last_words()}")
    return answer


def fetch(house: House, path: str, token: str) -> dict[str, Any]:
    """The JSON of one answer. Raises ChildFailed where it is no 200."""
    with closing(http.client.HTTPConnection(house.host, house.port)) as connection:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        body = response.read()
    if response.status != http.HTTPStatus.OK:
        raise ChildFailed(f"GET {path} answered {response.status}: {body[:300]!r}")
    answer: dict[str, Any] = json.loads(body)
    return answer


def require_only(answer: dict[str, Any], status: int) -> None:
    """Raise ChildFailed unless every answer had this status."""
    if set(answer["statuses"]) != {str(status)}:
        raise ChildFailed(f"answers were {answer['statuses']}: {answer['samples']}")
