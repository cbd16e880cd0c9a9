"""Bodies of the commands on applications: for intent, for more time, and their decisions."""

from __future__ import annotations

from typing import Annotated, Literal

from api.models.bodies import Reason
from api.models.fields import Body, WholeNumber, described
from domain.commands.applications import DAYS_MAX
from domain.commands.claims import REASON_CHARACTERS_MAX

Decision = Annotated[Literal["grant", "refuse"], described("The decision.", "grant")]
DecisionReason = Annotated[
    str | None,
    described("Why; required to refuse.", "客户尚无采购计划", maxLength=REASON_CHARACTERS_MAX),
]


class IntentBody(Body):
    """Asks to make a potential customer an intent customer."""

    reason: Annotated[
        str,
        described(
            "The detailed reason: what shows the customer's intent.",
            "客户已确认预算，下周签约",
            characters_max=REASON_CHARACTERS_MAX,
        ),
    ]


class IntentDecisionBody(Body):
    """Grants or refuses intent."""

    decision: Decision
    reason: DecisionReason = None


class ExtensionBody(Body):
    """Asks for a later deadline."""

    reason: Reason
    days: Annotated[
        WholeNumber | None,
        described(
            "For how many days; left out: as many as the rulebook lets one extension give.",
            15,
            minimum=1,
            maximum=DAYS_MAX,
        ),
    ] = None


class ExtensionDecisionBody(Body):
    """Grants more time, counted from the old deadline, or refuses it."""

    decision: Decision
    days: Annotated[
        WholeNumber | None,
        described(
            "How many days to grant; left out: as many as were asked for.",
            10,
            minimum=1,
            maximum=DAYS_MAX,
        ),
    ] = None
    reason: DecisionReason = None
