"""What queries on customers answer."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.models.card_parts import ApplicationTold, ContractTold, LeavingTold, ReportTold
from api.models.fields import (
    EXAMPLE_ID,
    EXAMPLE_INSTANT,
    EXAMPLE_LATER,
    Instant,
    Told,
    described,
)
from api.models.receipts import CustomerId, HeldOverBy, Holder, StateField
from domain.events.values import CustomerClass

At = Annotated[Instant, described("The instant as of which the answer is true.", EXAMPLE_INSTANT)]
ViewPosition = Annotated[int, described("The place in the log at which the answer is true.", 4711)]
Next = Annotated[
    str | None,
    described("Cursor of the next page, to send as `after`; null on the last page.", None),
]
Name = Annotated[str, described("Full name of the company.", "北京春意科技有限公司")]
Region = Annotated[str, described("Administrative region in the name; may be empty.", "北京")]
Industry = Annotated[str, described("Industry.", "软件")]
Address = Annotated[str, described("Address.", "北京市海淀区中关村大街1号")]
Until = Annotated[
    Instant | None,
    described(
        "Deadline; null where none runs. A stranger sees the end of its day in Asia/Shanghai.",
        EXAMPLE_LATER,
    ),
]
Group = Annotated[
    Literal["after-sales"] | None,
    described("The group that holds it while no person of it is named; null: none.", None),
]
HeldOver = Annotated[
    HeldOverBy | None,
    described(
        "What keeps the protection alive beyond `until`, an application or a signature; null: "
        "nothing.",
        None,
    ),
]
HeldOverUntil = Annotated[
    Instant | None,
    described(
        "When it is over if that is not decided; null where nothing holds it over. A stranger sees "
        "the end of its day in Asia/Shanghai.",
        None,
    ),
]
PoolReason = Annotated[
    str | None,
    described(
        "Why it is in the pool: `lapsed`, `undecided`, `released`, `withdrawn`, `removed`, `left`; "
        "null where nobody ever held it, or somebody does.",
        "lapsed",
    ),
]
LastHolder = Annotated[
    str | None, described("Who held it last; null where nobody did, or somebody does.", "li-na")
]
Hidden = Annotated[
    Literal["not-a-party"] | None,
    described("Why details are left out for the caller; null where they are not.", None),
]


ClassTold = Annotated[
    CustomerClass | None,
    Field(
        alias="class",
        description="Its class (S4-37), of which A is read by fewer; null: none.",
        examples=["B"],
    ),
]


class CollisionTold(Told):
    """Another record like the one that was asked about."""

    customer_id: CustomerId
    name: Name
    state: StateField
    holder: Holder
    group: Group
    protected_until: Annotated[
        Instant | None,
        described(
            "When the protection is over by what is known, a hold-over included; null where no end "
            "is. A stranger sees the end of its day in Asia/Shanghai.",
            EXAMPLE_LATER,
        ),
    ]
    into: Annotated[
        UUID | None,
        described(
            "The record that answers for a merged one; null: it answers itself.",
            None,
            format="uuid",
        ),
    ]
    match: Annotated[
        Literal["same", "similar", "part", "phone"],
        described(
            "`same`: the whole name in any spelling; `similar`: the same core; `part`: what was "
            "asked is part of the name; `phone`: a phone of the company or of a contact.",
            "similar",
        ),
    ]


class Collisions(Told):
    """Who already has this company, the strongest match first."""

    items: Annotated[list[CollisionTold], described("The records found; empty: none.", [])]
    position: ViewPosition
    at: At


DataState = Annotated[
    Literal["open", "restricted", "erased"],
    described(
        "`restricted`: an erasure was asked for, the data is shown to nobody; `erased`: nobody can "
        "read it any more.",
        "open",
    ),
]


class ContactTold(Told):
    """A contact person."""

    id: Annotated[
        UUID, described("Id of the contact, and of the data subject.", EXAMPLE_ID, format="uuid")
    ]
    position: Annotated[str, described("Position in the company.", "采购经理")]
    name: Annotated[str | None, described("Name; null: restricted or erased.", "王敏")]
    phone: Annotated[str | None, described("Phone; null: restricted or erased.", "+8613800138000")]
    state: DataState


class BarTold(Told):
    """Who may not claim the customer yet."""

    member: Annotated[str | None, described("The member; null: nobody may.", "li-na")]
    until: Annotated[
        Instant, described("The first instant at which a claim is allowed.", EXAMPLE_LATER)
    ]


class CustomerLine(Told):
    """A customer in a list."""

    customer_id: CustomerId
    version: Annotated[int, described("Version of the customer.", 3)]
    name: Name
    region: Region
    industry: Industry
    address: Address
    state: StateField
    holder: Holder
    group: Group
    department: Annotated[
        str | None, described("Department of the holder when it was given to him.", "一部")
    ]
    claimed_at: Annotated[
        Instant | None, described("When the protection was asked for.", EXAMPLE_INSTANT)
    ]
    until: Until
    held_over_by: HeldOver
    held_over_until: HeldOverUntil
    customer_class: ClassTold
    registered_at: Annotated[Instant, described("When it was registered.", EXAMPLE_INSTANT)]
    pool_since: Annotated[
        Instant | None, described("Since when it is in the pool; null while held.", None)
    ]
    pool_reason: PoolReason
    last_holder: LastHolder


class CustomerCard(CustomerLine):
    """Everything about one customer that the caller may see."""

    profile: Annotated[str, described("Kind of record.", "enterprise")]
    warnings: Annotated[
        list[str], described("Soft findings on the name, for the reviewer.", ["region-missing"])
    ]
    registered_by: Annotated[str, described("Who registered it.", "zhang-wei")]
    since: Annotated[
        Instant | None, described("Since when it is in its stage; null in the pool.", None)
    ]
    in_force_since: Annotated[
        Instant | None, described("When the review passed; null before.", EXAMPLE_INSTANT)
    ]
    review_due: Annotated[
        Instant | None, described("When the review should be decided.", EXAMPLE_LATER)
    ]
    rulebook: Annotated[
        str | None, described("Version of the rules that granted the stage.", "2026-1")
    ]
    bars: Annotated[list[BarTold], described("Who may not claim it yet.", [])]
    leaving: Annotated[
        LeavingTold | None,
        described("Arranged for the holder's leaving; null: nothing is.", None),
    ]
    merged_into: Annotated[
        UUID | None,
        described(
            "The record that answers for this one; null: it answers itself.", None, format="uuid"
        ),
    ]
    merged_from: Annotated[list[UUID], described("The records that this one answers for.", [])]
    different_from: Annotated[
        list[UUID], described("Records that were found to be other companies.", [])
    ]
    duplicates: Annotated[
        list[ReportTold], described("Reports that it doubles another, undecided.", [])
    ]
    details_hidden: Hidden
    application: Annotated[
        ApplicationTold | None,
        described("What waits for a decision; null: nothing, or hidden.", None),
    ]
    extensions: Annotated[
        int | None, described("Extensions granted in this stage; null: hidden.", 0)
    ]
    contracts: Annotated[
        list[ContractTold] | None,
        described("Its contracts in the order of their draw; null: hidden.", []),
    ]
    signers: Annotated[
        list[str] | None,
        described("Who signed its confirmed contracts; null: hidden.", ["zhang-wei"]),
    ]
    phone: Annotated[
        str | None,
        described("Phone of the company; null: hidden, restricted or erased.", "01062345678"),
    ]
    phone_subject: Annotated[
        UUID | None,
        described("The data subject of that phone; null: hidden.", EXAMPLE_ID, format="uuid"),
    ]
    phone_state: Annotated[
        Literal["open", "restricted", "erased"] | None,
        described("What became of that phone, as of a contact; null: hidden.", "open"),
    ]
    introduction: Annotated[
        str | None, described("What the company does; null where hidden.", "开发企业软件")
    ]
    contacts: Annotated[
        list[ContactTold] | None, described("Contact persons; null where hidden.", [])
    ]
    override_reason: Annotated[
        str | None,
        described("Why it is another company than a similar one; null: hidden or none.", None),
    ]
    review_reason: Annotated[
        str | None, described("Why the claim was refused; null: hidden or not refused.", None)
    ]
    last_follow_up_at: Annotated[
        Instant | None, described("The last follow-up; null: hidden or none.", EXAMPLE_INSTANT)
    ]
    last_follow_up_by: Annotated[
        str | None, described("Who wrote it; null: hidden or none.", "zhang-wei")
    ]
    next_contact_at: Annotated[
        Instant | None, described("When to call again; null: hidden or none.", EXAMPLE_LATER)
    ]
    last_position: Annotated[int, described("Place in the log of the customer's last event.", 4698)]
    position: ViewPosition
    at: At


class CustomerPage(Told):
    """Customers, page by page."""

    items: Annotated[list[CustomerLine], described("The customers of this page.", [])]
    next: Next
    position: ViewPosition
    at: At


class PoolLine(Told):
    """A customer that nobody holds."""

    customer_id: CustomerId
    name: Name
    region: Region
    address: Address
    industry: Industry
    since: Annotated[Instant, described("Since when it is in the pool.", EXAMPLE_INSTANT)]
    last_holder: LastHolder
    reason: PoolReason
    bars: Annotated[list[BarTold], described("Who may not claim it yet.", [])]


class PoolPage(Told):
    """The pool, page by page."""

    items: Annotated[list[PoolLine], described("The customers of this page.", [])]
    next: Next
    position: ViewPosition
    at: At
