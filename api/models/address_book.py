"""What the address book answers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from api.models.customers import At, Name, Next, ViewPosition
from api.models.fields import EXAMPLE_ID, EXAMPLE_INSTANT, Instant, Told, described
from api.models.receipts import CustomerId


class AddressBookLine(Told):
    """A contact person as the caller filled it in last."""

    contact_id: Annotated[UUID, described("Id of the contact.", EXAMPLE_ID, format="uuid")]
    customer_id: CustomerId
    customer_name: Name
    name: Annotated[str | None, described("The person's name; null where erased.", "王敏")]
    position: Annotated[str, described("Position in the company.", "采购经理")]
    phone: Annotated[str | None, described("Phone; null where erased.", "+8613800138000")]
    added_at: Annotated[Instant, described("When it was entered.", EXAMPLE_INSTANT)]


class AddressBookPage(Told):
    """The contact persons that the caller entered, the newest first."""

    items: Annotated[list[AddressBookLine], described("The entries of this page.", [])]
    next: Next
    position: ViewPosition
    at: At
