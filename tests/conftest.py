"""Fixtures of all test folders: one PostgreSQL a run, one database a test module."""

import fcntl
import importlib
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest

# `pytest` alone, unlike `python -m pytest`, does not put the project's root on the path.
sys.path.insert(0, str(Path(__file__).parent.parent))

from api.embedded import EmbeddedPostgres

pytest_plugins = ["tests.clause_coverage"]

TEMPLATE = "tenure_template"
# Durability is given up for speed; tests that kill servers make a server of their own.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_folder_key = pytest.StashKey[Path]()
_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the tests marked long, and only them")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = bool(config.getoption("--long"))
    chosen, left = [], []
    for item in items:
        is_long = item.get_closest_marker("long") is not None
        (chosen if is_long == wanted else left).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = chosen


def pytest_configure(config: pytest.Config) -> None:
    """The run's folder for its server: made by the controller, told to the workers of xdist."""
    told = getattr(config, "workerinput", {}).get("postgres_folder")
    config.stash[_folder_key] = Path(told or tempfile.mkdtemp(prefix="tenure-test-"))
    if told is None:
        # Under root the server runs as another account, which must be able to pass.
        config.stash[_folder_key].chmod(0o711 if os.geteuid() == 0 else 0o700)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["postgres_folder"] = str(node.config.stash[_folder_key])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(config.stash[_folder_key], ignore_errors=True)


@pytest.fixture
def tmp_path(pytestconfig: pytest.Config) -> Iterator[Path]:
    """A folder of the test's own, which is gone afterwards.

    Not pytest's: below that no other account may pass, so that a server under root would have to
    keep its data elsewhere, where nothing removes it.
    """
    made = Path(tempfile.mkdtemp(dir=pytestconfig.stash[_folder_key]))
    made.chmod(0o711 if os.geteuid() == 0 else 0o700)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[EmbeddedPostgres]:
    """The server of this run. Workers of xdist share it; the last one out stops it."""
    with EmbeddedPostgres(pytestconfig.stash[_folder_key] / "server", settings=FAST) as server:
        yield server


@pytest.fixture(scope="session")
def template_database(postgres: EmbeddedPostgres, pytestconfig: pytest.Config) -> str:
    """Name of the database with all migrations, made by the worker that comes first."""
    with _one_at_a_time(pytestconfig.stash[_folder_key] / "template.lock"):
        if not _query(postgres, "SELECT 1 FROM pg_database WHERE datname = %s", TEMPLATE):
            unfinished = f"{TEMPLATE}_unfinished"
            _query(postgres, f"DROP DATABASE IF EXISTS {unfinished}")
            _query(postgres, f"CREATE DATABASE {unfinished}")
            # Imported late: a test that needs no database must not need this, either.
            importlib.import_module("api.schemas").migrate(postgres.url(database=unfinished))
            _query(postgres, f"ALTER DATABASE {unfinished} RENAME TO {TEMPLATE}")
    return TEMPLATE


@pytest.fixture(scope="session")
def made_data(pytestconfig: pytest.Config) -> Path:
    """A data folder whose cluster has all tables and no event, its server down: to be copied."""
    made = pytestconfig.stash[_folder_key] / "made"
    with _one_at_a_time(made.with_suffix(".lock")):
        if not made.exists():
            unfinished = made.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            with EmbeddedPostgres(unfinished) as server:
                importlib.import_module("api.schemas").migrate(server.url())
            unfinished.rename(made)
    return made


@pytest.fixture(scope="module")
def database_name(
    postgres: EmbeddedPostgres, template_database: str, worker_id: str
) -> Iterator[str]:
    """A fresh database with all migrations, for one test module."""
    name = f"test_{worker_id}_{next(_numbers)}"
    _query(postgres, f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY FILE_COPY")
    yield name
    _query(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def own_url(postgres: EmbeddedPostgres, template_database: str, worker_id: str) -> Iterator[str]:
    """libpq URL of a fresh database of this test alone, as its owner."""
    name = f"own_{worker_id}_{next(_numbers)}"
    _query(postgres, f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY FILE_COPY")
    yield postgres.url(database=name)
    _query(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def database_url(postgres: EmbeddedPostgres, database_name: str) -> str:
    """libpq URL of the module's database, as its owner."""
    return postgres.url(database=database_name)


@pytest.fixture
def database(database_url: str) -> Iterator[Any]:
    """A pool of connections to the module's database."""
    connections = importlib.import_module("eventstore.connections")
    with closing(connections.Database(database_url)) as pool:
        yield pool


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _query(postgres: EmbeddedPostgres, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Run one statement in the maintenance database, outside a transaction."""
    with closing(psycopg2.connect(postgres.url(database="postgres"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []
