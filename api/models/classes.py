"""The body and the receipt of the command that puts a customer into a class."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.models.bodies import Reason
from api.models.customers import ClassTold
from api.models.fields import Body
from api.models.receipts import CustomerReceipt
from domain.events.values import CustomerClass


class ClassBody(Body):
    """Puts a customer into a class."""

    customer_class: Annotated[
        CustomerClass | None,
        Field(alias="class", description="The class from now on; null: none.", examples=["A"]),
    ]
    reason: Reason


class ClassReceipt(CustomerReceipt):
    """The customer is in that class."""

    customer_class: ClassTold
