"""Parameters that several routes take."""

from __future__ import annotations

import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from api.models.fields import EXAMPLE_ID, EXAMPLE_INSTANT, Instant, searchable
from domain.commands.contracts import NUMBER_CHARACTERS_MAX

LIMIT_MAX = 500
POSITION_MAX = 2**63 - 1
_SEARCH_CHARACTERS_MAX = 200
_LOST_SIGN = re.compile(r" (\d{2}:\d{2})$")

CustomerId = Annotated[UUID, Path(description="Id of the customer.", examples=[EXAMPLE_ID])]
ContractNumber = Annotated[
    str,
    AfterValidator(searchable),
    Path(
        description="Number of the contract, percent-encoded where it is not plain.",
        examples=["HT-2026-0117"],
        max_length=NUMBER_CHARACTERS_MAX,
    ),
]
ReportNumber = Annotated[
    int,
    Path(description="Number of the report of a duplicate.", examples=[1], ge=1, le=10**9),
]
DisputeNumber = Annotated[
    int, Path(description="Number of the dispute.", examples=[1], ge=1, le=10**9)
]
TokenId = Annotated[UUID, Path(description="Id of the token.", examples=[EXAMPLE_ID])]
MemberId = Annotated[
    str,
    AfterValidator(searchable),
    Path(description="Sign-in name of the member.", examples=["zhang-wei"], max_length=100),
]

Beyond = Annotated[
    int,
    Field(
        ge=0,
        le=POSITION_MAX,
        description="Name the events of each lead behind this place in the log: the last of "
        "`positions`, where there are `more`.",
        examples=[4711],
    ),
]


def _with_sign(text: object) -> object:
    """An unescaped `+` of an offset arrives as a space, which no instant ends with."""
    return _LOST_SIGN.sub(r"+\1", text) if isinstance(text, str) else text


QueryInstant = Annotated[Instant, BeforeValidator(_with_sign)]
"""An instant in a query string."""


class Questions(BaseModel):
    """Parameters of a query; one that it does not know is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def filters(self) -> dict[str, Any]:
        """What a cursor is bound to: everything but the page."""
        return self.model_dump(mode="json", exclude={"limit", "after"})


class Paged(Questions):
    """Parameters of a paged query."""

    limit: Annotated[
        int, Field(ge=1, le=LIMIT_MAX, description="Items a page, 1 to 500.", examples=[50])
    ] = 50
    after: Annotated[
        str | None,
        Field(description="The cursor that `next` of the previous page gave.", examples=[None]),
    ] = None


class KnownThen(Questions):
    """By what was known when an answer is given; everything where neither is asked."""

    known_at: Annotated[
        QueryInstant | None,
        Field(
            description="Only events recorded by this instant, and what follows from them.",
            examples=[EXAMPLE_INSTANT],
        ),
    ] = None
    known_position: Annotated[
        int | None,
        Field(
            ge=0,
            le=POSITION_MAX,
            description="Only events up to this place in the log.",
            examples=[4711],
        ),
    ] = None

    @property
    def is_as_known(self) -> bool:
        """True where the answer is by earlier knowledge."""
        return self.known_at is not None or self.known_position is not None


def searched(meaning: str, example: str) -> Any:
    """A text that is looked for."""
    return Field(description=meaning, examples=[example], max_length=_SEARCH_CHARACTERS_MAX)
