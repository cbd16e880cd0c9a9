"""What questions to the access log answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.access.entries import Kind
from api.access.looks import Field as Detail
from api.models.customers import At, Next
from api.models.fields import (
    EXAMPLE_ID,
    EXAMPLE_INSTANT,
    EXAMPLE_LATER,
    Day,
    Instant,
    Told,
    described,
)

Place = Annotated[int, described("Place of the entry in the access log.", 815)]
When = Annotated[Instant, described("When it was answered.", EXAMPLE_INSTANT)]


class AccessLine(Told):
    """One entry: a look, an export, a refusal, a sign-in."""

    position: Place
    at: When
    kind: Annotated[
        Kind,
        described(
            "`details-read`: details were shown; `waiting-read`: with a list of what waits for a "
            "decision; `collision-asked`: customers were searched, by a collision check or in a "
            "list or file; `words-asked`: the audit was searched for words; `exported`, "
            "`export-ended`: a file or a stream; `access-asked`: somebody asked this log about "
            "others; `refused`: a permission was lacking.",
            "details-read",
        ),
    ]
    member: Annotated[str | None, described("Who; null: somebody unknown.", "zhang-wei")]
    right: Annotated[
        str | None,
        described("By which right, or the permission that was lacking; null: none.", "holder"),
    ]
    customer_ids: Annotated[list[UUID], described("Whose data.", [EXAMPLE_ID])]
    fields: Annotated[
        list[Detail], described("Which details were shown.", ["phone", "contact-phones"])
    ]
    facts: Annotated[
        dict[str, Any], described("What else is kept of it; no number is.", {"view": "card"})
    ]
    request_id: Annotated[str | None, described("Of the request.", "6f1f2a5e0c9f4f7f8a55c1d8")]
    client: Annotated[str | None, described("Address that it came from.", "192.0.2.7")]
    words: Annotated[
        str,
        described("The entry in a sentence, in the language of the request.", "zhang-wei saw it."),
    ]


class AccessPage(Told):
    """Entries by time, page by page."""

    items: Annotated[list[AccessLine], described("The entries of this page.", [])]
    next: Next
    at: At


class ShownTold(Told):
    """A record as a search showed it."""

    customer_id: Annotated[UUID, described("Id of the record.", EXAMPLE_ID, format="uuid")]
    match: Annotated[str, described("How it matched.", "similar")]
    state: Annotated[str, described("Where it stood.", "potential")]
    holder: Annotated[str | None, described("Who was shown as its holder.", "li-na")]
    group: Annotated[str | None, described("Which group was.", None)]
    protected_until: Annotated[
        Instant | None, described("The deadline as it was shown.", EXAMPLE_LATER)
    ]
    into: Annotated[
        UUID | None,
        described("The record that answered for it; null: none.", None, format="uuid"),
    ]


class SearchLine(Told):
    """A search for customers, and what it showed."""

    position: Place
    at: When
    member: Annotated[str | None, described("Who searched.", "zhang-wei")]
    name: Annotated[
        str | None, described("The name that was looked for; numbers in it as `•••`.", "春意")
    ]
    region: Annotated[
        str | None, described("How the name or address was to begin; null: not asked.", None)
    ]
    phone: Annotated[bool, described("True where a number was looked for.", False)]
    shown: Annotated[list[ShownTold], described("What was shown, in its order.", [])]
    log_position: Annotated[
        int, described("Place in the log of events that the answer was true at.", 4711)
    ]
    request_id: Annotated[str | None, described("Of the request.", "6f1f2a5e0c9f4f7f8a55c1d8")]
    words: Annotated[
        str,
        described("The search in a sentence, in the language of the request.", "zhang-wei …"),
    ]


class SearchPage(Told):
    """Searches by time, page by page."""

    items: Annotated[list[SearchLine], described("The searches of this page.", [])]
    next: Next
    at: At


class BurstLine(Told):
    """A day on which a member read far more than usual, or much before leaving."""

    member: Annotated[str, described("Who.", "zhang-wei")]
    name: Annotated[str, described("Name for people.", "张伟")]
    department: Annotated[str, described("Of which department.", "一部")]
    day: Annotated[Day, described("The day in Asia/Shanghai.", "2026-03-05")]
    details: Annotated[int, described("Customers whose details were read.", 96)]
    searches: Annotated[int, described("Collision checks.", 12)]
    exports: Annotated[int, described("Exports: files, and pages and streams of events.", 0)]
    exported: Annotated[int, described("Rows of them, which count beside the details.", 0)]
    usual: Annotated[
        float,
        described(
            "Mean of details and rows together on the thirty days before, of those with any; 0: "
            "there were none.",
            14.5,
        ),
    ]
    leaves_at: Annotated[
        Instant | None, described("When the member leaves; null: is not leaving.", None)
    ]
    reasons: Annotated[
        list[Literal["unusual", "leaving"]],
        described(
            "`unusual`: the rulebook's multiple of what is usual; `leaving`: within thirty days of "
            "leaving. Either only from the rulebook's least number on.",
            ["unusual"],
        ),
    ]


class Bursts(Told):
    """Bursts, the latest day first, the largest of a day on top."""

    items: Annotated[list[BurstLine], described("The bursts.", [])]
    start: Annotated[
        Day, Field(alias="from", description="The first day that counts.", examples=["2026-02-26"])
    ]
    end: Annotated[
        Day,
        Field(
            alias="to", description="The first day that counts no more.", examples=["2026-03-06"]
        ),
    ]
    details_min: Annotated[
        int, described("From how many customers and rows on, together, as the rulebook says.", 30)
    ]
    times: Annotated[int, described("From how many times the usual, as the rulebook says.", 3)]
    at: At
