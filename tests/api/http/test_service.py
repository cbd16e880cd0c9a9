"""The service itself: health, metrics, explanations, logs, and a database that goes away."""

import asyncio
import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog
from eventsourcing import persistence

from api.app import create_app
from api.problems import BY_SLUG, PROBLEMS
from tests.api.http.guests import Guests, assert_problem


def test_health_needs_no_token_and_lists_the_views(guests: Guests) -> None:
    guests.get("/v1/pool")
    assert guests.send("GET", "/health/live", None).json() == {"status": "live"}
    ready = guests.send("GET", "/health/ready", None)
    told = ready.json()
    assert (ready.status_code, told["status"]) == (200, "ready")
    assert set(told["views"]) == {
        "customers",
        "pool",
        "tenures",
        "agenda",
        "approvals",
        "audit",
        "disputes",
        "members",
        "statistics",
    }
    assert told["views"]["pool"]["failed"] is None
    assert told["settled"] >= told["views"]["pool"]["position"]


def test_a_head_is_a_get_without_its_body(guests: Guests) -> None:
    answer = guests.send("HEAD", "/health/live", None)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) == len('{"status":"live"}')


def test_metrics_count_requests_by_template_and_commands_by_outcome(guests: Guests) -> None:
    customer = guests.register()
    guests.claim(customer)
    guests.claim(customer, "chen")
    guests.send("GET", "/v1/customers/nowhere/none", None)
    text = guests.send("GET", "/metrics").text
    for line in (
        'tenure_commands_total{command="claim",outcome="done"}',
        'tenure_commands_total{command="claim",outcome="already-protected"}',
        'tenure_http_requests_total{method="POST",route="/v1/customers/{customer_id}/claim"',
        'tenure_http_request_seconds_bucket{le="0.005",method="POST"',
        'tenure_view_lag_events{view="pool"}',
        'tenure_pool_connections{state="in_use"}',
        'route="(none)",status="404"',
    ):
        assert line in text
    assert customer not in text


@pytest.mark.parametrize("slug", [row.slug for row in PROBLEMS])
def test_every_problem_has_a_page_for_everybody_in_both_languages(
    guests: Guests, slug: str
) -> None:
    for language in ("zh", "en"):
        asked = {"Accept-Language": language}
        told = guests.send("GET", f"/problems/{slug}", None, headers=asked)
        wording = BY_SLUG[slug].wording(language)
        assert told.json()["title"] == wording.title
        assert told.headers["content-language"].startswith(language)
        page = guests.send(
            "GET", f"/problems/{slug}", None, headers=asked | {"Accept": "text/html"}
        )
        assert page.headers["content-type"].startswith("text/html")
        assert f"<h1>{wording.title}</h1>" in page.text
        assert "script" not in page.headers["content-security-policy"]


def test_an_unknown_problem_is_not_found(guests: Guests) -> None:
    assert_problem(guests.send("GET", "/problems/none", None), 404, "not-found")


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as entries:
        yield entries


def test_a_request_is_logged_by_template_member_and_outcome_and_nothing_personal(
    guests: Guests, logged: list[Any]
) -> None:
    customer = guests.register()
    guests.claim(customer)
    guests.get(f"/v1/customers/{customer}")
    guests.get("/v1/collisions", name="春意盎然", phone="13800138000")
    text = json.dumps(logged, default=str, ensure_ascii=False)
    claimed = next(entry for entry in logged if str(entry.get("route")).endswith("/claim"))
    assert claimed["member"] == "li"
    assert claimed["status"] == 201
    assert claimed["command_id"]
    assert claimed["request_id"]
    assert claimed["ms"] > 0
    for secret in ("张伟", "13800138000", "春意盎然", guests.tokens["li"], customer):
        assert secret not in json.dumps([claimed], default=str, ensure_ascii=False)
    assert "tnr." not in text
    assert "13800138000" not in text
    assert "张伟" not in text


@pytest.mark.parametrize(
    "failure",
    [
        persistence.OperationalError("gone at 10.0.0.1"),
        persistence.InterfaceError("closed"),
        persistence.IntegrityError("race"),
        persistence.ConnectionUnavailableError("all 10 connections are in use"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_database_that_fails_is_a_passing_problem(
    guests: Guests, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise failure

    monkeypatch.setattr(guests.service.application.recorder, "load", fail)
    for answer in (
        guests.send("GET", "/v1/pool"),
        guests.post("/v1/customers", guests.company()),
        guests.post("/v1/customers", {}),
    ):
        assert_problem(answer, 503, "unavailable")
        assert int(answer.headers["retry-after"]) >= 1
        assert str(failure) not in answer.text


@pytest.mark.parametrize(
    "failure", [persistence.ProgrammingError("no table"), KeyError("secret"), RecursionError()]
)
def test_a_defect_is_a_problem_that_leaks_nothing_and_is_logged(
    guests: Guests,
    monkeypatch: pytest.MonkeyPatch,
    logged: list[Any],
    failure: Exception,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise failure

    monkeypatch.setattr(guests.service.application, "asker", fail)
    answer = guests.send("GET", "/v1/pool")
    problem = assert_problem(answer, 500, "internal")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    failed = [entry for entry in logged if entry["log_level"] == "error"]
    assert failed[0]["request_id"] == problem["request_id"]
    assert failed[0]["exc_info"] is failure


def test_without_its_database_the_service_is_alive_and_not_ready(
    guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise persistence.OperationalError("gone")

    monkeypatch.setattr(guests.service.engine, "lag", fail)
    assert guests.send("GET", "/health/live", None).status_code == 200
    ready = guests.send("GET", "/health/ready", None)
    assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
    assert "tenure_view_lag_events" not in guests.send("GET", "/metrics").text


def test_a_client_that_leaves_is_no_failure(guests: Guests, logged: list[Any]) -> None:
    url = guests.client.base_url
    head = f"POST /v1/customers HTTP/1.1\r\nHost: {url.host}\r\nContent-Length: 100\r\n\r\n{{"
    with socket.create_connection((url.host, url.port or 80)) as line:
        line.sendall(head.encode())
    with httpx.Client(base_url=url, trust_env=False) as client:
        assert client.get("/health/live").status_code == 200
    assert [entry for entry in logged if entry["log_level"] == "error"] == []


def test_a_host_that_is_not_ours_is_not_found(guests: Guests) -> None:
    settings = guests.service.settings.model_copy(update={"trusted_hosts": ("tenure.example",)})
    service = type(guests.service)(
        settings, guests.service.database, guests.service.application, None
    )
    app = create_app(service)

    async def status(host: str) -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return (await client.get("/health/live")).status_code

    assert asyncio.run(status("tenure.example")) == 200
    assert asyncio.run(status("tenure.example:8000")) == 200
    assert asyncio.run(status("evil.example")) == 404
