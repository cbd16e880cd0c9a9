"""Commands on duplicates: reported by anybody, resolved by a reviewer (S1-020, A-11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.commands.claims import REASON_CHARACTERS_MAX, reason_problems
from domain.commands.contracts import number_key
from domain.commands.parties import require_no_part
from domain.commands.records import problems_of
from domain.customer import Customer
from domain.errors import FieldProblem, Invalid, NotFound
from domain.events.duplicates import Alias, DuplicateAbsorbed
from domain.events.values import Contact, Sealed
from domain.identity import Identity, Kind
from domain.texts import prose
from domain.work import Decision, Work


@dataclass(frozen=True, slots=True)
class ReportDuplicate:
    """Report that this record doubles another (S1-020). statement: why, in writing."""

    customer_id: UUID
    of: UUID
    statement: str
    name: str = field(default="report-duplicate", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        found = problems_of(
            prose, "statement", self.statement, characters_max=REASON_CHARACTERS_MAX
        )
        if self.of == self.customer_id:
            found.append(
                FieldProblem("of", "itself", "不能是该客户本身", "must be another customer")
            )
        if found:
            raise Invalid(*found)

    def streams(self) -> Iterable[UUID]:
        return (self.of,)

    def decide(self, work: Work) -> Decision:
        other = work.other_customer(self.of)
        if other is None:
            raise Invalid.field("of", "unknown-customer", zh="没有这个客户", en="is no customer")
        other.require_not_merged()
        customer = work.customer(self.customer_id)
        customer.require_unreported(other.id)
        other.require_unreported(customer.id)
        work.not_before(other)
        other.expire(work.at, work.rulebook.rules_of)
        report = customer.report_duplicate(
            of=other.id, statement=self.statement.strip(), actor=work.actor, at=work.at
        )
        other.link_duplicate(other=customer.id, number=report.number, actor=work.actor, at=work.at)
        return Decision((customer, other), {"report": report.number})

    def asserted(self) -> dict[str, Any]:
        return {"of": str(self.of), "statement": self.statement}


@dataclass(frozen=True, slots=True)
class ResolveDuplicate:
    """Decide a report: merge this record into the other, or declare them different (A-11, A-64)."""

    customer_id: UUID
    number: int
    resolution: str
    reason: str
    name: str = field(default="resolve-duplicate", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        found = reason_problems(self.reason)
        if self.resolution not in ("merge", "different"):
            found.append(
                FieldProblem(
                    "resolution",
                    "unknown",
                    "须为 merge 或 different",
                    "must be merge or different",
                )
            )
        if found:
            raise Invalid(*found)

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        report = customer.require_resolvable(self.number, work.actor)
        require_no_part(work, customer, report.reporter)
        other = _surviving(work, report.of)
        work.not_before(other)
        other.expire(work.at, work.rulebook.rules_of)
        if other.id == customer.id:
            # Merges elsewhere have made them one already: only the report remains to be closed.
            self._resolve(work, customer, other, "merge")
            return Decision((customer,))
        if self.resolution == "different":
            return self._declared_different(work, customer, other)
        customer.require_mergeable(self.number)
        return self._merged(work, customer, other)

    def _declared_different(self, work: Work, customer: Customer, other: Customer) -> Decision:
        self._resolve(work, customer, other, "different")
        other.end_likeness(
            other=customer.id,
            number=self.number,
            reason=self.reason.strip(),
            actor=work.actor,
            at=work.at,
        )
        return Decision((customer, other))

    def _merged(self, work: Work, customer: Customer, other: Customer) -> Decision:
        moved = other.absorb(
            customer,
            number=self.number,
            contacts=_sealed_for(work, customer, other),
            actor=work.actor,
            at=work.at,
            rules=work.rules,
        )
        other.take_over_class(customer, reason=self.reason.strip(), actor=work.actor, at=work.at)
        for contact in sorted(set(other.contacts) & customer.restricted):
            other.restrict_data(contact, actor=work.actor, at=work.at)
        self._resolve(work, customer, other, "merge")
        customer.merge_into(
            other.id,
            number=self.number,
            moved=moved,
            actor=work.actor,
            at=work.at,
            rules=work.rules,
        )
        identities = _moved_identities(work, customer, other)
        return Decision((customer, other, *identities), {"into": str(other.id)})

    def _resolve(
        self,
        work: Work,
        customer: Customer,
        other: Customer,
        resolution: Literal["merge", "different"],
    ) -> None:
        customer.resolve_duplicate(
            number=self.number,
            of=other.id,
            resolution=resolution,
            reason=self.reason.strip(),
            actor=work.actor,
            at=work.at,
            rules=work.rules,
        )

    def asserted(self) -> dict[str, Any]:
        return {"number": self.number, "resolution": self.resolution, "reason": self.reason}


def _surviving(work: Work, reported: UUID) -> Customer:
    """The record that answers for the one reported: itself, or what it was merged into."""
    work.read([reported])
    found = work.other_customer(reported)
    if found is None:
        raise NotFound("customer", reported)
    return found if found.merged_into is None else _surviving(work, found.merged_into)


def _moved_identities(work: Work, customer: Customer, other: Customer) -> list[Aggregate]:
    """From now on the other record stands behind every name, phone and number of this one."""
    called = [Alias(customer.name_key, customer.core, customer.phone_hash), *customer.aliases]
    keys: list[tuple[Kind, str]] = [
        *(("name", alias.name_key) for alias in called),
        *(("core", alias.core) for alias in called),
        *(("phone", alias.phone_hash) for alias in called),
        *(("contract", number_key(number)) for number in customer.contracts),
    ]
    work.read([Identity.id_of(kind, key) for kind, key in keys])
    moved: list[Aggregate] = []
    for kind, key in keys:
        identity = work.identity(kind, key)
        if identity is not None and customer.id in identity.customers:
            identity.release(customer=customer.id, actor=work.actor, at=work.at)
            identity.share(customer=other.id, actor=work.actor, at=work.at)
            moved.append(identity)
    return moved


def _sealed_for(work: Work, customer: Customer, other: Customer) -> list[Contact]:
    """The contact persons that the other record lacks, sealed for their new place.

    One whose key was destroyed stays behind.
    """
    known = {contact.phone_hash for contact in other.contacts.values()}
    moved = []
    for contact in customer.contacts.values():
        bare = work.fetch_key(contact.id) if contact.phone_hash not in known else None
        if bare is None:
            continue
        topic = customer.contact_topics[contact.id]
        moved.append(
            replace(
                contact,
                name=_moved_box(work, bare, contact.name, "name", (customer.id, topic), other.id),
                phone=_moved_box(
                    work, bare, contact.phone, "phone", (customer.id, topic), other.id
                ),
            )
        )
    return moved


def _moved_box(
    work: Work, bare: bytes, sealed: Sealed, name: str, place: tuple[UUID, str], to: UUID
) -> Sealed:
    """A box opens in its own place alone: opened there, sealed again for the other record.

    bare: the key of the person, which stays. place: stream and topic that the box is bound to.
    """
    stream, topic = place
    field_name = f"contact.{sealed.subject}.{name}"
    text = work.sealer.unseal(bare, sealed, stream=stream, topic=topic, field=field_name)
    return work.seal(
        bare,
        text,
        subject=sealed.subject,
        stream=to,
        topic=DuplicateAbsorbed.TOPIC,
        field=field_name,
    )
