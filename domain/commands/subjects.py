"""Commands on data subjects: one asks for an erasure, another confirms it (PIPL art. 47)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, NamedTuple
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.commands.claims import REASON_CHARACTERS_MAX
from domain.commands.records import problems_of
from domain.customer import Customer
from domain.errors import FieldProblem, Invalid, NotFound
from domain.events.subject import Ground
from domain.identity import Identity
from domain.orders import KeyChanges
from domain.subject import GROUNDS, Subject
from domain.texts import prose
from domain.work import Decision, Work

_LOOKS_LIKE_A_PHONE: Final = re.compile(r"(?:\d[\s-]?){7}")


class _Phone(NamedTuple):
    """A company's phone that is the subject's: of which record, by which hash it is known, and the
    records that answer for that one, itself included."""

    hash: str
    records: tuple[Customer, ...]

    @property
    def standing(self) -> Customer:
        """The record that answers now."""
        return self.records[-1]


class _OnSubject:
    """A command on a data subject. customers: records that are said to hold its data."""

    subject_id: UUID
    customers: Sequence[UUID]
    reason: str
    customer_id: ClassVar[None] = None

    @property
    def about(self) -> UUID:
        return Subject.id_of(self.subject_id)

    def check(self) -> None:
        """The reason stays for ever, so it must not name whom it is to forget."""
        _require_harmless(self.reason)

    def streams(self) -> Iterable[UUID]:
        return (Subject.id_of(self.subject_id), *self.customers)

    def asserted(self) -> dict[str, Any]:
        return {"subject": str(self.subject_id), "reason": self.reason}

    def subject(self, work: Work) -> Subject | None:
        found = work.streams.get(Subject.id_of(self.subject_id))
        if not isinstance(found, Subject):
            return None
        work.at = max(work.at, found.modified_on)
        return found

    def known_subject(self, work: Work) -> Subject:
        """The subject whose erasure was asked for. Raises NotFound."""
        found = self.subject(work)
        if found is None:
            raise NotFound("subject", self.subject_id)
        return found

    def records(self, work: Work, known: Subject | None) -> list[Customer]:
        """Every record that holds data of the subject, and what each was merged into.

        Raises NotFound where none does.
        """
        ids = dict.fromkeys([*self.customers, *(known.customers if known else ())])
        found = list(_with_successors(work, ids))
        if not any(customer.holds(self.subject_id) for customer in found):
            raise NotFound("subject", self.subject_id)
        for customer in found:
            work.not_before(customer)
        return found

    def holders(self, records: Iterable[Customer]) -> list[UUID]:
        """Of the records, those that hold the data."""
        return [customer.id for customer in records if customer.holds(self.subject_id)]

    def phones(self, work: Work, records: Sequence[Customer]) -> list[_Phone]:
        """Phones of companies that are the subject's; the reservations of each are read."""
        by_id = {customer.id: customer for customer in records}
        phones = []
        for customer in records:
            if customer.phone_subject == self.subject_id and customer.phone_hash:
                line = [customer]
                while line[-1].merged_into is not None:
                    line.append(by_id[line[-1].merged_into])
                phones.append(_Phone(customer.phone_hash, tuple(line)))
        work.read([Identity.id_of("phone", phone.hash) for phone in phones])
        return phones

    def released(self, work: Work, phones: Iterable[_Phone]) -> Iterator[Aggregate]:
        """Nobody is found by these phones any more, nor kept from registering them (A-66)."""
        for phone in phones:
            identity = work.identity("phone", phone.hash)
            if identity is None:
                continue
            for record in phone.records:
                # The surviving record may have the number as its own, of another subject.
                if record.phone_subject == self.subject_id or record.phone_hash != phone.hash:
                    identity.release(customer=record.id, actor=work.actor, at=work.at)
            yield identity


@dataclass(frozen=True)
class AskErasure(_OnSubject):
    """Ask for a subject's data to be erased: from now on it is shown to nobody."""

    subject_id: UUID
    customers: Sequence[UUID]
    ground: Ground
    reason: str
    name: str = field(default="ask-erasure", init=False)

    def check(self) -> None:
        if self.ground not in GROUNDS:
            raise Invalid.field(
                "ground",
                "unknown",
                zh=f"须为 {'、'.join(GROUNDS)} 之一",
                en=f"must be one of {', '.join(GROUNDS)}",
            )
        super().check()

    def decide(self, work: Work) -> Decision:
        subject = self.subject(work)
        records = self.records(work, subject)
        identities = list(self.released(work, self.phones(work, records)))
        facts: dict[str, Any] = {
            "customers": self.holders(records),
            "ground": self.ground,
            "reason": self.reason.strip(),
        }
        if subject is None:
            subject = Subject.restrict(self.subject_id, **facts, actor=work.actor, at=work.at)
        else:
            subject.restrict_again(**facts, actor=work.actor, at=work.at)
        for customer in records:
            if customer.holds(self.subject_id):
                customer.restrict_data(self.subject_id, actor=work.actor, at=work.at)
        return _decided(subject, records, identities, KeyChanges(restricted=(self.subject_id,)))

    def asserted(self) -> dict[str, Any]:
        return {**super().asserted(), "ground": self.ground}


@dataclass(frozen=True)
class LiftRestriction(_OnSubject):
    """Use a subject's data again as before; nothing was erased."""

    subject_id: UUID
    reason: str
    customers: Sequence[UUID] = ()
    name: str = field(default="lift-restriction", init=False)

    def decide(self, work: Work) -> Decision:
        subject = self.known_subject(work)
        records = self.records(work, subject)
        phones = self.phones(work, records)
        subject.lift(
            customers=self.holders(records),
            reason=self.reason.strip(),
            actor=work.actor,
            at=work.at,
        )
        identities = [
            work.stand_behind("phone", phone.hash, phone.standing.id)
            for phone in phones
            if work.rules.names.phone != "ignore"
        ]
        for customer in records:
            customer.lift_data(self.subject_id, actor=work.actor, at=work.at)
        return _decided(subject, records, identities, KeyChanges(lifted=(self.subject_id,)))


@dataclass(frozen=True)
class ConfirmErasure(_OnSubject):
    """Erase a subject's data, as a second person: its key is destroyed with these events."""

    subject_id: UUID
    customers: Sequence[UUID] = ()
    reason: str = ""
    name: str = field(default="confirm-erasure", init=False)

    def check(self) -> None:
        """Nothing is malformed: the reason is that of who asked."""

    def decide(self, work: Work) -> Decision:
        subject = self.known_subject(work)
        records = self.records(work, subject)
        phones = self.phones(work, records)
        subject.erase(customers=self.holders(records), actor=work.actor, at=work.at)
        identities = list(self.released(work, phones))
        called = phones[0].hash if phones else None
        for customer in records:
            customer.erase_data(self.subject_id, called=called, actor=work.actor, at=work.at)
        return _decided(subject, records, identities, KeyChanges(destroyed=(self.subject_id,)))

    def asserted(self) -> dict[str, Any]:
        return {"subject": str(self.subject_id)}


def _decided(
    subject: Subject,
    records: Sequence[Customer],
    identities: Sequence[Aggregate],
    changes: KeyChanges,
) -> Decision:
    extra = {
        "subject_id": str(subject.subject_id),
        "subject_state": subject.state,
        "customers": [str(found) for found in subject.customers],
    }
    return Decision((subject, *records, *identities), extra, key_changes=changes)


def _with_successors(work: Work, ids: Iterable[UUID]) -> Iterator[Customer]:
    """These records and those that they were merged into, each once."""
    asked: set[UUID] = set()
    following = list(dict.fromkeys(ids))
    while following:
        asked |= set(following)
        work.read(following)
        found = [work.other_customer(one) for one in following]
        yield from (customer for customer in found if customer is not None)
        following = [
            into
            for into in dict.fromkeys(one.merged_into for one in found if one is not None)
            if into is not None and into not in asked
        ]


def _require_harmless(reason: str) -> None:
    """Raise Invalid for a reason that is empty, too long, or names a number."""
    found = problems_of(prose, "reason", reason, characters_max=REASON_CHARACTERS_MAX)
    if not found and _LOOKS_LIKE_A_PHONE.search(reason):
        found.append(
            FieldProblem(
                "reason",
                "personal",
                "不得写入电话号码：理由将永久保存",
                "must not hold a phone number: it is kept for ever",
            )
        )
    if found:
        raise Invalid(*found)
