"""Bodies of the commands on disputes, and what queries on them answer."""

from __future__ import annotations

from typing import Annotated, Literal

from api.models.bodies import Reason
from api.models.customers import At, Hidden, Name, Next, ViewPosition
from api.models.fields import (
    EXAMPLE_INSTANT,
    EXAMPLE_LATER,
    Body,
    Instant,
    Told,
    described,
)
from api.models.life import StepTold
from api.models.past import EventTold
from api.models.receipts import CustomerId
from domain.commands.claims import REASON_CHARACTERS_MAX

Ruling = Literal["uphold", "move", "restore"]
Rule = Annotated[
    str | None,
    described(
        "A rule by its slug (`/problems/<slug>`) or its clause, by which the case is found again.",
        "already-protected",
        maxLength=40,
    ),
]
DisputeNumber = Annotated[int, described("Number of the dispute, on its customer.", 1)]


class DisputeBody(Body):
    """Contests who held the customer at an instant."""

    contested_at: Annotated[
        Instant,
        described(
            "The instant: not in the future, nor before the customer was registered.",
            EXAMPLE_INSTANT,
        ),
    ]
    statement: Annotated[
        str,
        described(
            "What is wrong with it, in words that somebody else understands.",
            "系统停机期间到期，当日已与客户签约",
            characters_max=REASON_CHARACTERS_MAX,
        ),
    ]
    rule: Rule = None


class StatementBody(Body):
    """What a party has to say."""

    statement: Annotated[
        str,
        described(
            "One's side of it, in words that somebody else understands.",
            "当日已电话联系，跟踪记录可查",
            characters_max=REASON_CHARACTERS_MAX,
        ),
    ]


class RulingBody(Body):
    """Rules a dispute."""

    ruling: Annotated[
        Ruling,
        described(
            "`uphold`: nothing moves; `move`: the customer is another member's from now on; "
            "`restore`: a lost protection comes back.",
            "restore",
        ),
    ]
    to: Annotated[
        str | None,
        described(
            "Who has the customer from now on, never the caller. To move: required. To restore: "
            "left out, the contested holder, or who opened the dispute where that one has it.",
            "zhang-wei",
            maxLength=100,
        ),
    ] = None
    stage: Annotated[
        Literal["waiting", "potential", "intent"] | None,
        described(
            "In which stage; `waiting`: under review. Left out to move: the present one, or the "
            "contested one of what nobody holds; to restore: the one that was lost.",
            "intent",
        ),
    ] = None
    until: Annotated[
        Instant | None,
        described(
            "The deadline: in the future, and no further ahead than the rulebook allows. To "
            "restore: required; of a claim under review when that is due, of a refused one until "
            "when it may be corrected. To move: left out of a claim under review; else, left out, "
            "the stage's full term from now.",
            EXAMPLE_LATER,
        ),
    ] = None
    rule: Annotated[
        str | None,
        described(
            "The rule that the ruling rests on, by its slug or its clause. Left out: the one that "
            "the dispute names, or `S1-053`, by which the first valid claim wins.",
            "S1-053",
            maxLength=40,
        ),
    ] = None
    reason: Reason


class ContestedTold(Told):
    """The tenure that a dispute is about, as the log told it when the dispute was opened."""

    holder: Annotated[str | None, described("Who held it; null: a group did.", "zhang-wei")]
    group: Annotated[str | None, described("The group that held it; null: a member did.", None)]
    stage: Annotated[str, described("In which stage.", "potential")]
    claimed_at: Annotated[Instant, described("When it was asked for.", EXAMPLE_INSTANT)]
    since: Annotated[Instant, described("When it began.", EXAMPLE_INSTANT)]
    until: Annotated[
        Instant | None,
        described(
            "Its end, or the deadline that it had. A stranger sees one to come as the end of its "
            "day in Asia/Shanghai.",
            EXAMPLE_LATER,
        ),
    ]
    ended: Annotated[
        str | None, described("How it had ended by then; null: it still ran.", "lapsed")
    ]
    rulebook: Annotated[str, described("Version of the rules that granted it.", "2026-1")]
    grounds: Annotated[
        list[int], described("Versions of the events that granted it and ended it.", [2, 3])
    ]


class PartyTold(Told):
    """Somebody with a part in a dispute, who cannot rule it."""

    member: Annotated[str, described("Who.", "li-na")]
    part: Annotated[
        Literal["opener", "contested", "refused", "winner", "loser", "stated"],
        described(
            "`opener` of the dispute; `contested`: held what it is about; `refused`: sought the "
            "customer in vain meanwhile; `winner`, `loser`: by the ruling; `stated`: told a side "
            "and is none of these.",
            "refused",
        ),
    ]


class StatementTold(Told):
    """What a party said after the dispute was opened."""

    member: Annotated[str, described("Who.", "zhang-wei")]
    at: Annotated[Instant, described("When.", EXAMPLE_INSTANT)]
    position: Annotated[int, described("Place of the event in the log.", 4710)]
    statement: Annotated[
        str | None, described("In the party's words; null: hidden.", "当日已电话联系")
    ]


class RulingTold(Told):
    """The ruling of a dispute."""

    ruling: Annotated[Ruling, described("What it says.", "restore")]
    rule: Annotated[str, described("The rule that it rests on.", "S1-053")]
    reason: Annotated[str | None, described("Why; null: hidden.", "停机期间无法提交申请")]
    ruled_by: Annotated[str, described("Who ruled.", "shen-yun")]
    at: Annotated[Instant, described("When.", EXAMPLE_INSTANT)]
    rulebook: Annotated[str, described("Version of the rules in force then.", "2026-1")]
    position: Annotated[int, described("Place of the event in the log.", 4711)]
    to: Annotated[
        str | None, described("Who had the customer from then on; null: nothing moved.", "li-na")
    ]
    loser: Annotated[
        str | None, described("Who lost it; null: nobody held it, or nothing moved.", None)
    ]
    stage: Annotated[
        str | None, described("In which stage it was given; null: nothing moved.", "intent")
    ]


class DisputeLine(Told):
    """A dispute with its ruling."""

    customer_id: CustomerId
    name: Name
    number: DisputeNumber
    opener: Annotated[str, described("Who opened it.", "li-na")]
    opened_at: Annotated[
        Instant,
        described(
            "When; where that is not for the reader, the beginning of its day.", EXAMPLE_INSTANT
        ),
    ]
    contested_at: Annotated[Instant, described("The instant it is about.", EXAMPLE_INSTANT)]
    statement: Annotated[
        str | None, described("What its opener wrote; null: hidden.", "停机期间到期")
    ]
    rule: Annotated[
        str | None, described("The rule that its opener named; null: none.", "already-protected")
    ]
    is_held: Annotated[
        bool,
        described("True where `contested` held at that instant; false: it had ended.", True),
    ]
    contested: Annotated[
        ContestedTold | None,
        described("The tenure it is about; null: nobody had held the customer.", None),
    ]
    parties: Annotated[list[PartyTold], described("Who has which part in it.", [])]
    ruling: Annotated[RulingTold | None, described("Its ruling; null: it is open.", None)]
    details_hidden: Hidden


class DisputePage(Told):
    """Disputes, the newest first."""

    items: Annotated[list[DisputeLine], described("The disputes of this page.", [])]
    next: Next
    position: ViewPosition
    at: At


class DisputeTold(DisputeLine):
    """A case as one rules it: both sides, the replay around the instant, and earlier rulings."""

    rulers: Annotated[
        list[str],
        described(
            "Roles of which one is needed to rule it, by the rules in force; a party never does.",
            ["director"],
        ),
    ]
    statements: Annotated[
        list[StatementTold],
        described("What parties said since, in the order of the log; the last hundred.", []),
    ]

    steps: Annotated[
        list[StepTold],
        described(
            "The replay from what granted the contested tenure to what ended it, with the steps "
            "around.",
            [],
        ),
    ]
    follow_ups: Annotated[
        list[EventTold],
        described("Follow-ups of the parties in the time that is contested.", []),
    ]
    refusals: Annotated[
        list[EventTold], described("What the parties were refused in that time.", [])
    ]
    precedents: Annotated[
        list[DisputeLine],
        described("Other rulings that rest on the same rule, the newest first.", []),
    ]
    position: ViewPosition
    at: At
