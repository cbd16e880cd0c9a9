"""What a life under another version of the rules is told as."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from api.models.customers import At, Hidden, ViewPosition
from api.models.fields import EXAMPLE_INSTANT, EXAMPLE_LATER, Instant, Told, described
from api.models.life import SituationTold
from api.models.receipts import CustomerId

OutcomeTold = Literal[
    "stands",
    "would-have-been-refused",
    "would-not-have-been-refused",
    "would-not-have-followed",
    "would-have-followed",
]


class SupposedEventTold(Told):
    """An event of the log, or one that the other rules would have led to."""

    position: Annotated[
        int | None, described("Place of the event in the log; null: nobody wrote it down.", 4698)
    ]
    version: Annotated[int | None, described("Place in its stream; null where that is.", 3)]
    topic: Annotated[str, described("What kind of event.", "customer.lapsed")]
    at: Annotated[
        Instant,
        described(
            "When it took effect, or would have; strangers see that to the day.", EXAMPLE_LATER
        ),
    ]
    recorded_at: Annotated[
        Instant | None, described("When the store wrote it down; null: never.", EXAMPLE_LATER)
    ]
    actor: Annotated[str, described("Who caused it; `system`: nobody did.", "system")]
    rulebook: Annotated[
        str | None, described("Version of the rules that decided; null: none did.", "2026-1")
    ]
    words: Annotated[
        str,
        described(
            "The event in a sentence, in the language of the request.",
            "The protection of zhang-wei (potential) ended.",
        ),
    ]
    facts: Annotated[
        dict[str, Any],
        described("Its fields, without personal ones; empty where hidden.", {"cause": "term-over"}),
    ]


class DifferenceTold(Told):
    """One field of a situation under both rules."""

    was: Annotated[Any, described("As it was.", "potential")]
    would_be: Annotated[Any, described("As it would have been.", "pool")]


class SupposedStepTold(Told):
    """One event under both rules."""

    event: Annotated[SupposedEventTold, Field(description="The event, or the refusal.")]
    outcome: Annotated[
        OutcomeTold,
        described(
            "`stands`: it is a fact, was refused, or followed, under both rules. "
            "`would-have-been-refused`: it was recorded and would have had no effect. "
            "`would-not-have-been-refused`: a claim that only these rules forbade; it stays "
            "without effect. `would-not-have-followed`, `would-have-followed`: what deadlines and "
            "switches bring about by themselves.",
            "would-have-followed",
        ),
    ]
    rule: Annotated[
        str | None,
        described("Slug of the rule that would have forbidden it; null: none would.", None),
    ]
    differs: Annotated[bool, described("Whether anything would have been another.", True)]
    was: Annotated[SituationTold, Field(description="The situation after it.")]
    would_be: Annotated[
        SituationTold, Field(description="The situation after it under the other rules.")
    ]
    differences: Annotated[
        dict[str, DifferenceTold],
        described(
            "The fields in which the two differ.",
            {"state": {"was": "potential", "would_be": "pool"}},
        ),
    ]


class TenureSideTold(Told):
    """A tenure under one of the two rules."""

    holder: Annotated[str | None, described("Who held it; null: a group did.", "zhang-wei")]
    group: Annotated[str | None, described("The group that held it; null: a member.", None)]
    stage: Annotated[str, described("In which stage.", "potential")]
    since: Annotated[Instant, described("When the stage began.", EXAMPLE_INSTANT)]
    until: Annotated[
        Instant | None,
        described("When it ended, or ends by what is known; null: unknown.", EXAMPLE_LATER),
    ]
    ending: Annotated[
        str | None,
        described("How, as `ended` of a tenure says it; null: no end is known.", "lapsed"),
    ]
    has_ended: Annotated[bool, described("Whether that is past.", True)]


class TenurePairTold(Told):
    """A tenure as it was, beside the one that the same event would have opened."""

    was: Annotated[TenureSideTold | None, described("As it was; null: it never was.", None)]
    would_be: Annotated[
        TenureSideTold | None, described("As it would have been; null: it would not.", None)
    ]
    differs: Annotated[bool, described("Whether it would have ended otherwise.", True)]
    ended_at: Annotated[Instant | None, described("`until` as it was.", EXAMPLE_LATER)]
    would_have_ended_at: Annotated[
        Instant | None, described("`until` as it would have been.", EXAMPLE_INSTANT)
    ]
    reason: Annotated[
        str,
        described(
            "The two in words, in the language of the request.",
            "zhang-wei (potential) until …; under the other rules until …",
        ),
    ]


class WhatIfTold(Told):
    """A customer's life beside the one that it would have had."""

    customer_id: CustomerId
    rulebook: Annotated[str, described("The version that was supposed.", "2026-2")]
    steps: Annotated[list[SupposedStepTold], described("The steps, in the order of time.", [])]
    tenures: Annotated[
        list[TenurePairTold],
        described("Who held it when, under both rules, deadlines that still run included.", []),
    ]
    was: Annotated[SituationTold, Field(description="How it stands at `at`.")]
    would_be: Annotated[SituationTold, Field(description="How it would stand at `at`.")]
    explanation: Annotated[
        str,
        described(
            "What would have been otherwise, in one sentence.",
            "Under version 2026-2, tenures that would have been otherwise: 1; …",
        ),
    ]
    details_hidden: Hidden
    position: ViewPosition
    at: At
