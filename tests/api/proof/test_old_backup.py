"""An old backup of the database is copied back while newer checkpoints are kept: it is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.cli.running import opened
from api.composition import Service
from api.proof.keeping import CheckpointFile
from api.proof.logs import EVENTS
from api.proof.sealing import LogSealer
from api.proof.signing import CheckpointRefused
from api.proof.standing import standings
from api.settings import Settings
from domain.orders import CONSOLE, Order


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder, which the server's account must be able to pass."""
    made = Path(tempfile.mkdtemp(prefix="tenure-test-"))
    made.chmod(0o755)
    yield made / "data"
    shutil.rmtree(made, ignore_errors=True)


def settings(data: Path) -> Settings:
    return Settings(_env_file=None, data=data, worker=False)  # type: ignore[call-arg]


def hire(service: Service, *members: str) -> None:
    """Events, which are then sealed, and signed where they may be."""
    for member in members:
        service.application.add_member(
            Order(CONSOLE), member=member, name=member, roles=["seller"], department="一部"
        )
    with closing(LogSealer(service)) as sealer:
        while sealer.step():
            pass


def copied(place: Path, to: Path) -> None:
    subprocess.run(["cp", "-a", str(place), str(to)], check=True)


def verify(data: Path) -> list[dict[str, Any]]:
    ran = CliRunner().invoke(app, ["verify", "--json", "--data", str(data)])
    assert ran.exit_code == 1, ran.stderr[-2000:]
    logs = json.loads(ran.stdout)["logs"]
    return [finding for log in logs for finding in log["findings"]]


def test_an_old_database_under_newer_checkpoints_is_refused_and_found(data: Path) -> None:
    with opened(settings(data)) as service:
        hire(service, "li", "chen")
        old = service.checkpointer.sign(EVENTS)[1]
    copied(data / "postgres", data.parent / "backup")
    with opened(settings(data)) as service:
        hire(service, "wang", "zhao")
        new = service.checkpointer.sign(EVENTS)[1]
    assert new.size > old.size
    shutil.rmtree(data / "postgres")
    copied(data.parent / "backup", data / "postgres")

    kept = CheckpointFile(data / "checkpoints" / "events.checkpoints")
    with opened(settings(data)) as service:
        with pytest.raises(CheckpointRefused) as refused:
            service.checkpointer.sign(EVENTS)
        assert refused.value.problem == "tree-shorter"
        assert standings(service)[0].refused is not None
    (found,) = verify(data)
    assert (found["log"], found["kind"]) == ("events", "checkpoint-beyond")

    # It is not forgotten when the log has grown beyond what was signed.
    with opened(settings(data)) as service:
        hire(service, "sun", "qian", "zhou")
        with pytest.raises(CheckpointRefused) as refused:
            service.checkpointer.sign(EVENTS)
        assert refused.value.problem == "fork"
    assert [one["kind"] for one in verify(data)] == ["checkpoint-forked"]
    last = kept.last()
    assert last is not None
    assert last.checkpoint == new
