"""The log as it is told outside: CloudEvents, page by page."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from api.models.fields import EXAMPLE_ID, EXAMPLE_INSTANT, Instant, Told, at_times, described


class EventWords(Told):
    """The event in a sentence."""

    zh: Annotated[str, described("In Chinese.", "zhang-wei申请保护")]
    en: Annotated[str, described("In English.", "zhang-wei claimed the customer")]


class EventContent(Told):
    """What an event says."""

    facts: Annotated[
        dict[str, Any],
        described(
            "Its fields, without what is sealed, hashed or secret; for whoever may not read any "
            "customer's details without what people typed.",
            {"from_pool": False},
        ),
    ]
    words: Annotated[
        EventWords,
        described(
            "The same as a sentence.",
            {"zh": "zhang-wei申请保护", "en": "zhang-wei claimed the customer"},
        ),
    ]


class CloudEvent(Told):
    """An event in the structured JSON form of CloudEvents 1.0."""

    specversion: Annotated[Literal["1.0"], described("Version of CloudEvents.", "1.0")]
    id: Annotated[str, described("Its position; with `source` unique.", "4711")]
    source: Annotated[str, described("The house that tells it.", "/tenure")]
    type: Annotated[str, described("Its topic, behind the house's prefix.", "customer.claimed")]
    subject: Annotated[
        str | None, at_times("The customer that it is about; left out: none.", EXAMPLE_ID)
    ] = None
    time: Annotated[Instant, described("When it took effect.", EXAMPLE_INSTANT)]
    datacontenttype: Annotated[
        Literal["application/json"], described("Form of `data`.", "application/json")
    ]
    position: Annotated[str, described("Place in the log; it ascends.", "4711")]
    recordedtime: Annotated[Instant, described("When the store wrote it down.", EXAMPLE_INSTANT)]
    streamid: Annotated[UUID, described("Id of its stream.", EXAMPLE_ID, format="uuid")]
    streamversion: Annotated[int, described("Place in its stream.", 2)]
    actor: Annotated[str, described("Who caused it; `system`: nobody did.", "zhang-wei")]
    rulebook: Annotated[
        str | None, at_times("Version of the rules that decided; left out: none did.", "2026-1")
    ] = None
    data: Annotated[
        EventContent,
        described(
            "What it says.",
            {
                "facts": {"from_pool": False},
                "words": {"zh": "zhang-wei申请保护", "en": "zhang-wei claimed the customer"},
            },
        ),
    ]


class EventPage(Told):
    """Settled events in the order of the log."""

    items: Annotated[list[CloudEvent], described("The events of this page; at times none.", [])]
    next: Annotated[
        int,
        described(
            "`after` of the next page: everything up to there that was asked for has been told. "
            "Where it equals `position`, this page is the last one for now.",
            4711,
        ),
    ]
    position: Annotated[int, described("End of the settled log.", 4711)]
