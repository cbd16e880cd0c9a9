"""What the statistics answer: figures, their events, and the habits that a manager looks for."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.models.customers import At, Next, ViewPosition
from api.models.fields import EXAMPLE_ID, EXAMPLE_INSTANT, Day, Instant, Told, described
from projections.habits import HabitKind

EventPosition = Annotated[int, described("Place of the event in the log.", 4698)]
LocalDay = Annotated[
    Day | None, described("Day in Asia/Shanghai; null: not told apart by day.", "2026-03-05")
]
Department = Annotated[
    str | None,
    described(
        "In which the member held the customer, or was; null: not told apart, or none.", "一部"
    ),
]
Member = Annotated[
    str | None, described("For whom it counts; null: not told apart, or a group.", "zhang-wei")
]
From = Annotated[
    Day, Field(alias="from", description="The first day that counts.", examples=["2026-03-01"])
]
To = Annotated[
    Day,
    Field(alias="to", description="The first day that counts no more.", examples=["2026-04-01"]),
]
Seconds = Annotated[
    float | None, described("In seconds; null: none waited, or it was not asked for.", 93600.0)
]


class FiguresTold(Told):
    """How many events there were of each kind."""

    claims: Annotated[int, described("Claims of protection.", 3)]
    corrections: Annotated[int, described("Refused claims that were corrected.", 3)]
    withdrawals: Annotated[int, described("Claims that were taken back.", 3)]
    refusals: Annotated[int, described("Commands that a rule forbade.", 3)]
    reviews_passed: Annotated[int, described("Claims that the service centre passed.", 3)]
    reviews_refused: Annotated[int, described("Claims that the service centre refused.", 3)]
    lapses: Annotated[int, described("Protections that ended at a deadline.", 3)]
    removals: Annotated[int, described("Holders who were removed, or left.", 3)]
    releases: Annotated[int, described("Customers that were given up.", 3)]
    extensions_requested: Annotated[int, described("Extensions asked for.", 3)]
    extensions_granted: Annotated[int, described("Extensions granted.", 3)]
    extensions_refused: Annotated[int, described("Extensions refused.", 3)]
    intents_requested: Annotated[int, described("Intent asked for.", 3)]
    intents_granted: Annotated[int, described("Conversions to intent.", 3)]
    intents_refused: Annotated[int, described("Intent refused.", 3)]
    applications_withdrawn: Annotated[int, described("Applications that were taken back.", 3)]
    transfers: Annotated[
        int, described("Customers that were taken from a member and given to another.", 3)
    ]
    moves_to_after_sales: Annotated[
        int, described("Formal customers that went to a person of after-sales, or back.", 3)
    ]
    dispute_moves: Annotated[int, described("Customers that a ruling gave to the member.", 3)]
    restorations: Annotated[int, described("Protections that a ruling gave back to the member.", 3)]
    contracts_drawn: Annotated[int, described("Contracts drawn.", 3)]
    contracts_signed: Annotated[int, described("Contracts signed.", 3)]
    contracts_confirmed: Annotated[int, described("Contracts confirmed.", 3)]
    contracts_voided: Annotated[int, described("Contracts made void.", 3)]
    formal: Annotated[
        int, described("Conversions to formal: confirmations that made a customer formal.", 3)
    ]
    merges: Annotated[int, described("Records that were merged into another.", 3)]
    absorptions: Annotated[int, described("Records that another was merged into.", 3)]
    overrides: Annotated[
        int, described("Records that were said in writing to be another company.", 3)
    ]


class WaitingTold(Told):
    """How long reviews waited, from the claim or its correction to the decision."""

    count: Annotated[int, described("Reviews that were decided.", 3)]
    seconds_sum: Annotated[float, described("All together.", 180000.0)]
    seconds_max: Seconds
    seconds_median: Seconds
    seconds_p90: Seconds


class StatisticsLine(Told):
    """Figures of one day, department and member, as far as `by` tells them apart."""

    day: LocalDay
    department: Department
    member: Member
    figures: Annotated[FiguresTold, Field(description="Each leads to its events.")]
    refusals_by_rule: Annotated[
        dict[str, int], described("The refusals, by broken rule.", {"already-protected": 2})
    ]
    lapses_by_cause: Annotated[
        dict[str, int], described("The lapses: `term-over`, `undecided`, …", {"term-over": 1})
    ]
    review_waiting: Annotated[
        WaitingTold, Field(description="How long the reviews that were decided had waited.")
    ]


class ImpliedTold(Told):
    """What has ended by a recorded deadline and no event says yet: no figure counts it so far."""

    lapses: Annotated[int, described("Protections past their end.", 0)]
    removals: Annotated[int, described("Refused claims past their removal.", 0)]


class StatisticsPage(Told):
    """Figures line by line, and what all lines come to."""

    items: Annotated[list[StatisticsLine], described("The lines of this page.", [])]
    total: Annotated[StatisticsLine, Field(description="Of all lines, on this page or not.")]
    implied: Annotated[ImpliedTold, Field(description="What is over and not recorded yet.")]
    start: From
    end: To
    next: Next
    position: ViewPosition
    at: At


class FigureEventLine(Told):
    """An event that a figure counts; `/v1/audit?position=` tells it in words."""

    position: EventPosition
    at: Annotated[
        Instant,
        described(
            "When it took effect; where that is not for the reader, the beginning of its day.",
            EXAMPLE_INSTANT,
        ),
    ]
    day: Annotated[Day, described("Its day in Asia/Shanghai.", "2026-03-05")]
    figure: Annotated[str, described("What it counts as.", "refusals")]
    member: Member
    department: Department
    actor: Annotated[str, described("Who caused it; `system`: nobody did.", "zhang-wei")]
    customer_id: Annotated[
        UUID | None, described("The customer it is about; null: none.", EXAMPLE_ID, format="uuid")
    ]
    customer_name: Annotated[
        str | None, described("What that one is called now; null: none.", "靖江市春意空调有限公司")
    ]
    rule: Annotated[
        str | None,
        described("The rule that a refusal broke; why a protection ended.", "already-protected"),
    ]
    waited_seconds: Annotated[
        float | None,
        described(
            "From the claim or the application to the decision; null: no decision, or not for the "
            "reader.",
            None,
        ),
    ]
    number: Annotated[str | None, described("Of the contract; null: none.", None)]


class FigureEventPage(Told):
    """The events of a figure, by day, page by page."""

    items: Annotated[list[FigureEventLine], described("The events of this page.", [])]
    next: Next
    position: ViewPosition
    at: At


class HabitTold(Told):
    """A lead, not a verdict: whom and what it is about, and the events that made it."""

    kind: Annotated[HabitKind, described("Which habit.", "taking-turns")]
    words: Annotated[
        str,
        described(
            "What it is, in the language of the request.", "Two members claim a customer in turn."
        ),
    ]
    members: Annotated[list[str], described("Who has a part in it.", ["li-na", "zhang-wei"])]
    customers: Annotated[list[UUID], described("The customers concerned.", [EXAMPLE_ID])]
    figures: Annotated[dict[str, float], described("What was counted.", {"turns": 2})]
    positions: Annotated[
        list[int],
        described(
            "Places of its events in the log, 200 at a time: `/v1/audit?position=` tells them.",
            [4698, 4711],
        ),
    ]
    events: Annotated[int, described("How many events there are.", 2)]
    more: Annotated[
        int,
        described("How many of them come after `positions`: ask `beyond` the last of those.", 0),
    ]


class ThresholdsTold(Told):
    """From when on something was a habit."""

    days: Annotated[float, described("Between the two events of a pair.", 3)]
    seconds: Annotated[float, described("To a deadline.", 60)]
    times: Annotated[int, described("How often.", 1)]
    share: Annotated[float, described("Of the whole.", 0.9)]
    characters: Annotated[int, described("Letters and digits of a note.", 6)]


class HabitPage(Told):
    """Leads, by kind, the heaviest first."""

    items: Annotated[list[HabitTold], described("The leads.", [])]
    thresholds: Annotated[
        dict[str, ThresholdsTold], described("Of each kind, as they were used.", {})
    ]
    cut: Annotated[list[str], described("Kinds that have more than `limit` leads.", [])]
    start: From
    end: To
    position: ViewPosition
    at: At
