"""What of following from outside a process of the API carries: the teller and its streams."""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

import uvicorn

from api.disclosure import reads_all_details
from api.outside.cloud_events import House
from api.outside.streams import Checks, Streams
from api.outside.teller import Teller
from domain import permissions
from domain.orders import Credentials

if TYPE_CHECKING:
    from api.composition import Service

FOLLOW = "follow-events"
"""The row of the table of permissions."""


def teller_of(service: Service) -> Teller:
    """The log of the house as it is told outside."""
    settings = service.settings
    house = House(settings.event_source, settings.event_type_prefix)
    application = service.application
    return Teller(application.recorder, application.mapper.to_domain_event, house)


def still_fit(service: Service, permission: str) -> Checks:
    """Asks who of those that follow is still signed in, and still has the permission."""

    def fit(asked: Collection[Credentials]) -> Mapping[Credentials, bool]:
        signed = service.application.authenticate_all(asked)
        sessions = service.sessions.living({one.session for one in asked if one.session})
        return {
            one: reads_all_details(found.roles)
            for one, found in signed.items()
            if permissions.may(found.roles, permission)
            and (one.session is None or one.session in sessions)
        }

    return fit


def streams_of(service: Service) -> Streams:
    """The streams of a process of the API; `run` is its lifespan's to call."""
    return Streams(
        teller_of(service),
        still_fit(service, FOLLOW),
        followers_max=service.settings.streams_max,
        heartbeat_seconds=service.settings.stream_heartbeat_seconds,
    )


def server_is_ending() -> Callable[[], bool]:
    """Asks the uvicorn server around this process whether it has been told to stop.

    It waits for open answers before it ends the lifespan, so streams must hear of it otherwise:
    the handler of its signal is a method of the server.
    """
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if not isinstance(server, uvicorn.Server):
        return lambda: False
    return lambda: server.should_exit
