"""Data subjects: bodies of the commands, and what the questions answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from api.models.bodies import Reason
from api.models.customers import At, Name, ViewPosition
from api.models.fields import EXAMPLE_ID, EXAMPLE_INSTANT, Body, Instant, Told, described
from api.models.receipts import CustomerId, Position

Ground = Literal[
    "consent-withdrawn",
    "purpose-achieved",
    "service-stopped",
    "retention-over",
    "unlawful",
    "other",
]
DataState = Literal["open", "restricted", "erased"]
GroundField = Annotated[
    Ground, described("Why the data must go (PIPL art. 47).", "consent-withdrawn")
]
StateField = Annotated[
    DataState,
    described(
        "`open`: used; `restricted`: an erasure was asked for, the data is shown to nobody; "
        "`erased`: its key was destroyed.",
        "restricted",
    ),
]
SubjectField = Annotated[UUID, described("Id of the data subject.", EXAMPLE_ID, format="uuid")]


class ErasureBody(Body):
    """Asks for a subject's data to be erased."""

    ground: GroundField
    reason: Reason


class LiftBody(Body):
    """Uses a subject's data again."""

    reason: Reason


class SubjectReceipt(Told):
    """Where the subject stands after the command."""

    subject_id: SubjectField
    subject_state: StateField
    customers: Annotated[list[UUID], described("Records that hold the data.", [EXAMPLE_ID])]
    version: Annotated[int, described("Version of the subject's stream, as in the ETag.", 1)]
    position: Position


class HeldTold(Told):
    """What one record holds of a subject."""

    subject_id: SubjectField
    customer_id: CustomerId
    customer_name: Name
    kind: Annotated[
        Literal["contact", "phone"],
        described("`contact`: a person's name and phone; `phone`: the company's own.", "contact"),
    ]
    position: Annotated[
        str | None, described("The contact's position; null for a phone.", "采购经理")
    ]
    state: StateField
    recorded_at: Annotated[
        Instant,
        described(
            "Since when; where that is not for the reader, the beginning of its day.",
            EXAMPLE_INSTANT,
        ),
    ]


class ErasureTold(Told):
    """The last erasure that was asked for."""

    subject_id: SubjectField
    state: StateField
    customers: Annotated[list[UUID], described("Records that hold the data.", [EXAMPLE_ID])]
    ground: GroundField
    asked_by: Annotated[str, described("Who asked.", "zhao-min")]
    asked_at: Annotated[Instant, described("When.", EXAMPLE_INSTANT)]
    settled_by: Annotated[
        str | None, described("Who confirmed or lifted it; null: nobody yet.", None)
    ]
    settled_at: Annotated[Instant | None, described("When; null: not yet.", None)]


class SubjectLine(HeldTold):
    """What a record holds of a subject, and the erasure that was asked for."""

    erasure: Annotated[
        ErasureTold | None, described("The last erasure asked for; null: none ever.", None)
    ]


class SubjectList(Told):
    """The subjects of a customer, or those whose erasure waits."""

    items: Annotated[list[SubjectLine], described("One entry a record and subject.", [])]
    position: ViewPosition
    at: At


class ExportTold(Told):
    """What one member took out of the house on one day in one way, after the data was recorded."""

    first: Annotated[Instant, described("When, for the first time that day.", EXAMPLE_INSTANT)]
    last: Annotated[Instant, described("When, for the last time that day.", EXAMPLE_INSTANT)]
    count: Annotated[
        int, described("How often; pages of events count one by one, empty ones not.", 1)
    ]
    rows: Annotated[
        int | None,
        described(
            "Events in the pages that were taken; null: a file or stream, whose end is an entry "
            "of the access log.",
            None,
        ),
    ]
    member: Annotated[str | None, described("Who took it; null: unknown.", "wu-jing")]
    token_id: Annotated[
        UUID | None, described("By which of his tokens; null: by none.", None, format="uuid")
    ]
    customer_id: Annotated[UUID | None, described("Of which record; null: of more than one.", None)]
    facts: Annotated[
        dict[str, Any], described("What was exported, as the access log says.", {"view": "audit"})
    ]


class ReceiverTold(Told):
    """A webhook to which events went after the data was recorded."""

    webhook_id: Annotated[UUID, described("Id of the webhook.", EXAMPLE_ID, format="uuid")]
    address: Annotated[str, described("Where it sends.", "https://example.com/hook")]
    delivered: Annotated[int, described("Messages in all.", 4711)]
    delivered_at: Annotated[Instant | None, described("The last one.", EXAMPLE_INSTANT)]
    carried: Annotated[
        Literal["ids-only"],
        described(
            "What of the data it carried: ids, never a name, phone or sealed field.", "ids-only"
        ),
    ]


class SubjectTold(Told):
    """A data subject: where its data lies, where it went, and what became of it."""

    subject_id: SubjectField
    state: StateField
    held: Annotated[list[HeldTold], described("Where the data lies.", [])]
    erasure: Annotated[
        ErasureTold | None, described("The last erasure asked for; null: none ever.", None)
    ]
    key_destroyed_at: Annotated[
        Instant | None, described("When its key was destroyed; null: it is there.", None)
    ]
    exports: Annotated[
        list[ExportTold],
        described(
            "Files, pages and streams of events and evidence bundles since the data was recorded, "
            "the newest first.",
            [],
        ),
    ]
    exports_left_off: Annotated[
        int,
        described(
            "How many older lines there are beyond these 500; the access log has them all: "
            "`/v1/access?kind=exported`.",
            0,
        ),
    ]
    webhooks: Annotated[list[ReceiverTold], described("Webhooks that got events since then.", [])]
    position: ViewPosition
    at: At
