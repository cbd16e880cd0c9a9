"""docker-compose.yml and the Dockerfile fit the compose schema, the settings and the command line.

No Docker engine is at hand where tests run, so what can be read is checked, and nothing is started.
"""

from __future__ import annotations

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from jsonschema import Draft202012Validator, validators

from api.cli.main import app
from api.routes import health
from api.settings import Settings

ROOT = Path(__file__).parent.parent
SCHEMA = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
INTERPOLATED = re.compile(r"\$\{(\w+)[^}]*\}")
OURS = ("migrate", "api", "worker")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file as docker reads it, merge keys resolved."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = compose["services"]
    return found


@pytest.fixture(scope="module")
def dockerfile() -> list[tuple[str, str]]:
    """Instructions and their arguments, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def arguments_of(dockerfile: list[tuple[str, str]], instruction: str) -> list[str]:
    return [arguments for name, arguments in dockerfile if name == instruction]


def test_the_file_fits_the_compose_schema(compose: dict[str, Any]) -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    validator = validators.validator_for(schema, default=Draft202012Validator)(schema)
    assert [error.message for error in validator.iter_errors(compose)] == []


def test_every_variable_is_a_setting(
    services: dict[str, Any], dockerfile: list[tuple[str, str]]
) -> None:
    named = {name for service in OURS for name in services[service]["environment"]}
    named |= set(re.findall(r"\b(TENURE_\w+)\b", " ".join(arguments_of(dockerfile, "ENV"))))
    known = {f"TENURE_{name.upper()}" for name in Settings.model_fields}
    assert named
    assert named <= known


def test_the_services_can_read_their_settings(
    services: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for service in OURS:
        for name, value in services[service]["environment"].items():
            monkeypatch.setenv(name, INTERPOLATED.sub("word", value))
        settings = Settings(_env_file=None)  # type: ignore[call-arg]
        assert settings.database == "postgresql://tenure_owner:word@postgres:5432/tenure"
        for file in (settings.key_file, settings.hash_key_file):
            assert file is not None
            assert file.parent == Path("/run/secrets")
            assert file.name in services[service]["secrets"]


def test_secrets_are_files_and_no_secret_stands_in_the_file(compose: dict[str, Any]) -> None:
    wanted = {name for service in OURS for name in compose["services"][service]["secrets"]}
    assert set(compose["secrets"]) == wanted
    assert all(set(secret) == {"file"} for secret in compose["secrets"].values())
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name:
                assert INTERPOLATED.fullmatch(value)
            for password in re.findall(r"://[^:/]+:(.+)@", value):
                assert INTERPOLATED.fullmatch(password)


def test_the_database_keeps_its_data_where_postgresql_18_wants_it(compose: dict[str, Any]) -> None:
    postgres = compose["services"]["postgres"]
    assert postgres["image"].split(":") == ["postgres", "18"]
    volume, place = postgres["volumes"][0].split(":")
    assert place == "/var/lib/postgresql"
    assert volume in compose["volumes"]
    user, database = (postgres["environment"][f"POSTGRES_{name}"] for name in ("USER", "DB"))
    check = postgres["healthcheck"]["test"]
    assert check[:2] == ["CMD", "pg_isready"]
    assert {f"--username={user}", f"--dbname={database}"} <= set(check)


def test_the_schema_is_migrated_once_before_api_and_worker_start(services: dict[str, Any]) -> None:
    healthy = {"condition": "service_healthy"}
    assert services["migrate"]["depends_on"] == {"postgres": healthy}
    assert services["migrate"]["restart"].split(":")[0] in {"no", "on-failure"}
    for service in ("api", "worker"):
        assert services[service]["depends_on"] == {
            "postgres": healthy,
            "migrate": {"condition": "service_completed_successfully"},
        }


@pytest.mark.parametrize("service", OURS)
def test_a_services_command_is_one_of_the_command_line(
    services: dict[str, Any], service: str
) -> None:
    name, *options = services[service]["command"]
    _assert_understood(name, options)


def test_a_process_is_given_more_time_to_end_than_it_needs_to_drain(
    services: dict[str, Any],
) -> None:
    drain_seconds = Settings.model_fields["drain_seconds"].default
    for service in ("api", "worker"):
        assert int(services[service]["stop_grace_period"].removesuffix("s")) > drain_seconds


def test_the_image_runs_the_command_as_an_ordinary_user(dockerfile: list[tuple[str, str]]) -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert json.loads(arguments_of(dockerfile, "ENTRYPOINT")[0]) == ["tenure"]
    assert "tenure" in pyproject["project"]["scripts"]
    name, *options = json.loads(arguments_of(dockerfile, "CMD")[-1])
    _assert_understood(name, options)
    assert int(arguments_of(dockerfile, "USER")[0]) > 0
    images = [arguments.split()[0] for arguments in arguments_of(dockerfile, "FROM")]
    assert images == ["python:3.13-slim"] * 2


def test_the_image_is_healthy_when_the_service_is_ready(dockerfile: list[tuple[str, str]]) -> None:
    check = arguments_of(dockerfile, "HEALTHCHECK")[0]
    asked = re.findall(r"'(/health/\w+)'", check)
    assert asked == ["/health/ready"]
    assert asked[0] in {getattr(route, "path", None) for route in health.router.routes}
    command = json.loads(re.search(r"CMD (\[.*\])", check)[1])  # type: ignore[index]
    compile(command[2], "HEALTHCHECK", "exec")


def test_the_builder_is_sent_everything_that_the_distribution_holds() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    sent = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    packages = pyproject["tool"]["setuptools"]["packages"]["find"]["include"]
    wanted = {package.removesuffix("*") for package in packages}
    wanted |= {"pyproject.toml", "constraints.txt", pyproject["project"]["readme"]}
    wanted |= set(pyproject["project"]["license-files"])
    assert sent == wanted


def _assert_understood(name: str, options: list[str]) -> None:
    """The command line takes these words; nothing is run."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    commands[name].make_context(name, list(options))
