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
from api.outside.overview import counts
from api.proof.standing import Standing, standings
from api.routes.calls import Asked

router = APIRouter()


class Alive(Told):
    """The process answers."""

    status: Annotated[str, described("Always `live`.", "live")]


class ViewHealth(Told):
    """How far a view is."""

    position: Annotated[int, described("Place in the log that it has reached.", 4711)]
    lag: Annotated[int, described("Events that it has still to fold.", 0)]
    is_current: Annotated[
        bool,
        described(
            "Whether its tables are of the version that this release knows. If not, it is being "
            "folded anew beside them, and questions to it are answered with `view-behind`.",
            True,
        ),
    ]
    failed: Annotated[
        str | None,
        described(
            "The event at which it was set aside, and the kind of error; null while it goes on.",
            "customer.claimed at 4711: UniqueViolation",
        ),
    ]


class WebhookHealth(Told):
    """How the webhooks stand; `tenure webhook list` names them."""

    active: Annotated[int, described("To which events are sent.", 2)]
    failing: Annotated[int, described("Of those, whose last attempt failed.", 0)]
    disabled: Annotated[int, described("To which nothing is sent any more.", 0)]


class SealHealth(Told):
    """How far a log is sealed, and whether checkpoints of it are signed."""

    size: Annotated[int, described("Leaves of its tree.", 4690)]
    lag: Annotated[int, described("Positions that are still to be sealed.", 0)]
    checkpoint: Annotated[
        int | None, described("Leaves that the last checkpoint outside is of.", 4690)
    ]
    problem: Annotated[
        str | None,
        described(
            "Why no checkpoint is signed until an operator has seen to it; null while they are.",
            "fork",
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
            {
                "customers": {
                    "position": 4710,
                    "lag": 2,
                    "is_current": True,
                    "failed": "customer.claimed at 4711: UniqueViolation",
                }
            },
        ),
    ]
    access_log: Annotated[
        bool,
        described(
            "Whether the access log can be written. If not, whatever shows details is answered "
            "with `unavailable`.",
            True,
        ),
    ]
    webhooks: Annotated[
        WebhookHealth | None,
        described(
            "How the webhooks stand; null without a database.",
            {"active": 2, "failing": 0, "disabled": 0},
        ),
    ]
    seals: Annotated[
        dict[str, SealHealth],
        described(
            "The log of events and the access log.",
            {"events": {"size": 4690, "lag": 0, "checkpoint": 4690, "problem": "fork"}},
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

    A view that lags or was set aside does not make the service unready: its answers say so. Nor
    does a webhook that fails, an access log that cannot be written, or a log that is not what was
    signed: that is for an operator to see.
    """
    service = request.app.state.service
    try:
        lags, webhooks, seals = service.engine.lag(), counts(service), standings(service)
        is_kept = service.access_log.is_writable()
    except EventSourcingError:
        nothing = {
            "status": "unavailable",
            "settled": None,
            "views": {},
            "access_log": False,
            "webhooks": None,
            "seals": {},
        }
        return Answer(nothing, status=503)
    return Answer(
        {
            "status": "ready",
            "settled": max((lag.settled for lag in lags.values()), default=0),
            "views": {
                name: {
                    "position": lag.position,
                    "lag": lag.lag,
                    "is_current": lag.is_current,
                    "failed": _failure(lag),
                }
                for name, lag in lags.items()
            },
            "access_log": is_kept,
            "webhooks": webhooks,
            "seals": {one.log.name: _seal(one) for one in seals},
        }
    )


def _seal(standing: Standing) -> dict[str, Any]:
    return {
        "size": standing.head.size,
        "lag": standing.lag,
        "checkpoint": standing.checkpoint,
        "problem": standing.refused and standing.refused.problem,
    }


def _failure(lag: Any) -> str | None:
    """Which event and what kind of error, but no content: health is told to everybody.

    What an error says may name a company. The log line and `tenure doctor` have it whole.
    """
    if lag.failed is None:
        return None
    kind = lag.failed.error.partition(":")[0]
    return f"{lag.failed.topic} at {lag.failed.position}: {kind}"


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    **told_to_members(
        "service",
        "Prometheus metrics",
        "# HELP tenure_http_requests_total …",
        permission="see-metrics",
    ),
)
def metrics(request: Request, call: Asked) -> Response:
    """Requests, latency, commands by outcome, lag of the views, use of the pool.

    Needs a token like everything else: let Prometheus send one of a member of its own.
    """
    call.signed()
    return Response(request.app.state.metrics.text(), headers={"Content-Type": CONTENT_TYPE})
