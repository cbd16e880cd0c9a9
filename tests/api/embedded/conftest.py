"""Data folders and servers of the tests' own, for what they do to them."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.embedded import EmbeddedPostgres
from tests.api.embedded.users import User, UserMaker, ask


@pytest.fixture(scope="package")
def room() -> Iterator[Path]:
    """A folder that every account may pass; pytest's own are closed to the server's account."""
    made = passable(Path(tempfile.mkdtemp(prefix="tenure-test-")))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="package")
def shared(room: Path) -> Iterator[EmbeddedPostgres]:
    """A running server that no test stops or changes."""
    with EmbeddedPostgres(room / "shared") as server:
        yield server


@pytest.fixture(scope="package")
def made_folder(room: Path) -> Path:
    """A data folder with a cluster that is not running, to be copied."""
    folder = room / "made"
    with EmbeddedPostgres(folder) as server:
        ask(server, "CREATE TABLE kept (value int)")
        ask(server, "INSERT INTO kept VALUES (42)")
    return folder


@pytest.fixture
def place(room: Path) -> Path:
    """An empty folder of the test's own."""
    return passable(Path(tempfile.mkdtemp(dir=room)))


@pytest.fixture
def folder(made_folder: Path, place: Path) -> Path:
    """A data folder of the test's own with a cluster that is not running."""
    subprocess.run(["cp", "-a", str(made_folder), str(place / "data")], check=True)
    return place / "data"


@pytest.fixture
def user() -> Iterator[UserMaker]:
    """Makes processes that use a folder; none outlives the test."""
    made: list[User] = []

    def make(folder: Path, **how: Any) -> User:
        made.append(User(folder, **how))
        return made[-1]

    yield make
    for process in made:
        process.kill()


def passable(folder: Path) -> Path:
    folder.chmod(0o755)
    return folder
