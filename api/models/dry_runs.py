"""What a dry run of changed rules is asked, and what it answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.models.customers import At, Next, ViewPosition
from api.models.fields import (
    EXAMPLE_ID,
    EXAMPLE_INSTANT,
    EXAMPLE_LATER,
    Body,
    Day,
    Instant,
    Searched,
    Told,
    WholeNumber,
    described,
)
from domain.commands.people import TOML_CHARACTERS_MAX

SECONDS_MAX = 300
_FELL = described("Falls that are recorded, or known to come.", 41)
_WOULD_HAVE_FALLEN = described("Falls that would have been.", 57)


class DryRunBody(Body):
    """Changed rules, and the time that is looked at."""

    based_on: Annotated[
        str | None,
        Field(
            description="The version that `changes` go with. Left out: the one in force.",
            examples=["2026-1"],
            max_length=100,
        ),
    ] = None
    changes: Annotated[
        dict[str, Any] | None,
        Field(
            description="Values by their names in the rulebook, as JSON states them; null unsets "
            "one. This, or `toml`.",
            examples=[{"potential.days": 20}],
            min_length=1,
            max_length=100,
        ),
    ] = None
    toml: Annotated[
        str | None,
        Field(
            description="The whole text of a version instead.",
            examples=[None],
            max_length=TOML_CHARACTERS_MAX,
        ),
    ] = None
    start: Annotated[
        Instant,
        Field(
            alias="from",
            description="Falls from here on; at most 366 days before `to`.",
            examples=[EXAMPLE_INSTANT],
        ),
    ]
    end: Annotated[
        Instant,
        Field(
            alias="to",
            description="Falls before this; may lie in the future, where everything goes on as if "
            "nobody did anything more.",
            examples=[EXAMPLE_LATER],
        ),
    ]
    department: Annotated[
        Searched | None,
        Field(description="Only holders of it.", examples=["一部"], max_length=200),
    ] = None
    member: Annotated[
        Searched | None,
        Field(description="Only this holder.", examples=["zhang-wei"], max_length=200),
    ] = None
    limit: Annotated[
        WholeNumber, Field(ge=1, le=500, description="Falls a page, 1 to 500.", examples=[50])
    ] = 50
    after: Annotated[
        str | None,
        Field(
            description="The cursor that `next` of the previous page gave: the list goes on.",
            examples=[None],
        ),
    ] = None
    seconds_max: Annotated[
        WholeNumber,
        Field(
            ge=1,
            le=SECONDS_MAX,
            description="How long to look at customers, 1 to 300 seconds.",
            examples=[20],
        ),
    ] = 20


class FallTold(Told):
    """A protection that falls to the pool in that time, under either rules."""

    customer_id: Annotated[UUID, described("The customer.", EXAMPLE_ID, format="uuid")]
    name: Annotated[str | None, described("Its name.", "靖江市春意空调有限公司")]
    holder: Annotated[str | None, described("Who holds it, or held it.", "zhang-wei")]
    department: Annotated[str | None, described("The holder's department.", "一部")]
    stage: Annotated[str, described("In which stage it falls.", "potential")]
    claimed_at: Annotated[Instant, described("When it was asked for.", EXAMPLE_INSTANT)]
    ended_at: Annotated[
        Instant | None,
        described("When it ended, or ends by what is known; null: unknown.", EXAMPLE_LATER),
    ]
    ended: Annotated[str | None, described("How, as `ended` of a tenure says it.", "lapsed")]
    would_have_ended_at: Annotated[
        Instant | None,
        described(
            "When it would have; null: unknown, or it would never have been.", EXAMPLE_INSTANT
        ),
    ]
    would_have_ended: Annotated[str | None, described("How it would have.", "lapsed")]
    change: Annotated[
        Literal["same", "earlier", "later", "spared", "added", "never-begun"],
        described(
            "`earlier`, `later`, `same`: it falls under both; `spared`: it falls and would not; "
            "`added`: it would fall and does not; `never-begun`: it would not have been claimed.",
            "earlier",
        ),
    ]


class ChangeCounts(Told):
    """Falls in that time, by what would become of them."""

    same: Annotated[int, described("At the same instant.", 12)]
    earlier: Annotated[int, described("Earlier than they do.", 29)]
    later: Annotated[int, described("Later than they do.", 0)]
    spared: Annotated[int, described("Not at all, though they do.", 0)]
    added: Annotated[int, described("Though they do not.", 16)]
    never_begun: Annotated[int, described("Of protections that would not have been.", 0)]


class CustomerCount(Told):
    """Different customers, each once, however often it falls in that time."""

    fell: Annotated[int, described("Customers that fall, or will by what is known.", 31)]
    would_have_fallen: Annotated[int, described("Customers that would have fallen.", 44)]


class DayCount(Told):
    """Falls of one day."""

    day: Annotated[Day, described("The day, in Asia/Shanghai.", "2026-03-05")]
    fell: Annotated[int, _FELL]
    would_have_fallen: Annotated[int, _WOULD_HAVE_FALLEN]


class DepartmentCount(Told):
    """Falls of one department."""

    department: Annotated[str | None, described("The department.", "一部")]
    fell: Annotated[int, _FELL]
    would_have_fallen: Annotated[int, _WOULD_HAVE_FALLEN]


class HolderCount(DepartmentCount):
    """Falls of one holder."""

    holder: Annotated[str | None, described("The holder.", "zhang-wei")]


class Totals(Told):
    """Counts over every customer that was looked at."""

    fell: Annotated[int, _FELL]
    would_have_fallen: Annotated[int, _WOULD_HAVE_FALLEN]
    customers: Annotated[
        CustomerCount,
        Field(
            description="Different customers; the other counts are of falls, and one customer may "
            "fall more than once."
        ),
    ]
    changes: Annotated[ChangeCounts, Field(description="By what would become of them.")]
    days: Annotated[list[DayCount], described("By day.", [])]
    departments: Annotated[list[DepartmentCount], described("By department.", [])]
    holders: Annotated[list[HolderCount], described("By holder.", [])]


class DryRunTold(Told):
    """Whom changed rules would have let fall to the pool, and when."""

    based_on: Annotated[
        str | None, described("The version that was changed; null: a whole text.", "2026-1")
    ]
    totals: Annotated[
        Totals | None,
        described("Over all customers that were looked at; null on a later page.", None),
    ]
    customers: Annotated[int, described("Customers that were looked at for this answer.", 5120)]
    complete: Annotated[
        bool,
        described(
            "Whether everybody was looked at who may fall in that time. False on a page that is "
            "followed by another, and where time was up: then the totals are of a part.",
            True,
        ),
    ]
    without_effect: Annotated[
        list[str],
        described("Names among `changes` that no fall rests on.", []),
    ]
    items: Annotated[list[FallTold], described("The falls of this page, customer by customer.", [])]
    next: Next
    position: ViewPosition
    at: At
