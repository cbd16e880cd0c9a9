"""A person's data on a record: restricted, used again, erased (PIPL art. 47).

Why, and by whose word, is on the stream of the data subject; here is what it means for the record.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.events.customer import CustomerEvent


class DataRestricted(CustomerEvent):
    """Of this record, a person's data is shown to nobody for now. subject_id: whose."""

    TOPIC = "customer.data_restricted"

    subject_id: UUID

    def apply(self, aggregate: Any) -> None:
        aggregate.restricted = aggregate.restricted | {self.subject_id}


class DataRestrictionLifted(CustomerEvent):
    """A person's data on this record is used again as before. subject_id: whose."""

    TOPIC = "customer.data_restriction_lifted"

    subject_id: UUID

    def apply(self, aggregate: Any) -> None:
        aggregate.restricted = aggregate.restricted - {self.subject_id}


class DataErased(CustomerEvent):
    """A person's data on this record was erased: nobody can read it or find it any more.

    subject_id: whose. aliases: places, among what absorbed records were called, of those whose
    phone was this subject's.
    """

    TOPIC = "customer.data_erased"

    subject_id: UUID
    aliases: list[int]

    def apply(self, aggregate: Any) -> None:
        aggregate.forget(self.subject_id, self.aliases)
