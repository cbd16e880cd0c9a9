"""Parts of a customer's card: application, contracts, reports, leaving."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from api.models.fields import (
    EXAMPLE_ID,
    EXAMPLE_INSTANT,
    EXAMPLE_LATER,
    Day,
    Instant,
    Told,
    described,
)

Step = Literal["type", "signed_on", "payment_method", "buyer", "products", "promises"]
Number = Annotated[str, described("Number of the contract.", "HT-2026-0117")]


class ApplicationTold(Told):
    """What the holder asked for and nobody has decided yet."""

    kind: Annotated[Literal["intent", "extension"], described("What for.", "extension")]
    applicant: Annotated[
        str, described("Who asked; it stays when the customer is transferred.", "zhang-wei")
    ]
    asked_at: Annotated[Instant, described("When.", EXAMPLE_INSTANT)]
    reason: Annotated[str, described("Why.", "客户月底定案")]
    days: Annotated[
        int | None, described("For how many days an extension is asked; null for intent.", 15)
    ]


class ProductTold(Told):
    """One product of a contract."""

    name: Annotated[str, described("What it is.", "招聘会员一年")]
    quantity: Annotated[int, described("How many pieces.", 1)]
    price: Annotated[
        str | None, described("Yuan for one piece, exactly; null: not stated.", "5800.00")
    ]


class ContractTold(Told):
    """A contract as far as it has come; what no step has filled in yet is null or empty."""

    number: Number
    state: Annotated[
        Literal["drawn", "signed", "confirmed", "voided", "dropped", "expired"],
        described(
            "`dropped`: the protection ended before the confirmation; `expired`: it was not signed "
            "in time.",
            "signed",
        ),
    ]
    step: Annotated[
        Step | None, described("The last step taken; null after the draw.", "payment_method")
    ]
    next_steps: Annotated[
        list[Step], described("Steps that may be taken now; empty once it is closed.", ["buyer"])
    ]
    type: Annotated[str | None, described("Its type.", "招聘网虚拟合同")]
    signed_on: Annotated[Day | None, described("Date of the signature.", "2026-03-05")]
    signed_by: Annotated[str | None, described("The holder who signed it.", "zhang-wei")]
    payment_method: Annotated[str | None, described("How it is paid.", "银行转账")]
    buyer: Annotated[str | None, described("The buyer's particulars.", None)]
    products: Annotated[list[ProductTold], described("Its products.", [])]
    promises: Annotated[list[str], described("What else was promised.", [])]
    expires_at: Annotated[
        Instant, described("From then on it can be signed no more.", EXAMPLE_LATER)
    ]


class LeavingTold(Told):
    """The holder leaves the company, or hands over."""

    leaves_at: Annotated[
        Instant,
        described(
            "From then on it is another's or public. A stranger sees the end of its day in "
            "Asia/Shanghai.",
            EXAMPLE_LATER,
        ),
    ]
    to: Annotated[
        str | None,
        described(
            "Who takes over; null: nobody, for a formal customer after-sales; or hidden.", "li-na"
        ),
    ]


class ReportTold(Told):
    """A report that this record doubles another, which nobody has decided yet."""

    report: Annotated[int, described("Number of the report, to resolve it by.", 1)]
    of: Annotated[
        UUID, described("The record that it is said to double.", EXAMPLE_ID, format="uuid")
    ]
    reporter: Annotated[str, described("Who reported it.", "li-na")]
    reported_at: Annotated[Instant, described("When.", EXAMPLE_INSTANT)]
    statement: Annotated[
        str | None, described("What shows it; null: hidden.", "两条记录的统一社会信用代码相同")
    ]
