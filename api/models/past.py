"""What queries on the past answer: events, holders, tenures."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from api.models.customers import At, Group, HeldOver, Hidden, Next, ViewPosition
from api.models.fields import (
    EXAMPLE_ID,
    EXAMPLE_INSTANT,
    EXAMPLE_LATER,
    Instant,
    Told,
    described,
)
from api.models.receipts import CustomerId

EventPosition = Annotated[int, described("Place of the event in the log.", 4698)]
EventAt = Annotated[Instant, described("When it took effect.", EXAMPLE_INSTANT)]
RecordedAt = Annotated[Instant, described("When the store wrote it down.", EXAMPLE_INSTANT)]
Stage = Annotated[str, described("Stage of protection.", "potential")]
Ended = Annotated[
    str | None,
    described(
        "How it ended: `lapsed`, `undecided`, `released`, `withdrawn`, `removed`, `left`, "
        "`merged`; by the next stage, `review-passed`, `review-refused`, `corrected`, "
        "`intent-granted`, `contract-confirmed`; or in other hands, `transferred`, `moved` (to "
        "after-sales), by a ruling `dispute-moved`, `restored`; null while it runs.",
        "lapsed",
    ),
]


class EventTold(Told):
    """One event, in words and facts."""

    position: EventPosition
    version: Annotated[int, described("Place of the event in its stream.", 2)]
    topic: Annotated[str, described("What kind of event.", "customer.claimed")]
    at: EventAt
    recorded_at: RecordedAt
    actor: Annotated[str, described("Who caused it; `system`: nobody did.", "zhang-wei")]
    rulebook: Annotated[
        str | None, described("Version of the rules that decided; null: none did.", "2026-1")
    ]
    words: Annotated[
        str,
        described("The event in a sentence, in the language of the request.", "zhang-wei claimed."),
    ]
    facts: Annotated[
        dict[str, Any],
        described("Its fields, without personal ones; empty where hidden.", {"from_pool": False}),
    ]


class HistoryPage(Told):
    """A customer's own events with the refusals about it between them, page by page."""

    items: Annotated[list[EventTold], described("The events of this page.", [])]
    details_hidden: Hidden
    next: Next
    position: ViewPosition
    at: At


class AuditLine(EventTold):
    """An event of the whole log."""

    stream_id: Annotated[UUID, described("Id of its stream.", EXAMPLE_ID, format="uuid")]
    customer_id: Annotated[
        UUID | None,
        described("The customer it is about; null: none.", EXAMPLE_ID, format="uuid"),
    ]
    customer_name: Annotated[
        str | None, described("What that one is called now; null: none.", "靖江市春意空调有限公司")
    ]
    rule: Annotated[str | None, described("The rule that a refusal broke; null otherwise.", None)]
    clause: Annotated[str | None, described("The rule's clause; null: none.", "S1-302")]
    reason: Annotated[str | None, described("The reason that its author gave.", None)]


class AuditPage(Told):
    """Events of the whole log, page by page."""

    items: Annotated[list[AuditLine], described("The events of this page.", [])]
    next: Next
    position: ViewPosition
    at: At


class HolderTold(Told):
    """Who protected the customer at an instant, as known at another, and why."""

    customer_id: CustomerId
    holder: Annotated[
        str | None,
        described("Who held it; null in the pool, and while a group held it.", "zhang-wei"),
    ]
    group: Group
    stage: Annotated[str | None, described("In which stage; null in the pool.", "potential")]
    claimed_at: Annotated[
        Instant | None, described("When that protection was asked for.", EXAMPLE_INSTANT)
    ]
    in_force_since: Annotated[
        Instant | None, described("When its review passed; null before.", EXAMPLE_INSTANT)
    ]
    since: Annotated[Instant | None, described("Since when it was in that stage.", EXAMPLE_INSTANT)]
    until: Annotated[
        Instant | None,
        described(
            "When that tenure ended, or ends by what is known, a hold-over included; null where no "
            "end is known. A stranger sees the end of its day in Asia/Shanghai.",
            EXAMPLE_LATER,
        ),
    ]
    held_over_by: HeldOver
    ended: Ended
    merged_into: Annotated[
        UUID | None,
        described(
            "The record that answered for it at that instant; null: it answered itself.",
            None,
            format="uuid",
        ),
    ]
    grounds: Annotated[
        list[EventTold], described("The events that granted and ended the tenure.", [])
    ]
    rulebook: Annotated[str | None, described("Version of the rules that granted it.", "2026-1")]
    explanation: Annotated[
        str, described("The answer in words, in the language of the request.", "zhang-wei held it.")
    ]
    at: Annotated[Instant, described("The instant that was asked about.", EXAMPLE_INSTANT)]
    known_at: Annotated[
        Instant | None, described("The instant whose knowledge was asked for; null: now.", None)
    ]
    position: Annotated[int, described("The last event of the customer that was known.", 4698)]


class TenureTold(Told):
    """One holder in one stage, half-open [since, until)."""

    customer_id: CustomerId
    opened_version: Annotated[int, described("Version of the event that opened it.", 2)]
    holder: Annotated[
        str | None, described("Who held it; null while a group held it.", "zhang-wei")
    ]
    group: Group
    department: Annotated[str | None, described("Department of the holder.", "一部")]
    stage: Stage
    claimed_at: Annotated[Instant, described("When it was asked for.", EXAMPLE_INSTANT)]
    since: Annotated[Instant, described("When the stage began.", EXAMPLE_INSTANT)]
    until: Annotated[
        Instant | None,
        described(
            "Its end, or its deadline; null where none is known. A stranger sees the end of the "
            "deadline's day in Asia/Shanghai.",
            EXAMPLE_LATER,
        ),
    ]
    in_force_since: Annotated[
        Instant | None, described("When the review passed; null before.", EXAMPLE_INSTANT)
    ]
    ended: Ended
    rulebook: Annotated[str, described("Version of the rules that granted it.", "2026-1")]
    grounds: Annotated[
        list[int], described("Versions of the events that granted and ended it.", [2, 3])
    ]


class TenurePage(Told):
    """Tenures in the order in which they began, page by page."""

    items: Annotated[list[TenureTold], described("The tenures of this page.", [])]
    next: Next
    position: ViewPosition
    at: At
