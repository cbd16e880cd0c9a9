"""Who sees how much of a customer (A-34): the parties everything, a stranger the public part.

Everybody sees name, state, holder and deadline; contacts, phones and notes are for those whom
`domain.permissions.right_to_details` names. A stranger sees a deadline as the end of its day in
Asia/Shanghai where the rulebook says so: nobody can lie in wait for the instant, and whoever comes
at the instant shown finds the protection over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from api.veil import ALWAYS, RUNNING, Veil, end_of_day, start_of_day
from domain import permissions
from domain.orders import Receipt, Signed
from domain.replaying import Situation
from projections import customer_search
from projections.cards import Card
from projections.holding import MERGED

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

NOT_A_PARTY = "not-a-party"


class Grants(Protocol):
    """What the log is asked for: by the application, or by a call, which asks once."""

    def is_granted_details(
        self, customer_id: UUID, member: str, *, customer_class: str | None, at: datetime
    ) -> bool: ...


@dataclass(frozen=True)
class Disclosure:
    """What one member may see at one instant."""

    signed: Signed
    log: Grants

    @cached_property
    def by_day(self) -> bool:
        """True where the rulebook in force shows strangers deadlines to the day."""
        return self.signed.rules.disclosure.deadline_to_strangers == "day"

    def right(
        self,
        holder: str | None,
        state: str,
        *,
        department: str | None = None,
        signers: Iterable[str] = (),
        reporters: Iterable[str] = (),
        customer_class: str | None = None,
        classified_by: str | None = None,
    ) -> permissions.Right | None:
        """By which right the member reads contacts, phones, notes and contracts; None: by none.

        department: that of the holder. signers: who signed the customer's contracts; they keep it
        in sight (A-31). reporters: who say that it is a duplicate. customer_class: and who said so
        last, since fewer read class A (S4-40).
        """
        return permissions.right_to_details(
            self.signed,
            holder=holder,
            state=state,
            department=department,
            signers=signers,
            reporters=reporters,
            customer_class=customer_class,
            classified_by=classified_by,
        )

    def right_to_card(self, card: Card) -> permissions.Right | None:
        """By which right the member reads the details of the card's customer."""
        right = self.right(
            card.holder,
            card.state,
            department=card.department,
            signers=card.signers,
            reporters=[report.reporter for report in card.reports],
            customer_class=card.customer_class,
            classified_by=card.classified_by,
        )
        return right or self.grant(card.customer_id, card.customer_class)

    def right_to_situation(
        self, customer_id: UUID, now: Situation | None
    ) -> permissions.Right | None:
        """By which right the member reads the details of a customer that stands so."""
        if now is None:
            return None
        right = self.right(
            now.holder,
            now.state,
            department=now.department,
            signers=now.signers,
            reporters=now.reporters,
            customer_class=now.customer_class,
            classified_by=now.classified_by,
        )
        return right or self.grant(customer_id, now.customer_class)

    def grant(self, customer_id: UUID, customer_class: str | None) -> permissions.Right | None:
        """`grant` while the member reads the details by one (S4-41); asked last, for it is one
        more load."""
        is_granted = self.log.is_granted_details(
            customer_id,
            self.signed.member,
            customer_class=customer_class,
            at=self.signed.at,
        )
        return "grant" if is_granted else None

    @cached_property
    def rules_disputes(self) -> bool:
        """True where the member may rule disputes by the rules in force, and so must know them."""
        return not self.signed.roles.isdisjoint(self.rulers)

    @cached_property
    def rulers(self) -> list[str]:
        """The roles that may rule disputes by the rules in force."""
        return list(permissions.permitted("rule-dispute", self.signed.rules))

    @cached_property
    def sees_everybodys(self) -> bool:
        """True where the member may read the details of any customer."""
        return self._condition == "any"

    @cached_property
    def sees_instants(self) -> bool:
        """True where the member is shown every deadline to the instant."""
        return self.sees_everybodys or not self.by_day

    @cached_property
    def _condition(self) -> permissions.Condition | None:
        return permissions.reach_of(self.signed.roles, "see-details")

    @cached_property
    def _opened(self) -> dict[tuple[str | None, str, str | None], bool]:
        """What was found by holder, state and department, which the lines of a list share."""
        return {}

    def _opens(self, holder: str | None, state: str, department: str | None) -> bool:
        """True where the member may know the instants of what somebody holds like that."""
        case = (holder, state, department)
        found = self._opened.get(case)
        if found is None:
            found = self.right(holder, state, department=department) is not None
            self._opened[case] = found
        return found

    def deadline(
        self,
        until: datetime | None,
        *,
        holder: str | None,
        state: str,
        department: str | None = None,
    ) -> datetime | None:
        """The deadline as the member may see it; one that has passed is no secret.

        Of class A, too, whoever leads the holder sees it to the instant: it is no detail.
        """
        if until is None or until <= self.signed.at or self.sees_instants:
            return until
        return until if self._opens(holder, state, department) else end_of_day(until)

    def veil(
        self,
        *,
        holder: str | None,
        state: str,
        department: str | None,
        claimed_at: datetime | None,
        sees_details: bool = False,
    ) -> Veil:
        """What of a customer's instants is hidden from the member, while it stands so.

        Of a record that was merged its whole life is: its protection may run on in the other one.
        """
        since = claimed_at
        if sees_details or self.sees_instants:
            since = None
        elif state == MERGED:
            since = ALWAYS
        elif state not in RUNNING or self._opens(holder, state, department):
            since = None
        return Veil(self.signed.member, since)

    def veil_of_card(self, card: Card, *, sees_details: bool = False) -> Veil:
        """The same of the card's customer."""
        veil = self.veil(
            holder=card.holder,
            state=card.state,
            department=card.department,
            claimed_at=card.claimed_at,
            sees_details=sees_details,
        )
        return veil.above([card.registered_at])

    def cards(self, cursor: Cursor, customer_ids: Iterable[UUID]) -> dict[UUID, Card] | None:
        """Some customers as they stand now, by which `veil_among` tells what is hidden; None where
        nothing is. Of one that is `ready`."""
        if self.sees_instants:
            return None
        return customer_search.cards(cursor, sorted(set(customer_ids)), now=self.signed.at)

    def veil_among(self, cards: Mapping[UUID, Card] | None, customer_id: UUID) -> Veil:
        """The veil of one of these customers' cards; of one without a card all is hidden."""
        if cards is None:
            return Veil(self.signed.member)
        card = cards.get(customer_id)
        return Veil(self.signed.member, ALWAYS) if card is None else self.veil_of_card(card)

    def veil_of_situation(self, now: Situation | None, *, sees_details: bool) -> Veil:
        """The same of a customer that stands so now."""
        if now is None:
            return Veil(self.signed.member)
        return self.veil(
            holder=now.holder,
            state=now.state,
            department=now.department,
            claimed_at=now.claimed_at,
            sees_details=sees_details,
        )

    def receipt(self, receipt: Receipt) -> Receipt:
        """What a command answers to somebody who may be a stranger to its customer."""

        def told(until: datetime | None) -> datetime | None:
            return self.deadline(until, holder=receipt.holder, state=receipt.state or "")

        until, held_over_until = told(receipt.until), told(receipt.held_over_until)
        return replace(receipt, until=until, held_over_until=held_over_until)

    def future(self, at: datetime) -> datetime:
        """A future instant as a stranger may ask about it: the beginning of its day, or now.

        So the answers agree with the deadlines that a stranger is shown, and asking instant after
        instant finds out no more.
        """
        if at <= self.signed.at or not self.by_day:
            return at
        return max(self.signed.at, start_of_day(at))


def withheld(
    cursor: Cursor, signed: Signed, permission: str, customer_ids: Iterable[UUID]
) -> set[UUID]:
    """Of some customers those of class A, whose reasons are not for a caller whose `permission`
    reaches less than everything (S4-40)."""
    rows = (permission, "see-details-of-class-a")
    if any(permissions.reach_of(signed.roles, row) == "any" for row in rows):
        return set()
    return customer_search.of_class(cursor, permissions.CLASS_A, sorted(set(customer_ids)))


def untold(cursor: Cursor, signed: Signed, customer_ids: Iterable[UUID]) -> set[UUID]:
    """Of some customers those whose events the caller is told as a stranger: what was typed about
    them is not for him (A-34, S4-40)."""
    asked = set(customer_ids)
    reach = permissions.reach_of(signed.roles, "see-details")
    if reach in (None, "own"):
        return asked
    closed = withheld(cursor, signed, "see-details", asked)
    if reach == "department":
        led = customer_search.of_departments(
            cursor,
            signed.departments,
            sorted(asked),
            now=signed.at,
            group=permissions.group_led(signed.roles),
        )
        closed |= asked - led
    return closed


def reads_all_details(roles: frozenset[str]) -> bool:
    """True of roles that read the details of any customer, of class A as well (S4-40)."""
    rows = ("see-details", "see-details-of-class-a")
    return all(permissions.reach_of(roles, row) == "any" for row in rows)
