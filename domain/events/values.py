"""Values that events carry: frozen, comparable, plain JSON once stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from domain.contract import Product
from domain.stage import Stage

__all__ = [
    "CHANNELS",
    "SYSTEM",
    "Bar",
    "Channel",
    "Contact",
    "Likeness",
    "Match",
    "Product",
    "Sealed",
    "Stage",
]


class Match(StrEnum):
    """How another record resembles this one, the strongest first."""

    SAME = "same"
    SIMILAR = "similar"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A personal field, encrypted under the key of its subject (design §9).

    subject: whose key opens it. box: base64 of nonce and AES-256-GCM ciphertext; the
    associated data names stream, topic and field, so a box moved elsewhere does not open.
    """

    subject: UUID
    box: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact person (S1-027): name and phone sealed under a key of that person's own.

    phone_hash: keyed hash of the normalised phone, for finding it again.
    """

    id: UUID
    position: str
    name: Sealed
    phone: Sealed
    phone_hash: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """Another customer that the collision check found (S1-171), and how it matched."""

    customer_id: UUID
    match: Match


@dataclass(frozen=True, slots=True)
class Bar:
    """Who may not claim again, and until which instant (S1-037, S1-045; A-01).

    member: the one who is barred; None bars everybody. until: the first instant at which a
    claim is allowed again.
    """

    member: str | None
    until: datetime


CustomerClass = Literal["A", "B", "C"]
CLASSES: tuple[CustomerClass, ...] = ("A", "B", "C")
"""Of a customer, the highest first (S4-37)."""
Channel = Literal["phone", "visit", "message", "mail", "other"]
CHANNELS: tuple[Channel, ...] = ("phone", "visit", "message", "mail", "other")
SYSTEM = "system"
"""The actor of what nobody did: lapses and removals that a recorded deadline implies."""
