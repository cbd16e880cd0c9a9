"""The commands on requests to read details, and whether a grant is live (S4-41)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from domain import commands
from domain.customer import Customer
from domain.details import DetailsRequests
from domain.orders import Order, Receipt

if TYPE_CHECKING:
    from domain.command_path import CommandPath
    from domain.log import Log


class DetailsCommands:
    """The part of the application by which other departments come to read details."""

    if TYPE_CHECKING:
        reader: Log
        _path: CommandPath

    def ask_details(self, order: Order, customer_id: UUID, *, days: int, reason: str) -> Receipt:
        """Ask to read a customer's details for some days."""
        command = commands.AskDetails(customer_id, order.credentials.member, days, reason)
        return self._path.carry_out(order, command)

    def decide_details(
        self,
        order: Order,
        customer_id: UUID,
        member: str,
        *,
        decision: str,
        days: int | None = None,
        reason: str,
    ) -> Receipt:
        """Grant what a member asked for, or refuse it; never one's own."""
        command = commands.DecideDetails(customer_id, member, decision, days, reason)
        return self._path.carry_out(order, command)

    def is_granted_details(
        self, customer_id: UUID, member: str, *, customer_class: str | None, at: datetime
    ) -> bool:
        """Whether a grant lets the member read the customer's details at `at`: its own, or that of
        a record that was merged into it, whose details it has now."""
        answered_for: set[UUID] = set()
        asked = {customer_id}
        while asked:
            requests = {one: DetailsRequests.id_of(one, member) for one in asked}
            streams = self.reader.load([(one, 0) for one in (*asked, *requests.values())]).streams
            records = {one: streams.get(one) for one in asked}
            merged = {
                one: record
                for one, record in records.items()
                if isinstance(record, Customer)
                and (one == customer_id or record.merged_into in answered_for)
            }
            granted = (streams.get(requests[one]) for one in merged)
            if any(
                isinstance(one, DetailsRequests) and one.opens(customer_class, at)
                for one in granted
            ):
                return True
            answered_for |= merged.keys()
            linked = {other for record in merged.values() for other in record.linked}
            # One that is linked with several may be known to have gone into a later one only.
            asked = linked - answered_for
        return False
