"""A card as an answer: personal fields opened for those who may see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from api.access.looks import Field, record_details
from api.answers import Answer
from api.disclosure import NOT_A_PARTY, Disclosure
from api.routes.calls import QueryCall
from domain.events.values import Sealed
from domain.orders import SealedAt
from projections.cards import Card, SealedField

_LINE = (
    "customer_id",
    "version",
    "name",
    "region",
    "industry",
    "address",
    "state",
    "holder",
    "group",
    "department",
    "claimed_at",
    "held_over_by",
    "registered_at",
    "pool_since",
    "pool_reason",
    "last_holder",
)
_CARD = (
    "profile",
    "warnings",
    "registered_by",
    "since",
    "in_force_since",
    "review_due",
    "rulebook",
    "bars",
    "merged_into",
    "merged_from",
    "different_from",
)
_DETAILS = (
    "introduction",
    "override_reason",
    "review_reason",
    "last_follow_up_at",
    "last_follow_up_by",
    "next_contact_at",
    "application",
    "extensions",
    "contracts",
    "signers",
)
_OPENED = ("phone", "phone_subject", "phone_state", "contacts")


_BEGINNINGS = ("claimed_at", "registered_at")
"""Instants from which a deadline may be reckoned."""
_OF_PROTECTION = ("since", "in_force_since")


def card_line(card: Card, disclosure: Disclosure) -> dict[str, Any]:
    """A customer in a list: what everybody may see."""
    told = {field: getattr(card, field) for field in _LINE} | {"class": card.customer_class}
    veil = disclosure.veil_of_card(card)
    told |= {field: veil.shown(told[field]) for field in _BEGINNINGS}
    for field in ("until", "held_over_until"):
        told[field] = disclosure.deadline(
            getattr(card, field),
            holder=card.holder,
            state=card.state,
            department=card.department,
        )
    return told


def card_answer(call: QueryCall, disclosure: Disclosure, card: Card, position: int) -> Answer:
    """The whole card, as far as the caller may see it. A read of details is logged."""
    right = disclosure.right_to_card(card)
    told = card_line(card, disclosure) | {field: getattr(card, field) for field in _CARD}
    told |= _beginnings(card, disclosure, sees_details=right is not None)
    told |= _matters(card, disclosure, sees_details=right is not None)
    if right is not None:
        told |= {field: getattr(card, field) for field in _DETAILS} | _opened(call, card)
        hidden = None
        record_details(
            call, disclosure.signed, "card", _fields(card), [card.customer_id], right=right
        )
    else:
        told |= dict.fromkeys((*_DETAILS, *_OPENED))
        hidden = NOT_A_PARTY
    told |= {
        "details_hidden": hidden,
        "last_position": card.position,
        "position": position,
        "at": disclosure.signed.at,
    }
    return call.answer(told, position=position, version=card.version)


def _beginnings(card: Card, disclosure: Disclosure, *, sees_details: bool) -> dict[str, Any]:
    """When the protection began and its review is due, to a stranger to the day."""
    veil = disclosure.veil_of_card(card, sees_details=sees_details)
    told = {field: veil.shown(getattr(card, field)) for field in _OF_PROTECTION}
    return told | {"review_due": veil.deadline(card.review_due)}


def placed(customer_id: UUID, field: SealedField) -> SealedAt:
    """A sealed field with its place, as the application opens it."""
    return SealedAt(customer_id, field.topic, field.field, Sealed(field.subject, field.box))


def _matters(card: Card, disclosure: Disclosure, *, sees_details: bool) -> dict[str, Any]:
    """The holder's leaving and reports of duplicates, to a stranger without names and words."""
    leaving = card.leaving
    return {
        "leaving": leaving
        and {
            "leaves_at": leaving.leaves_at
            if sees_details
            else disclosure.deadline(
                leaving.leaves_at,
                holder=card.holder,
                state=card.state,
                department=card.department,
            ),
            "to": leaving.to if sees_details else None,
        },
        "duplicates": [
            {
                "report": report.number,
                "of": report.of,
                "reporter": report.reporter,
                "reported_at": report.reported_at,
                "statement": report.statement if sees_details else None,
            }
            for report in card.reports
        ],
    }


def _fields(card: Card) -> Iterator[Field]:
    """Which details the card shows."""
    yield "phone"
    if card.contacts:
        yield from ("contact-names", "contact-phones")
    if card.introduction:
        yield "introduction"
    if card.override_reason or card.review_reason or card.reports:
        yield "reasons"
    if card.application:
        yield "applications"
    if card.contracts:
        yield "contracts"


def _opened(call: QueryCall, card: Card) -> dict[str, Any]:
    """Phone and contacts in plain text; None where a person's data is restricted or erased."""
    sealed = [card.phone]
    for contact in card.contacts:
        sealed += [contact.name, contact.phone]
    phone, *texts = call.application.open_sealed(
        [placed(card.customer_id, field) for field in sealed]
    )
    pairs = zip(card.contacts, zip(texts[::2], texts[1::2], strict=True), strict=True)
    return {
        "phone": phone,
        "phone_subject": card.phone.subject,
        "phone_state": card.phone_state,
        "contacts": [
            {
                "id": contact.id,
                "position": contact.position,
                "name": name,
                "phone": number,
                "state": contact.state,
            }
            for contact, (name, number) in pairs
        ],
    }
