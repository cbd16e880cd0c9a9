"""What queries on tasks, members and rules answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from api.models.customers import At, Group, HeldOver, Name, Next, ViewPosition
from api.models.fields import (
    EXAMPLE_ID,
    EXAMPLE_INSTANT,
    EXAMPLE_LATER,
    Instant,
    Told,
    described,
)
from api.models.receipts import CustomerId

AgendaKind = Literal[
    "deadline",
    "removal",
    "review_due",
    "check_review",
    "next_contact",
    "contract_expires",
    "decision_due",
]
ApprovalKind = Literal[
    "review", "intent", "extension", "contract", "duplicate", "dispute", "after-sales"
]
Deadline = Annotated[
    Instant | None, described("The deadline that was given; null where none runs.", EXAMPLE_LATER)
]
HeldOverUntil = Annotated[
    Instant | None,
    described("When it is over if what holds it over is not decided; null: nothing does.", None),
]


class AgendaLine(Told):
    """One thing that falls due."""

    customer_id: CustomerId
    name: Name
    kind: Annotated[
        AgendaKind,
        described(
            "`deadline`: the protection ends; `removal`: the follower of a refused claim is "
            "removed; `review_due`: the service centre should decide; `check_review`: the "
            "claimant looks for the decision; `next_contact`: it is time to call; "
            "`contract_expires`: a drawn contract can be signed no more; `decision_due`: an "
            "application should be decided.",
            "deadline",
        ),
    ]
    due_at: Annotated[Instant, described("When it is due.", EXAMPLE_LATER)]
    member: Annotated[
        str | None, described("Whose task it is; null: that of who decides.", "zhang-wei")
    ]
    holder: Annotated[str | None, described("Who holds the customer; null: a group.", "zhang-wei")]
    stage: Annotated[str, described("In which stage.", "potential")]
    until: Deadline
    held_over_by: HeldOver
    held_over_until: HeldOverUntil
    number: Annotated[
        str | None, described("Number of the contract that it is about; null: none.", None)
    ]


class AgendaPage(Told):
    """What falls due for the caller, the earliest first; what is overdue stays until it is done."""

    items: Annotated[list[AgendaLine], described("The items of this page.", [])]
    next: Next
    position: ViewPosition
    at: At


class SimilarTold(Told):
    """A record like the one under review."""

    customer_id: CustomerId
    name: Name
    match: Annotated[str, described("How it resembles.", "similar")]
    holder: Annotated[str | None, described("Who holds it; null: nobody, or a group.", "li-na")]
    group: Group
    claimed_at: Annotated[
        Instant | None, described("When it was claimed; null: it is not.", EXAMPLE_INSTANT)
    ]
    earlier_claim: Annotated[
        bool, described("True where its claim is live and came first: a pass needs words.", True)
    ]


class WaitingLine(Told):
    """Something that waits for a decision; fields that do not belong to its kind are null."""

    kind: Annotated[
        ApprovalKind,
        described(
            "`review`: a claim; `intent`, `extension`: an application; `contract`: complete, not "
            "confirmed; `duplicate`: a report; `dispute`: a case without a ruling; `after-sales`: "
            "a formal customer that nobody of after-sales is responsible for.",
            "review",
        ),
    ]
    customer_id: CustomerId
    name: Name
    applicant: Annotated[
        str | None,
        described(
            "Who asked: the claimant, the applicant, who signed, the reporter, who opened the "
            "dispute; null for `after-sales`.",
            "zhang-wei",
        ),
    ]
    holder: Annotated[str | None, described("Who holds it; null: nobody, or a group.", "zhang-wei")]
    group: Group
    department: Annotated[str | None, described("The holder's department.", "一部")]
    asked_at: Annotated[
        Instant, described("When it was asked for; of a corrected claim, again.", EXAMPLE_INSTANT)
    ]
    due_at: Annotated[
        Instant | None,
        described("When it should be decided; null where nothing is due.", EXAMPLE_LATER),
    ]
    overdue: Annotated[bool, described("True where that has passed.", False)]
    until: Deadline
    held_over_until: HeldOverUntil
    reason: Annotated[str | None, described("The applicant's reason.", None)]
    days: Annotated[int | None, described("For how many days more time is asked.", None)]
    number: Annotated[
        str | None, described("Number of the contract, the report or the dispute.", None)
    ]
    of: Annotated[
        UUID | None,
        described("The record that a duplicate is said to double.", None, format="uuid"),
    ]
    statement: Annotated[
        str | None, described("What the reporter wrote, or who opened the dispute.", None)
    ]
    contested_at: Annotated[Instant | None, described("The instant that a dispute is about.", None)]
    claimed_at: Annotated[
        Instant | None, described("The time of the claim, which orders claims.", EXAMPLE_INSTANT)
    ]
    corrections: Annotated[int, described("How often a claim was corrected.", 0)]
    warnings: Annotated[list[str], described("Soft findings on the name.", ["region-missing"])]
    override_reason: Annotated[str | None, described("Why it is said to be another company.", None)]
    similar: Annotated[list[SimilarTold], described("Records like one under review.", [])]


class ToDecide(WaitingLine):
    """Something that waits, with what its decision names as seen."""

    version: Annotated[
        int | None,
        described("Version of the customer, for `If-Match`; null: not known yet.", 7),
    ]


class ApprovalPage(Told):
    """What waits for a decision, the one due first on top."""

    items: Annotated[list[ToDecide], described("The items of this page.", [])]
    scope: Annotated[
        Literal["mine", "all"],
        described("Whether only what the caller may decide is told.", "mine"),
    ]
    kinds: Annotated[list[ApprovalKind], described("The kinds that it tells.", ["review"])]
    next: Next
    position: ViewPosition
    at: At


class TokenTold(Told):
    """A bearer token, without its secret."""

    token_id: Annotated[
        UUID, described("Id of the token, to revoke it by.", EXAMPLE_ID, format="uuid")
    ]
    name: Annotated[str, described("What it is for; empty where nobody said.", "报表")]
    scopes: Annotated[
        list[str] | None,
        described("What it is limited to; null: to nothing but the member's rights.", ["read"]),
    ]
    issued_at: Annotated[Instant, described("When it was issued.", EXAMPLE_INSTANT)]
    expires_at: Annotated[
        Instant | None, described("When it becomes void; null: when revoked.", None)
    ]


class MemberTold(Told):
    """A member as of an instant."""

    id: Annotated[str, described("Sign-in name.", "zhang-wei")]
    name: Annotated[str, described("Name for people.", "张伟")]
    roles: Annotated[list[str], described("Roles at that instant.", ["seller"])]
    department: Annotated[str, described("Department at that instant.", "一部")]
    departments: Annotated[
        list[str],
        described(
            "That department and all below it at that instant: how far `department` reaches in "
            "the member's rights.",
            ["一部"],
        ),
    ]
    leaves_at: Annotated[
        Instant | None,
        described(
            "From when on the member has no rights, as arranged by that instant; null: is not "
            "leaving.",
            None,
        ),
    ]
    tokens: Annotated[
        list[TokenTold] | None,
        described("Tokens, for the member and administrators; null for others.", None),
    ]
    version: Annotated[int, described("Version of the member at that instant.", 2)]
    at: At


class RulebookLine(Told):
    """A version of the rules."""

    version: Annotated[str, described("Name of the version.", "2026-1")]
    effective_from: Annotated[Instant, described("From when it decides.", EXAMPLE_INSTANT)]
    adopted_at: Annotated[Instant, described("When it was adopted.", EXAMPLE_INSTANT)]
    adopted_by: Annotated[str, described("Who adopted it.", "wang-fang")]
    reason: Annotated[str, described("Why.", "缩短审核期限")]
    in_force: Annotated[bool, described("True for the version that decides now.", True)]


class Rulebooks(Told):
    """Every adopted version, in the order of adoption."""

    items: Annotated[list[RulebookLine], described("The versions.", [])]
    at: At


class RulebookValueTold(Told):
    """One value of a version, in words."""

    key: Annotated[str, described("Table and name of the value.", "potential.days")]
    value: Annotated[Any, described("The value; null: left unset.", 30)]
    words: Annotated[
        str,
        described(
            "What it says, with its source, in the language of the request.",
            "潜在客户的保护期为 30 天（S1-033）。",
        ),
    ]
    source: Annotated[
        str,
        described(
            "The clauses that ask for it; or, where no document states it, that it is not stated "
            "and why it was chosen.",
            "S1-033",
        ),
    ]
    says: Annotated[str, described("What it says, without its source.", "潜在客户的保护期为 30 天")]


class RulebookTold(RulebookLine):
    """One version with its text and its values."""

    toml: Annotated[str, described("The whole text.", 'version = "2026-1"\n…')]
    values: Annotated[
        dict[str, Any], described("The values that decide.", {"potential": {"days": 30}})
    ]
    words: Annotated[
        list[RulebookValueTold],
        described(
            "Every value in words.",
            [
                {
                    "key": "potential.days",
                    "value": 30,
                    "words": "潜在客户的保护期为 30 天（S1-033）。",
                    "source": "S1-033",
                    "says": "潜在客户的保护期为 30 天",
                }
            ],
        ),
    ]
    at: At
