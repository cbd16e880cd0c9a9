"""Writes docs/events.md from the event classes: `python -m tests.event_catalogue docs/events.md`.

What a topic means comes from its class's docstring, the fields' types from the annotations, what
a field means from the docstring (`name: meaning.`) or from `SHARED`, the example from the stored
samples, the sentences from `domain.words`.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import types
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from eventsourcing.domain import DomainEvent

import domain.application  # noqa: F401 - imports every event class
from domain.contract import Contract
from domain.events.disputes import Contested
from domain.events.duplicates import Alias
from domain.events.values import Bar, Contact, Likeness, Product, Sealed, Stage
from domain.protection import Application, Leaving, Protection
from domain.words import describe
from tests.stored_events import samples

FRAME = {"originator_id", "originator_version", "originator_topic", "timestamp"}
KINDS = {
    "customer": "A customer's stream",
    "identity": "A name's, core's or phone's stream",
    "member": "A member's stream",
    "rulebook": "The rulebook's stream",
    "organisation": "The stream of the departments",
    "refusal": "A refusal's stream",
    "party": "The stream of a member's part in a customer",
    "webhook": "A webhook's stream",
    "subject": "A data subject's stream",
    "details": "A member's requests to read one customer's details",
}
MODULES = (
    "customer",
    "applications",
    "contracts",
    "holders",
    "duplicates",
    "classes",
    "disputes",
    "personal_data",
)
"""Those that share the customer's stream, in the order in which they are meant to be read."""
VALUES = (
    Sealed,
    Contact,
    Likeness,
    Bar,
    Protection,
    Application,
    Leaving,
    Contract,
    Product,
    Alias,
    Contested,
)
SHARED = {
    "actor": "the member who caused it, or `system`",
    "holder": "the member whose protection it is about",
    "department": "the department of that member at this instant",
    "stage": "the stage that the protection was in",
    "reason": "why, in the sender's words",
    "bar": "who may not claim again and until when, if the rulebook bars",
    "rulebook": "the version of the rules that decided",
    "profile": "which kind of record it is",
    "name": "the full name as typed",
    "name_key": "the normalised full name",
    "core": "trade name and characteristic, by which likeness is judged",
    "names_version": "version of the rules of likeness",
    "address": "detailed address",
    "industry": "industry",
    "phone": "the company's phone",
    "subject_id": "the data subject: a contact person, or a company's phone",
    "customers": "the records that hold the subject's data",
    "ground": "why the data must go (PIPL art. 47)",
    "phone_hash": "keyed hash of the normalised phone",
    "introduction": "what the company does",
    "contacts": "contact persons given at once",
    "contact": "the contact person",
    "collision": "what the collision check found",
    "override_reason": "why it is another company all the same",
    "warnings": "soft findings for the reviewer",
    "review_due": "when the review should be decided",
    "deadline": "the instant at which the protection was over",
    "cause": "the rule that ended it",
    "channel": "how the contact took place",
    "note": "what was said",
    "next_contact_at": "when the holder means to make contact next",
    "customer_id": "the customer that stands, or no longer stands, behind the key",
    "roles": "all roles from now on",
    "token_id": "the token's id, by which it is revoked",
    "digest": "SHA-256 of the token's secret",
    "match": "how it matched, the strongest first",
    "applicant": "who asked; the holder may be another since",
    "number": "the contract's number",
    "type": "type of the contract, one of the rulebook's",
    "signed_on": "the date on the contract",
    "payment_method": "how it is to be paid",
    "buyer": "who buys, as the contract says it",
    "products": "what is sold",
    "promises": "what is promised besides (S1-061)",
    "leaves_at": "when the holder leaves the company",
    "to": "who has the customer from now on",
    "other": "the other record",
    "into": "the record that answers from now on",
    "member": "the member who has a part in it",
    "Application.kind": "what was asked for",
    "ApplicationWithdrawn.kind": "what was asked for",
    "Application.asked_at": "when it was asked for",
    "Contract.number": "its number, unique among all that were ever signed",
    "Contract.drawn_by": "the holder who drew it",
    "Contract.signed_by": "the holder who signed it",
    "Contract.drawn_at": "when it was drawn",
    "Contract.signed_at": "when the signature was recorded, which is what counts in time",
    "Leaving.at": "when the holder leaves",
    "Leaving.to": "who takes over; null: nobody does",
    "Protection.holder": "the member who holds it; null while `group` does",
    "Protection.stage": "its stage",
    "Protection.department": "the department of the holder",
    "Protection.group": "the group that holds it; null: a member does",
    "Product.name": "what it is",
    "Product.quantity": "how many pieces",
    "Merged.number": "of the report, on this record",
    "DuplicateAbsorbed.number": "of the report, on the other record",
    "ClaimCounted.customer_id": "the customer that was claimed",
    "ClaimCounted.held_max": "how many one may hold",
    "DuplicateAbsorbed.gave_way": "whose protection on this record ended for it; null: nobody's",
    "DuplicateAbsorbed.bars": "bars of the other record that are longer",
    "DuplicateAbsorbed.claimants": "who had sought or held the other record",
    "DuplicateAbsorbed.contacts": "contact persons of the other record",
    "DuplicateAbsorbed.contracts": "contracts of the other record",
    "DuplicateAbsorbed.signers": "who signed confirmed contracts of the other record",
    "DuplicateResolved.number": "of the report, on this record",
    "DuplicateResolved.of": "the record that it was said to double",
    "DuplicateResolved.resolution": "one company, or two",
    "LikenessEnded.number": "of the report, on the other record",
    "FollowedUp.holder": "whose it is; null while the group of after-sales holds it (S1-049)",
    "HandOverArranged.to": "who takes over; null: nobody, the protection ends with the leaving",
    "MovedToAfterSales.to": "who is responsible; null: the group, until a person is named",
    "MovedToAfterSales.department": "that of `to`",
    "LeaveArranged.leaves_at": "when the member leaves the company",
    "PartyNoted.customer_id": "the customer that was sought",
    "DetailsRequested.member": "who asks",
    "DetailsRequestedAgain.member": "who asks",
    "DetailsGranted.member": "who asks",
    "DetailsRefused.member": "who asks",
    "DetailsRequested.days": "for how many",
    "DetailsRequested.customer_id": "the customer whose details are asked for",
    "DetailsRequestedAgain.customer_id": "the customer whose details are asked for",
    "DetailsGranted.customer_id": "the customer whose details are asked for",
    "DetailsRefused.customer_id": "the customer whose details are asked for",
    "DetailsRequestedAgain.days": "for how many",
    "Contested.stage": "its stage",
    "Contested.claimed_at": "when the protection was asked for",
    "Contested.since": "when it began",
    "Contested.group": "the group that held it; null: a member did",
    "DisputeMoved.rulebook": "the version in force at the ruling",
    "Restored.rulebook": "the version in force at the ruling",
    "Contact.id": "the person's id, the subject of both seals",
    "Contact.position": "position in the company",
    "Contact.name": "the person's name",
    "Contact.phone": "the person's phone",
    "Likeness.customer_id": "the other customer",
    "Registered.name_key": "the normalised full name",
    "Registered.core": "trade name and characteristic, by which likeness is judged",
}

HEAD = """\
# Events

Every fact that Tenure stores, by topic. Written by `make docs` from the event classes; a test
fails when this page and the classes differ. S… are clauses (clauses.tsv), A-… readings of what
they leave open (readings.md), design §… sections of architecture.md.

Topics and stored fields are for ever. A field may be added with a default; any other change
raises the class's version and adds an upcast; a new meaning is a new topic (CONTRIBUTING.md).
One stored sample of every version lies in `tests/stored_events`, and every release must read it.

## The frame of every event

| where | what |
|---|---|
| `position` | place in the whole log |
| `originator_id`, `originator_version` | the stream and the place in it |
| `topic` | what happened; the headings below |
| `state` | UTF-8 JSON: the fields below and `timestamp`; the first event of a stream also holds \
`originator_topic` |
| `timestamp` | `at`: when it took effect, from the one clock |
| `recorded_at` | when the store wrote it down |

Instants are ISO 8601 in UTC, ids are UUIDs. The same events, with `state` as `jsonb`:
`SELECT * FROM tenure.event_log`.

## Values
"""


def event_classes() -> dict[str, type[DomainEvent]]:
    """The recorded event classes of the domain by topic, stream by stream, as they are defined."""
    found = [kind for kind in _below(DomainEvent) if kind.__module__.startswith("domain.events.")]
    recorded = [kind for kind in found if "TOPIC" in vars(kind)]
    by_stream = list(KINDS)
    recorded.sort(key=lambda kind: (by_stream.index(_stream(kind.TOPIC)), *_place(kind)))
    return {kind.TOPIC: kind for kind in recorded}


def catalogue() -> str:
    """The whole page."""
    lines = [HEAD.rstrip(), ""]
    for value in VALUES:
        lines += _value(value)
    lines += [f"**Stage**: one of {_codes(stage.value for stage in Stage)}.", ""]
    examples = {sample.topic: sample for sample in samples()}
    stream = ""
    for topic, kind in event_classes().items():
        if _stream(topic) != stream:
            stream = _stream(topic)
            lines += [f"## {KINDS[stream]}", ""]
        lines += _event(topic, kind, examples[topic])
    return "\n".join(lines).rstrip() + "\n"


def _event(topic: str, kind: type[DomainEvent], sample: Any) -> Iterator[str]:
    meaning, told = _docstring(kind)
    words = describe(sample.event())
    yield f"### `{topic}`"
    yield ""
    yield f"`{kind.__name__}`, version {getattr(kind, 'class_version', 1)}. {meaning}"
    yield ""
    yield from _table(kind, told, skip=FRAME)
    shown = {name: value for name, value in sample.state.items() if name != "originator_topic"}
    yield "```json"
    yield json.dumps(shown, ensure_ascii=False, indent=2)
    yield "```"
    yield ""
    yield f"> {words.zh}<br>"
    yield f"> {words.en}"
    yield ""


def _value(value: type[Any]) -> Iterator[str]:
    meaning, told = _docstring(value)
    yield f"**{value.__name__}**: {meaning}"
    yield ""
    yield from _table(value, told, skip=set())


def _table(kind: type[Any], told: dict[str, str], *, skip: set[str]) -> Iterator[str]:
    hints = get_type_hints(kind)
    yield "| field | type | meaning |"
    yield "|---|---|---|"
    for field in dataclasses.fields(kind):
        if field.name not in skip:
            own = SHARED.get(f"{kind.__name__}.{field.name}")
            meaning = own or told.get(field.name) or SHARED[field.name]
            yield f"| `{field.name}` | {_type(hints[field.name])} | {meaning} |"
    yield ""


def _docstring(kind: type[Any]) -> tuple[str, dict[str, str]]:
    """The sentences about the class, and those about its fields (`name: meaning.`)."""
    text = " ".join((kind.__doc__ or "").split())
    names = "|".join(field.name for field in dataclasses.fields(kind))
    parts = re.split(rf"(?:^|\s)((?:{names})(?:, (?:{names}))*): ", text)
    told = {}
    for fields, meaning in zip(parts[1::2], parts[2::2], strict=True):
        for field in fields.split(", "):
            told[field] = _as_stored(meaning).replace("|", "\\|").strip().rstrip(".;")
    return _as_stored(parts[0]).strip(), told


def _as_stored(meaning: str) -> str:
    return re.sub(r"\bNone\b", "null", meaning)


def _type(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        known = [_type(argument) for argument in arguments if argument is not type(None)]
        return " or ".join([*known, "null"])
    if origin is Literal:
        return _codes(arguments)
    if origin in (list, tuple):
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return "object"
    if isinstance(hint, type) and issubclass(hint, StrEnum) and hint is not Stage:
        return _codes(member.value for member in hint)
    names = {
        str: "text",
        int: "whole number",
        bool: "true or false",
        datetime: "instant",
        date: "date",
        Decimal: "decimal number, as text",
    }
    return names.get(hint) or ("id" if hint is UUID else hint.__name__)


def _codes(values: Any) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _stream(topic: str) -> str:
    return topic.split(".")[0]


def _place(kind: type[Any]) -> tuple[int, int]:
    """The class's module and its place in it: the order in which it is meant to be read."""
    module = kind.__module__.rpartition(".")[2]
    source = Path(sys.modules[kind.__module__].__file__ or "").read_text(encoding="utf-8")
    order = MODULES.index(module) if module in MODULES else 0
    return order, source.index(f"class {kind.__name__}(")


def _below(kind: type[Any]) -> set[type[Any]]:
    below = set(kind.__subclasses__())
    return below.union(*(_below(one) for one in below))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(catalogue(), encoding="utf-8")
