"""Commands on the customer's record: register, add a contact, correct the profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec

from domain.commands.likeness import forbid_duplicates, identity_ids, likenesses
from domain.customer import Customer
from domain.errors import FieldProblem, Invalid
from domain.events.customer import ContactAdded, ProfileChanged, Registered
from domain.names import NAMES_VERSION, NameParts, NameProblem, parse, problems
from domain.orders import ContactInput
from domain.permissions import groups
from domain.phones import normalise_phone
from domain.sealing import Sealer
from domain.texts import line, prose
from domain.work import Decision, Work, checked_contact, checked_phone

CONTACTS_MAX = 50
FIELD_CHARACTERS_MAX: Mapping[str, int] = {"address": 300, "industry": 100, "introduction": 4000}
FIELDS = ("name", "address", "industry", "phone", "introduction")


@dataclass(frozen=True)
class Register:
    """Enter a customer for the first time (S1-021, S1-024, S1-025, S1-303)."""

    sealer: Sealer
    profile: str
    fields: Mapping[str, str]
    contacts: tuple[ContactInput, ...]
    override_reason: str | None
    name: str = field(default="register", init=False)
    customer_id: UUID | None = field(default=None, init=False)

    @cached_property
    def parts(self) -> NameParts:
        return parse(self.fields["name"])

    @cached_property
    def phone(self) -> str:
        return normalise_phone(self.fields["phone"])

    @cached_property
    def phone_hash(self) -> str:
        return self.sealer.keyed_hash("phone", self.phone)

    @property
    def about(self) -> None:
        return None

    def check(self) -> None:
        """Every field at once, so that its sender mends them in one go."""
        found = field_problems(self.fields, required=FIELDS)
        if len(self.contacts) > CONTACTS_MAX:
            found.append(_too_many_contacts())
        for index, contact in enumerate(self.contacts[:CONTACTS_MAX]):
            found += problems_of(checked_contact, contact, at_field=f"contacts.{index}")
        if self.override_reason is not None:
            found += problems_of(
                prose, "override_reason", self.override_reason, characters_max=2000
            )
        if found:
            raise Invalid(*found)

    def streams(self) -> Iterable[UUID]:
        return identity_ids(
            name_key=self.parts.key, core=self.parts.core, phone_hash=self.phone_hash
        )

    def decide(self, work: Work) -> Decision:
        if self.profile != work.rules.profile:
            raise Invalid.field(
                "profile",
                "unknown-profile",
                zh=f"未知类型；现行制度为 {work.rules.profile}",
                en=f"is not known; the rules in force are for {work.rules.profile}",
            )
        found = likenesses(
            work, name_key=self.parts.key, core=self.parts.core, phone_hash=self.phone_hash
        )
        forbid_duplicates(found, self.override_reason, work.rules)
        customer = self._registered(work, found)
        identities = [
            work.stand_behind("name", self.parts.key, customer.id),
            work.stand_behind("core", self.parts.core, customer.id),
        ]
        if work.rules.names.phone != "ignore":
            identities.append(work.stand_behind("phone", self.phone_hash, customer.id))
        extra = {
            "collision": msgspec.to_builtins(found),
            "warnings": list(customer.warnings),
        }
        return Decision((customer, *identities), extra)

    def _registered(self, work: Work, found: list[Any]) -> Customer:
        customer_id = work.new_id()
        topic = Registered.TOPIC
        bare = work.new_subject_key(customer_id)
        return Customer.register(
            customer_id,
            actor=work.actor,
            at=work.at,
            profile=self.profile,
            name=self.fields["name"].strip(),
            name_key=self.parts.key,
            core=self.parts.core,
            names_version=NAMES_VERSION,
            address=self.fields["address"].strip(),
            industry=self.fields["industry"].strip(),
            phone=work.seal(
                bare,
                self.phone,
                subject=customer_id,
                stream=customer_id,
                topic=topic,
                field="phone",
            ),
            phone_hash=self.phone_hash,
            introduction=self.fields["introduction"].strip(),
            contacts=[
                work.contact(contact, stream=customer_id, topic=topic, at_field=f"contacts.{index}")
                for index, contact in enumerate(self.contacts)
            ],
            collision=found,
            override_reason=self.override_reason if found else None,
            warnings=name_warnings(self.fields["name"]),
            rulebook=work.rules.version,
        )

    def asserted(self) -> dict[str, Any]:
        return {
            "name": self.fields["name"],
            "address": self.fields["address"],
            "industry": self.fields["industry"],
            "override_reason": self.override_reason,
        }


@dataclass(frozen=True)
class AddContact:
    """Fill in a contact person (S1-027)."""

    customer_id: UUID
    contact: ContactInput
    name: str = field(default="add-contact", init=False)

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        checked_contact(self.contact, at_field="contact")

    def streams(self) -> Iterable[UUID]:
        return ()

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        of_actor = groups(work.signed.roles)
        customer.require_editable(work.actor, work.at, of_actor)
        contact = work.contact(
            self.contact, stream=customer.id, topic=ContactAdded.TOPIC, at_field="contact"
        )
        customer.add_contact(contact, actor=work.actor, at=work.at, groups=of_actor)
        return Decision((customer,), {"contact_id": str(contact.id)})

    def asserted(self) -> dict[str, Any]:
        return {"position": self.contact.position}


@dataclass(frozen=True)
class ChangeProfile:
    """Correct fields of the record; a new name or phone is checked again (S1-019, S1-171)."""

    sealer: Sealer
    customer_id: UUID
    changes: Mapping[str, str]
    override_reason: str | None
    name: str = field(default="change-profile", init=False)

    @cached_property
    def parts(self) -> NameParts | None:
        return parse(self.changes["name"]) if "name" in self.changes else None

    @cached_property
    def phone(self) -> str | None:
        return normalise_phone(self.changes["phone"]) if "phone" in self.changes else None

    @cached_property
    def phone_hash(self) -> str | None:
        return self.sealer.keyed_hash("phone", self.phone) if self.phone else None

    @property
    def about(self) -> UUID:
        return self.customer_id

    def check(self) -> None:
        found = field_problems(self.changes, required=())
        if not self.changes:
            found.append(FieldProblem("", "empty", "没有任何修改", "changes nothing"))
        if self.override_reason is not None:
            found += problems_of(
                prose, "override_reason", self.override_reason, characters_max=2000
            )
        if found:
            raise Invalid(*found)

    def streams(self) -> Iterable[UUID]:
        return identity_ids(
            name_key=self.parts.key if self.parts else None,
            core=self.parts.core if self.parts else None,
            phone_hash=self.phone_hash,
        )

    def decide(self, work: Work) -> Decision:
        customer = work.customer(self.customer_id)
        customer.require_editable(work.actor, work.at, groups(work.signed.roles))
        keys = {
            "name_key": self.parts.key if self.parts else None,
            "core": self.parts.core if self.parts else None,
            "phone_hash": self.phone_hash,
        }
        found = likenesses(work, **keys, but=customer.id)
        forbid_duplicates(found, self.override_reason, work.rules)
        work.read(
            identity_ids(
                name_key=customer.name_key, core=customer.core, phone_hash=customer.phone_hash
            )
        )
        identities = self._moved_identities(work, customer)
        customer.change_profile(
            actor=work.actor,
            at=work.at,
            **keys,
            **{
                key: self.changes[key].strip() if key in self.changes else None
                for key in ("name", "address", "industry", "introduction")
            },
            names_version=NAMES_VERSION,
            phone=self._sealed_phone(work, customer),
            collision=found,
            override_reason=self.override_reason if found else None,
            warnings=name_warnings(self.changes["name"]) if self.parts else [],
            rulebook=work.rules.version,
        )
        return Decision((customer, *identities), {"collision": msgspec.to_builtins(found)})

    def _moved_identities(self, work: Work, customer: Customer) -> list[Any]:
        """The customer leaves its old keys and stands behind its new ones."""
        moves: list[tuple[Any, str, str]] = []
        if self.parts is not None:
            moves += [
                ("name", customer.name_key, self.parts.key),
                ("core", customer.core, self.parts.core),
            ]
        if self.phone_hash is not None and work.rules.names.phone != "ignore":
            moves.append(("phone", customer.phone_hash, self.phone_hash))
        moved = []
        for kind, old, new in moves:
            if old == new:
                continue
            left = work.identity(kind, old)
            if left is not None:
                left.release(customer=customer.id, actor=work.actor, at=work.at)
                moved.append(left)
            moved.append(work.stand_behind(kind, new, customer.id))
        return moved

    def _sealed_phone(self, work: Work, customer: Customer) -> Any:
        if self.phone is None:
            return None
        subject = customer.takes_a_new_phone_under
        if subject is None:
            subject = work.new_id()
            bare = work.new_subject_key(subject)
        else:
            bare = work.subject_key(subject)
        return work.seal(
            bare,
            self.phone,
            subject=subject,
            stream=customer.id,
            topic=ProfileChanged.TOPIC,
            field="phone",
        )

    def asserted(self) -> dict[str, Any]:
        return {key: text for key, text in self.changes.items() if key != "phone"}


def field_problems(fields: Mapping[str, str], *, required: Iterable[str]) -> list[FieldProblem]:
    """What is malformed in the fields of a record (S1-018, S1-019, S1-025)."""
    found = [
        FieldProblem(key, "required", "必须填写", "is required")
        for key in required
        if key not in fields
    ]
    for key, text in fields.items():
        if key == "name":
            found += [
                FieldProblem("name", problem.code, problem.message_zh, problem.message_en)
                for problem in _hard_problems(text)
            ]
        elif key == "phone":
            found += problems_of(checked_phone, text, at_field="phone")
        elif key == "introduction":
            found += problems_of(prose, key, text, characters_max=FIELD_CHARACTERS_MAX[key])
        else:
            found += problems_of(line, key, text, characters_max=FIELD_CHARACTERS_MAX[key])
    return found


def problems_of(check: Any, *values: Any, **named: Any) -> list[FieldProblem]:
    """The problems that a check raises, as a list."""
    try:
        check(*values, **named)
    except Invalid as error:
        return list(error.problems)
    return []


def name_warnings(name: str) -> list[str]:
    """Codes of the soft findings that the reviewer sees (A-39)."""
    return [problem.code for problem in problems(name) if not problem.is_hard]


def _hard_problems(name: str) -> list[NameProblem]:
    return [problem for problem in problems(name) if problem.is_hard]


def _too_many_contacts() -> FieldProblem:
    return FieldProblem(
        "contacts",
        "too-many",
        f"最多 {CONTACTS_MAX} 个联系人",
        f"must be at most {CONTACTS_MAX}",
    )
