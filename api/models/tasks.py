"""What queries on tasks, members and rules answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from api.models.customers import At, Name, Next, ViewPosition
from api.models.fields import (
    EXAMPLE_ID,
    EXAMPLE_INSTANT,
    EXAMPLE_LATER,
    Instant,
    Told,
    described,
)
from api.models.receipts import CustomerId

AgendaKind = Literal["deadline", "removal", "review_due", "check_review", "next_contact"]


class AgendaLine(Told):
    """One thing that falls due."""

    customer_id: CustomerId
    name: Name
    kind: Annotated[
        AgendaKind,
        described(
            "`deadline`: the protection ends; `removal`: the follower of a refused claim is "
            "removed; `review_due`: the service centre should decide; `check_review`: the "
            "claimant looks for the decision; `next_contact`: it is time to call.",
            "deadline",
        ),
    ]
    due_at: Annotated[Instant, described("When it is due.", EXAMPLE_LATER)]
    member: Annotated[
        str | None, described("Whose task it is; null: the service centre's.", "zhang-wei")
    ]
    holder: Annotated[str, described("Who holds the customer.", "zhang-wei")]
    stage: Annotated[str, described("In which stage.", "potential")]


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
    holder: Annotated[str | None, described("Who holds it; null: nobody.", "li-na")]
    claimed_at: Annotated[
        Instant | None, described("When it was claimed; null: it is not.", EXAMPLE_INSTANT)
    ]
    earlier_claim: Annotated[
        bool, described("True where its claim is live and came first: a pass needs words.", True)
    ]


class WaitingLine(Told):
    """A claim that waits for a review."""

    customer_id: CustomerId
    name: Name
    claimant: Annotated[str, described("Who claims.", "zhang-wei")]
    department: Annotated[str | None, described("The claimant's department.", "一部")]
    claimed_at: Annotated[Instant, described("The time of the claim.", EXAMPLE_INSTANT)]
    asked_at: Annotated[Instant, described("When it, or its correction, came in.", EXAMPLE_INSTANT)]
    review_due: Annotated[Instant, described("When it should be decided.", EXAMPLE_LATER)]
    overdue: Annotated[bool, described("True where that has passed.", False)]
    corrections: Annotated[int, described("How often it was corrected.", 0)]
    warnings: Annotated[list[str], described("Soft findings on the name.", ["region-missing"])]
    override_reason: Annotated[str | None, described("Why it is said to be another company.", None)]
    similar: Annotated[list[SimilarTold], described("Records like it.", [])]


class ApprovalPage(Told):
    """What waits for the caller's decision, the one due first on top."""

    items: Annotated[list[WaitingLine], described("The claims of this page.", [])]
    next: Next
    position: ViewPosition
    at: At


class TokenTold(Told):
    """A bearer token, without its secret."""

    token_id: Annotated[
        UUID, described("Id of the token, to revoke it by.", EXAMPLE_ID, format="uuid")
    ]
    expires_at: Annotated[
        Instant | None, described("When it becomes void; null: when revoked.", None)
    ]


class MemberTold(Told):
    """A member as of an instant."""

    id: Annotated[str, described("Sign-in name.", "zhang-wei")]
    name: Annotated[str, described("Name for people.", "张伟")]
    roles: Annotated[list[str], described("Roles at that instant.", ["seller"])]
    department: Annotated[str, described("Department at that instant.", "一部")]
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


class RulebookTold(RulebookLine):
    """One version with its text and its values."""

    toml: Annotated[str, described("The whole text.", 'version = "2026-1"\n…')]
    values: Annotated[
        dict[str, Any], described("The values that decide.", {"potential": {"days": 30}})
    ]
    at: At
