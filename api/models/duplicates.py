"""Bodies of the commands on duplicates."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from api.models.bodies import Reason
from api.models.fields import EXAMPLE_ID, Body, described
from domain.commands.claims import REASON_CHARACTERS_MAX


class DuplicateBody(Body):
    """Reports that this record doubles another."""

    of: Annotated[UUID, described("Id of the record that it doubles.", EXAMPLE_ID, format="uuid")]
    statement: Annotated[
        str,
        described(
            "What shows that both are one company.",
            "两条记录的统一社会信用代码相同",
            characters_max=REASON_CHARACTERS_MAX,
        ),
    ]


class ResolutionBody(Body):
    """Decides a report of a duplicate."""

    resolution: Annotated[
        Literal["merge", "different"],
        described(
            "`merge`: the other record answers from now on; `different`: they are two companies.",
            "merge",
        ),
    ]
    reason: Reason
