"""The commands on customers, one method each (design §5). All go the one path.

Every method returns the receipt: where the customer stands after the command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain import commands
from domain.orders import ContactInput, FollowUpInput, Order, Receipt

if TYPE_CHECKING:
    from domain.command_path import CommandPath
    from domain.sealing import Sealer


class CustomerCommands:
    """The half of the application that moves customers."""

    if TYPE_CHECKING:
        sealer: Sealer
        _path: CommandPath

    def register(
        self,
        order: Order,
        *,
        name: str,
        address: str,
        industry: str,
        phone: str,
        introduction: str,
        profile: str = "enterprise",
        contacts: Sequence[ContactInput] = (),
        override_reason: str | None = None,
    ) -> Receipt:
        """Enter a customer; this alone protects nobody (S1-024, S1-025, S1-303)."""
        fields = {
            "name": name,
            "address": address,
            "industry": industry,
            "phone": phone,
            "introduction": introduction,
        }
        command = commands.Register(self.sealer, profile, fields, tuple(contacts), override_reason)
        return self._path.carry_out(order, command)

    def claim(
        self,
        order: Order,
        customer_id: UUID,
        *,
        contact: ContactInput | None,
        follow_up: FollowUpInput | None = None,
    ) -> Receipt:
        """Ask for protection for oneself (S1-306, S1-307), or correct a refused claim (A-09)."""
        return self._path.carry_out(order, commands.Claim(customer_id, contact, follow_up))

    def withdraw(self, order: Order, customer_id: UUID, *, what: str, reason: str) -> Receipt:
        """Take a claim back before it is in force, or an application before it is decided."""
        return self._path.carry_out(order, commands.Withdraw(customer_id, what, reason))

    def review(
        self,
        order: Order,
        customer_id: UUID,
        *,
        decision: str,
        reason: str | None,
        different_company: str | None = None,
    ) -> Receipt:
        """Pass or refuse a claim (S1-309 to S1-318)."""
        command = commands.Review(customer_id, decision, reason, different_company)
        return self._path.carry_out(order, command)

    def follow_up(self, order: Order, customer_id: UUID, *, follow_up: FollowUpInput) -> Receipt:
        """Note a contact (S1-029 to S1-031)."""
        return self._path.carry_out(order, commands.FollowUp(customer_id, follow_up))

    def release(self, order: Order, customer_id: UUID, *, reason: str) -> Receipt:
        """Give a customer up (S1-037, S1-038, S1-045)."""
        return self._path.carry_out(order, commands.Release(customer_id, reason))

    def add_contact(self, order: Order, customer_id: UUID, *, contact: ContactInput) -> Receipt:
        """Fill in a contact person (S1-027)."""
        return self._path.carry_out(order, commands.AddContact(customer_id, contact))

    def change_profile(
        self,
        order: Order,
        customer_id: UUID,
        *,
        changes: Mapping[str, str],
        override_reason: str | None = None,
    ) -> Receipt:
        """Correct the record; a new name or phone is checked for collisions again."""
        command = commands.ChangeProfile(self.sealer, customer_id, changes, override_reason)
        return self._path.carry_out(order, command)

    def classify(self, order: Order, customer_id: UUID, *, new: str | None, reason: str) -> Receipt:
        """Put a customer into class A, B or C, or into none (S4-37)."""
        return self._path.carry_out(order, commands.Classify(customer_id, new, reason))

    # Applications (S1-036, S1-039).

    def request_intent(self, order: Order, customer_id: UUID, *, reason: str) -> Receipt:
        """Ask to make a potential customer an intent customer (S1-039)."""
        return self._path.carry_out(order, commands.RequestIntent(customer_id, reason))

    def decide_intent(
        self, order: Order, customer_id: UUID, *, decision: str, reason: str | None = None
    ) -> Receipt:
        """Grant or refuse intent (S1-041, A-05)."""
        return self._path.carry_out(order, commands.DecideIntent(customer_id, decision, reason))

    def request_extension(
        self, order: Order, customer_id: UUID, *, reason: str, days: int | None = None
    ) -> Receipt:
        """Ask for more time (S1-036, S1-044)."""
        return self._path.carry_out(order, commands.RequestExtension(customer_id, reason, days))

    def decide_extension(
        self,
        order: Order,
        customer_id: UUID,
        *,
        decision: str,
        days: int | None = None,
        reason: str | None = None,
    ) -> Receipt:
        """Grant more time or refuse it (A-04)."""
        command = commands.DecideExtension(customer_id, decision, days, reason)
        return self._path.carry_out(order, command)

    # Contracts (S1-054 to S1-061).

    def draw_contract(self, order: Order, customer_id: UUID, *, number: str) -> Receipt:
        """Draw a contract in advance (S1-057)."""
        return self._path.carry_out(order, commands.DrawContract(customer_id, number))

    def detail_contract(
        self, order: Order, customer_id: UUID, number: str, *, steps: Mapping[str, Any]
    ) -> Receipt:
        """Take the next steps of a contract in their order; `signed_on` signs it (S1-056)."""
        return self._path.carry_out(order, commands.DetailContract(customer_id, number, steps))

    def confirm_contract(self, order: Order, customer_id: UUID, number: str) -> Receipt:
        """Confirm a complete contract: the customer is formal (S1-046, S1-060)."""
        return self._path.carry_out(order, commands.ConfirmContract(customer_id, number))

    def void_contract(
        self, order: Order, customer_id: UUID, number: str, *, reason: str
    ) -> Receipt:
        """Declare a contract void; a formal customer stays formal (A-32)."""
        return self._path.carry_out(order, commands.VoidContract(customer_id, number, reason))

    # Other hands (S1-048, S1-283).

    def transfer(self, order: Order, customer_id: UUID, *, to: str, reason: str) -> Receipt:
        """Give a customer to another member; deadline and open applications stay (S1-284)."""
        return self._path.carry_out(order, commands.Transfer(customer_id, to, reason))

    def remove_holder(self, order: Order, customer_id: UUID, *, reason: str) -> Receipt:
        """Take the holder off the record: the customer is public."""
        return self._path.carry_out(order, commands.RemoveHolder(customer_id, reason))

    def name_after_sales(self, order: Order, customer_id: UUID, *, to: str) -> Receipt:
        """Name the person who is responsible for a formal customer (S1-048, A-31)."""
        return self._path.carry_out(order, commands.NameAfterSales(customer_id, to))

    def arrange_leave(
        self,
        order: Order,
        member: str,
        *,
        leaves_at: datetime | None,
        hand_over: Sequence[tuple[UUID, str]],
        reason: str,
        held: Sequence[UUID],
    ) -> Receipt:
        """A member leaves: in one act, who takes over what (S1-283, A-47)."""
        command = commands.ArrangeLeave(member, leaves_at, hand_over, reason, held)
        return self._path.carry_out(order, command)

    # Disputes.

    def open_dispute(
        self,
        order: Order,
        customer_id: UUID,
        *,
        contested_at: datetime,
        statement: str,
        rule: str | None = None,
    ) -> Receipt:
        """Contest who held the customer at an instant; it moves nothing (A-27)."""
        command = commands.OpenDispute(customer_id, contested_at, statement, rule)
        return self._path.carry_out(order, command)

    def state_in_dispute(
        self, order: Order, customer_id: UUID, number: int, *, statement: str
    ) -> Receipt:
        """Tell one's side of an open case, as a party (A-27)."""
        command = commands.StateInDispute(customer_id, number, statement)
        return self._path.carry_out(order, command)

    def rule_dispute(
        self,
        order: Order,
        customer_id: UUID,
        number: int,
        *,
        ruling: str,
        reason: str,
        to: str | None = None,
        stage: str | None = None,
        until: datetime | None = None,
        rule: str | None = None,
    ) -> Receipt:
        """Uphold, move the customer, or give a protection back (A-27)."""
        command = commands.RuleDispute(customer_id, number, ruling, reason, to, stage, until, rule)
        return self._path.carry_out(order, command)

    # Duplicates (S1-020).

    def report_duplicate(
        self, order: Order, customer_id: UUID, *, of: UUID, statement: str
    ) -> Receipt:
        """Report that this record doubles another (S1-020)."""
        return self._path.carry_out(order, commands.ReportDuplicate(customer_id, of, statement))

    def resolve_duplicate(
        self, order: Order, customer_id: UUID, number: int, *, resolution: str, reason: str
    ) -> Receipt:
        """Merge this record into the other, or declare them different (A-11, A-64)."""
        command = commands.ResolveDuplicate(customer_id, number, resolution, reason)
        return self._path.carry_out(order, command)
