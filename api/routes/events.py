"""Following from outside: the settled log as CloudEvents, page by page or as a stream."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from eventsourcing.persistence import PersistenceError
from fastapi import APIRouter, Query
from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from api.access.looks import record_export
from api.access.numbers import filters_of
from api.answers import Answer
from api.disclosure import reads_all_details
from api.models.events import EventPage
from api.models.fields import EXAMPLE_ID, Searched
from api.openapi import streamed
from api.outside.event_stream import MEDIA_TYPE, EventStream
from api.outside.following import FOLLOW
from api.outside.streams import Follower, Streams
from api.outside.teller import SCAN_EVENTS_MAX, Wanted
from api.routes.calls import Asked
from api.routes.parameters import LIMIT_MAX, Questions, searched
from domain.errors import Invalid, Unavailable
from domain.orders import Signed
from domain.telling import Topics

router = APIRouter()
LAST_EVENT_ID = "Last-Event-ID"
NOW = "now"
_POSITION_SCHEMA = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
_POSITION = re.compile(r"[0-9]{1,18}")
_JSON_TYPES = ("application/json", "application/*", "*/*")


def _position_of(text: object) -> int | None:
    """The position; None for `now`. Raises PydanticCustomError in both languages."""
    if text == NOW:
        return None
    if not _POSITION.fullmatch(str(text)):
        words = {"zh": "须为非负整数或 now", "en": "must be a non-negative integer, or now"}
        raise PydanticCustomError("malformed", "is no position", words)
    return int(str(text))


class EventQuestions(Questions):
    """From where, and what of it."""

    after: Annotated[
        int | None,
        BeforeValidator(_position_of),
        WithJsonSchema({"anyOf": [_POSITION_SCHEMA, {"const": NOW}], "examples": [4711]}),
        Field(
            description="Position behind which to begin; 0, or left out, at the beginning; `now` "
            "at the end of the settled log.",
            examples=[4711],
        ),
    ] = 0
    limit: Annotated[
        int,
        Field(
            ge=1,
            le=LIMIT_MAX,
            description="Events a page, 1 to 500; a stream has none.",
            examples=[100],
        ),
    ] = 100
    topic: Annotated[
        tuple[Annotated[Searched, searched("A topic.", "customer.claimed")], ...],
        Field(
            description="Only these topics; `customer.*` stands for all of a kind.",
            examples=[["customer.claimed"]],
        ),
    ] = ()
    customer: Annotated[
        UUID | None, Field(description="Only about this customer.", examples=[EXAMPLE_ID])
    ] = None


@router.get(
    "/v1/events",
    **streamed("following", "Follow the log", EventPage, MEDIA_TYPE, permission=FOLLOW),
)
def events(asked: Annotated[EventQuestions, Query()], call: Asked, request: Request) -> Response:
    """Settled events in the order of the log, none missing, none twice, as CloudEvents 1.0.

    `Accept: application/json` answers a page; go on with `next` as `after`. A page looks at 5,000
    events at most, so one with a filter may hold fewer than `limit`, or none, and yet not be the
    last. `Accept: text/event-stream` streams: `id` is the position, `event` the topic, `data` the
    CloudEvent; `Last-Event-ID` goes on exactly there. For auditors and directors; administrators
    are told no notes, reasons and statements (A-34).
    """
    signed = call.signed()
    wanted = Wanted(Topics.chosen(asked.topic), asked.customer)
    streams: Streams = request.app.state.streams
    sees_details = reads_all_details(signed.roles)
    settled = call.application.recorder.settled_position()
    if _prefers_stream(request.headers):
        after = _beginning(_last_event_id(request.headers), asked, settled)
        credentials = call.credentials
        facts = _facts("stream", asked, after)
        record_export(call, signed, "exported", FOLLOW, facts, asked.customer)
        return EventStream(
            streams,
            lambda: Follower(credentials, wanted, after, sees_details),
            partial(_ended, call, signed, facts, asked.customer),
        )
    after = _beginning(None, asked, settled)
    page = streams.teller.stretch(
        after=after, upto=settled, wanted=wanted, limit=asked.limit, scan_max=SCAN_EVENTS_MAX
    )
    facts = _facts("events", asked, after) | {"rows": len(page.events), "reached": page.reached}
    record_export(call, signed, "exported", FOLLOW, facts, asked.customer)
    body = b'{"items":[%b],"next":%d,"position":%d}' % (
        b",".join(event.body(sees_details=sees_details) for event in page.events),
        page.reached,
        settled,
    )
    return Answer.of_bytes(body, position=settled)


def _ended(
    call: Asked,
    signed: Signed,
    facts: dict[str, Any],
    customer: UUID | None,
    rows: int,
    reached: int,
) -> None:
    """Keep what a stream carried. Whoever finds no end knows from the beginning what it may have
    been."""
    told = {**facts, "rows": rows, "reached": reached, "complete": True}
    with suppress(Unavailable, PersistenceError):
        now = replace(signed, at=call.application.now())
        record_export(call, now, "export-ended", FOLLOW, told, customer)


def _facts(view: str, asked: EventQuestions, after: int) -> dict[str, Any]:
    """What is kept of whoever follows. A stream goes on from there for as long as it is open."""
    filters = filters_of(asked, without=("after", "limit"))
    return {"view": view, "filters": filters, "after": after}


def _beginning(last_event_id: int | None, asked: EventQuestions, settled: int) -> int:
    """Behind which position to begin. Raises Invalid for one that the log has not reached."""
    if last_event_id is not None:
        field, after = LAST_EVENT_ID, last_event_id
    else:
        field, after = "after", settled if asked.after is None else asked.after
    if after > settled:
        raise Invalid.field(
            field,
            "beyond-the-end",
            zh=f"日志目前只到 {settled}；若曾从备份恢复，请从头核对",
            en=f"the log ends at {settled} so far; after a restore from a backup, compare from "
            "the beginning",
        )
    return after


def _last_event_id(headers: Headers) -> int | None:
    """The position that a client has seen last. Raises Invalid."""
    sent = headers.get(LAST_EVENT_ID, "").strip()
    if not sent:
        return None
    if not _POSITION.fullmatch(sent):
        raise Invalid.field(
            LAST_EVENT_ID, "malformed", zh="须为事件的位置", en="must be the position of an event"
        )
    return int(sent)


def _prefers_stream(headers: Headers) -> bool:
    """True where a stream is wanted more than a page (RFC 9110, 12.5.1)."""
    weights: dict[str, float] = {}
    for part in ",".join(headers.getlist("accept")).split(","):
        media_type, *parameters = (word.strip().lower() for word in part.split(";"))
        weights[media_type] = _weight(parameters)
    stream = weights.get(MEDIA_TYPE, weights.get("text/*", 0.0))
    return stream > 0 and stream >= max((weights.get(kind, 0.0) for kind in _JSON_TYPES), default=0)


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
