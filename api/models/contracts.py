"""Bodies of the commands on contracts."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.models.bodies import Reason
from api.models.fields import Body, Day, WholeNumber, described, optional
from domain.commands.contracts import (
    NUMBER_CHARACTERS_MAX,
    PRODUCTS_MAX,
    PROMISES_MAX,
    QUANTITY_MAX,
    TEXT_CHARACTERS_MAX,
    normalised_number,
)
from domain.events.values import Product

NUMBER = "HT-2026-0117"
_AMOUNT = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")


def _number_in_an_address(typed: str) -> str:
    """The number names the contract in addresses, as one part of the path.

    Raises PydanticCustomError for one that a path would take apart, or cannot hold.
    """
    number = normalised_number(typed)
    if "/" in number or number in (".", ".."):
        raise PydanticCustomError(
            "not-in-an-address",
            "must not be . or .. nor hold a slash",
            {"zh": "不能含有斜杠，也不能是 . 或 ..", "en": "must not be . or .. nor hold a slash"},
        )
    if len(number) > NUMBER_CHARACTERS_MAX >= len(typed):
        raise PydanticCustomError(
            "too-long",
            "is too long once its signs are made plain",
            {
                "zh": f"转为普通字符后最多 {NUMBER_CHARACTERS_MAX} 个字符",
                "en": f"must have at most {NUMBER_CHARACTERS_MAX} characters in plain signs",
            },
        )
    return typed


def _amount_of(sent: Any) -> Decimal:
    """An amount, from a text or a number. Raises PydanticCustomError."""
    if isinstance(sent, int | float) and not isinstance(sent, bool):
        sent = format(Decimal(repr(sent)), "f")
    if not isinstance(sent, str):
        raise _no_amount("wrong-type")
    if not _AMOUNT.fullmatch(sent):
        raise _no_amount("malformed")
    return Decimal(sent)


def _no_amount(code: str) -> PydanticCustomError:
    zh, en = "须为金额，如 1280.50", "must be an amount such as 1280.50"
    return PydanticCustomError(code, "must be an amount such as 1280.50", {"zh": zh, "en": en})


Amount = Annotated[
    Decimal,
    BeforeValidator(_amount_of),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^[0-9]{1,20}(\.[0-9]{1,20})?$"},
                {"type": "number", "minimum": 0},
            ]
        }
    ),
]
"""An amount of money: exact as a text, and as a number where that can be exact."""


class ContractNumberBody(Body):
    """Draws a contract in advance."""

    number: Annotated[
        str,
        AfterValidator(_number_in_an_address),
        described(
            "The number: one that no other contract has, whatever the case of its letters and its "
            "spaces. No slash, since it names the contract in addresses.",
            NUMBER,
            characters_max=NUMBER_CHARACTERS_MAX,
            pattern="^[^/／]*$",
        ),
    ]


class ProductBody(Body):
    """One product of a contract."""

    name: Annotated[str, described("What it is.", "招聘会员一年", characters_max=200)]
    quantity: Annotated[
        WholeNumber, described("How many pieces.", 1, minimum=1, maximum=QUANTITY_MAX)
    ] = 1
    price: Annotated[
        Amount | None,
        described(
            "Yuan for one piece, with two decimals at most; left out: not stated.", "5800.00"
        ),
    ] = None

    def typed(self) -> Product:
        """As the domain takes it."""
        return Product(self.name, self.quantity, self.price)


class ContractStepsBody(Body):
    """The next steps of a contract, any number of them; what is left out is not taken."""

    type: Annotated[
        str,
        optional(
            "Type, one of those that the rulebook lists.",
            "招聘网虚拟合同",
            characters_max=TEXT_CHARACTERS_MAX["type"],
        ),
    ]
    signed_on: Annotated[
        Day, optional("Date of the signature, not in the future: this signs it.", "2026-03-05")
    ]
    payment_method: Annotated[
        str,
        optional(
            "How it is paid.", "银行转账", characters_max=TEXT_CHARACTERS_MAX["payment_method"]
        ),
    ]
    buyer: Annotated[
        str,
        optional(
            "The buyer's particulars.",
            "北京春意科技有限公司，税号 91110108MA01A2B3C4",
            characters_max=TEXT_CHARACTERS_MAX["buyer"],
        ),
    ]
    products: Annotated[
        list[ProductBody],
        optional(
            "Products; sent again while this is the last step taken, they are added.",
            [{"name": "招聘会员一年", "quantity": 1, "price": "5800.00"}],
            minItems=1,
            maxItems=PRODUCTS_MAX,
        ),
    ]
    promises: Annotated[
        list[str],
        optional(
            "Everything else that was promised, in words; empty: nothing was. Sent again while "
            "this is the last step taken, they are added.",
            ["赠送职位置顶三天"],
            maxItems=PROMISES_MAX,
        ),
    ]

    def steps(self) -> dict[str, Any]:
        """The steps that were sent, as the domain takes them."""
        sent = {step: getattr(self, step) for step in self.model_fields_set}
        if "products" in sent:
            sent["products"] = [product.typed() for product in self.products]
        return sent


class ConfirmationBody(Body):
    """Nothing to say: the contract is in the address."""


class VoidBody(Body):
    """Declares a contract void."""

    reason: Reason
