"""The API: routes, problems, envelope, metrics and the OpenAPI document around one service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from eventsourcing.domain import EventSourcingError
from fastapi import FastAPI
from starlette.exceptions import HTTPException

from api.access.same_look import Looks
from api.console.pages import PAGES
from api.console.strays import StrayPage, for_reader
from api.console.watch import watch_of
from api.envelope import Envelope
from api.metrics import Metrics
from api.openapi import PERMISSION, install_openapi
from api.outside import overview as webhooks
from api.outside.following import server_is_ending, streams_of
from api.problems.handlers import Handlers
from api.proof import standing as seals
from api.proxies import Proxies
from api.routes import (
    access,
    applications,
    audit,
    board,
    briefing,
    bursts,
    classes,
    contracts,
    departments,
    details,
    disputes,
    dry_runs,
    duplicates,
    events,
    evidence,
    explained,
    hand_over,
    health,
    life,
    lists,
    members,
    oidc,
    pool,
    proofs,
    protection,
    questions,
    registration,
    rulebooks,
    sign_in,
    statistics,
    subjects,
    tasks,
    what_if,
)
from api.sign_in.gate import Gate
from api.sign_in.limiting import Limits
from api.sign_in.token_uses import TokenUses

if TYPE_CHECKING:
    from api.composition import Service
    from api.sign_in.oidc import Provider

THREADS_SPARE = 6
"""Threads beyond one a connection: they wait for views, render, and answer from memory."""

ROUTERS = (
    protection.router,
    applications.router,
    contracts.router,
    hand_over.router,
    registration.router,
    classes.router,
    details.router,
    duplicates.router,
    subjects.router,
    disputes.router,
    questions.router,
    life.router,
    what_if.router,
    pool.router,
    lists.router,
    board.router,
    audit.router,
    access.router,
    bursts.router,
    tasks.router,
    briefing.router,
    statistics.router,
    members.router,
    sign_in.router,
    oidc.router,
    departments.router,
    rulebooks.router,
    dry_runs.router,
    events.router,
    proofs.router,
    evidence.router,
    health.router,
    explained.router,
)


def create_app(service: Service, *, metrics: Metrics | None = None) -> FastAPI:
    """The ASGI application of `service`, which it neither opens nor closes."""
    metrics = metrics or Metrics()
    app = FastAPI(
        title="Tenure",
        version=version("tenure"),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.service = service
    app.state.metrics = metrics
    app.state.limits = limits = Limits(service.settings)
    app.state.gate = Gate()
    app.state.oidc = provider_of(service)
    app.state.oidc_gate = Gate(at_once=oidc.AT_ONCE)
    app.state.token_uses = token_uses = TokenUses(service.database)
    app.state.streams, app.state.watch = streams_of(service), watch_of(service)
    app.state.looks = Looks()
    for gauges in (_gauges, webhooks.gauges, seals.gauges):
        metrics.add_gauges(partial(gauges, service))
    metrics.add_gauges(partial(_stream_gauges, app))
    app.state.permissions = _permissions()
    _install_routes(app, service)
    hosts = service.settings.trusted_hosts
    app.add_middleware(
        Envelope,
        metrics=metrics,
        trusted_hosts=() if "*" in hosts else hosts,
        test_clock=service.database.clock,
        proxies=Proxies(service.settings.trusted_proxies, service.settings.forwarded_header),
        limits=limits,
        token_uses=token_uses,
        behind_tls=service.settings.behind_tls,
        for_reader=for_reader,
    )
    install_openapi(app)
    return app


def _install_routes(app: FastAPI, service: Service) -> None:
    """The routes. Every error becomes its problem; of an address that nobody serves people get a
    page."""
    for router in (*ROUTERS, *PAGES):
        app.include_router(router)
    handlers = Handlers(service.application, service.access_log)
    handlers.install(app)
    app.add_exception_handler(HTTPException, StrayPage(handlers.http_error).answer)


def _permissions() -> dict[Any, str]:
    """The permission that each route of the interface names, by its function: pages ask those."""
    return {
        route.endpoint: route.openapi_extra[PERMISSION]  # type: ignore[attr-defined]
        for router in ROUTERS
        for route in router.routes
    }


def provider_of(service: Service) -> Provider | None:
    """The OpenID Connect provider, where the settings name one. Raises SettingsInvalid."""
    if service.settings.oidc_issuer is None:
        return None
    from api.sign_in.oidc import Provider

    return Provider(service.settings, service.application.sealer)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
    """One thread a connection, and some to spare: more would only wait for one another.

    The streams' one reader runs beside the requests, and is woken by what they write; the watch of
    open pages looks by itself.
    """
    limiter = anyio.to_thread.current_default_thread_limiter()
    limiter.total_tokens = app.state.service.database.size + THREADS_SPARE
    service, streams = app.state.service, app.state.streams
    async with anyio.create_task_group() as group:
        group.start_soon(streams.run, server_is_ending())
        group.start_soon(app.state.watch.run, server_is_ending())
        group.start_soon(app.state.token_uses.run)
        service.on_write.append(streams.wake)
        yield {}
        service.on_write.remove(streams.wake)
        group.cancel_scope.cancel()


def _stream_gauges(app: FastAPI) -> Iterator[tuple[str, str, Mapping[str, str], float]]:
    yield "tenure_streams", "Streams of events that are open.", {}, app.state.streams.count
    yield "tenure_open_pages", "Pages that follow the log.", {}, app.state.watch.count


def _gauges(service: Service) -> Iterator[tuple[str, str, Mapping[str, str], float]]:
    """The views' lag and the pool's use, read at every scrape."""
    pool = service.database
    for state, count in (("in_use", pool.connections_in_use), ("size", pool.size)):
        yield "tenure_pool_connections", "Connections of the pool.", {"state": state}, count
    try:
        lags = service.engine.lag()
    except EventSourcingError:
        return
    for view, lag in lags.items():
        yield (
            "tenure_view_lag_events",
            "Events that a view has still to fold.",
            {"view": view},
            lag.lag,
        )
        yield (
            "tenure_view_failed",
            "1 where a view was set aside at an event that it cannot fold.",
            {"view": view},
            float(lag.failed is not None),
        )
