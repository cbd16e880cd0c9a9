"""The service itself: is it alive, is it ready, what does it count."""

from __future__ import annotations

from typing import Annotated, Any

from eventsourcing.domain import EventSourcingError
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.answers import Answer
from api.metrics import CONTENT_TYPE
from api.models.fields import Told, described
from api.openapi import public, told_to_members
from api.routes.calls import Asked

router = APIRouter()


class Alive(Told):
    """The process answers."""

    status: Annotated[str, described("Always `live`.", "live")]


class ViewHealth(Told):
    """How far a view is."""

    position: Annotated[int, described("Place in the log that it has reached.", 4711)]
    lag: Annotated[int, described("Events that it has still to fold.", 0)]
    failed: Annotated[
        str | None,
        described(
            "The event at which it was set aside; null while it goes on.",
            "customer.claimed at 4711",
        ),
    ]


class Ready(Told):
    """Whether commands and queries can be answered."""

    status: Annotated[str, described("`ready`, or `unavailable` without its database.", "ready")]
    settled: Annotated[int | None, described("End of the log.", 4711)]
    views: Annotated[
        dict[str, ViewHealth],
        described(
            "Each view by name.",
            {"customers": {"position": 4711, "lag": 0, "failed": "customer.claimed at 4711"}},
        ),
    ]


@router.get("/health/live", **public("service", "Is the process alive?", Alive))
async def live() -> Answer:
    """Answers as long as the process does; asks no database."""
    return Answer({"status": "live"})


@router.get(
    "/health/ready", **public("service", "Can it answer?", Ready, also={503: "No database."})
)
def ready(request: Request) -> Answer:
    """Asks the database, and says how far each view is behind the log.

    A view that lags or was set aside does not make the service unready: its answers say so.
    """
    try:
        lags = request.app.state.service.engine.lag()
    except EventSourcingError:
        return Answer({"status": "unavailable", "settled": None, "views": {}}, status=503)
    return Answer(
        {
            "status": "ready",
            "settled": max((lag.settled for lag in lags.values()), default=0),
            "views": {
                name: {"position": lag.position, "lag": lag.lag, "failed": _failure(lag)}
                for name, lag in lags.items()
            },
        }
    )


def _failure(lag: Any) -> str | None:
    """Which event, but not its content: health is told to everybody."""
    return None if lag.failed is None else f"{lag.failed.topic} at {lag.failed.position}"


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    **told_to_members("service", "Prometheus metrics", "# HELP tenure_http_requests_total …"),
)
def metrics(request: Request, call: Asked) -> Response:
    """Requests, latency, commands by outcome, lag of the views, use of the pool.

    Needs a token like everything else: let Prometheus send one of a member of its own.
    """
    call.signed()
    return Response(request.app.state.metrics.text(), headers={"Content-Type": CONTENT_TYPE})
