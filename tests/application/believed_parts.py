"""What a belief about a customer is made of: the terms, a contract, a hold, how it stands."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from domain.rulebook import default_text
from domain.working_days import end_of_working_day
from tests.application.house import DAY

STEPS = ("type", "signed_on", "payment_method", "buyer", "products", "promises")
WINDOW, CORRECTIONS, REMOVAL_WORKING_DAYS = 30 * DAY, 1, 3
EXTENSIONS = {"potential": 1, "intent": 2}
EXTENSION_DAYS = {"potential": 30, "intent": 15}
BEFORE_FORMAL = ("waiting", "rejected", "potential", "intent")


@dataclass(frozen=True)
class Terms:
    """What one version of the rules says, where versions differ here. bar_after: which endings bar;
    for_all: not the giver-up alone but everybody."""

    potential_days: int = 30
    intent_days: int = 15
    hold_over_days: int = 3
    drawn_days: int = 30
    bar_after: tuple[str, ...] = ("release", "withdrawal")
    for_all: bool = False
    contract_stages: tuple[str, ...] = ("intent", "formal")

    def text(self, version: str) -> str:
        """The default rulebook with these values under another name."""
        text = default_text().replace('version = "2026-1"', f'version = "{version}"')
        for table, key, value in (
            ("potential", "days", self.potential_days),
            ("intent", "days", self.intent_days),
            ("hold_over", "working_days", self.hold_over_days),
            ("contracts", "drawn_days", self.drawn_days),
            ("contracts", "stages", json.dumps(self.contract_stages)),
            ("bar", "after", json.dumps(self.bar_after)),
            ("bar", "applies_to", '"everyone"' if self.for_all else '"giver-up"'),
        ):
            before, start, rest = text.partition(f"[{table}]\n")
            found = re.search(rf"^{key} = [^#\n]*", rest, re.MULTILINE)
            assert found is not None
            rest = f"{rest[: found.start()]}{key} = {value} {rest[found.end() :]}"
            text = f"{before}{start}{rest}"
        return text


@dataclass
class Paper:
    """A contract. done: how many of its steps."""

    drawn_by: str
    expires_at: datetime
    done: int = 0
    signed_by: str | None = None
    status: str = "open"

    def state(self, now: datetime) -> str:
        if self.status != "open":
            return self.status
        if self.signed_by is not None:
            return "signed"
        return "expired" if self.has_expired(now) else "drawn"

    def has_expired(self, now: datetime) -> bool:
        return self.status == "open" and self.signed_by is None and self.expires_at <= now

    def is_open(self, now: datetime) -> bool:
        return self.status == "open" and not self.has_expired(now)

    def keeps_its_number(self, now: datetime) -> bool:
        return self.signed_by is not None or self.is_open(now)

    def allows(self, step: str) -> bool:
        """Steps are taken in their order; the last two may be repeated while they are the last."""
        place = STEPS.index(step)
        repeats = place + 1 == self.done and step in ("products", "promises")
        return self.status == "open" and (place == self.done or repeats)


@dataclass
class Hold:
    """What one protects. until: the deadline that was given. asked: what for, by whom, how many
    days. signed: numbers signed in time. leaving: when the holder leaves and who takes over. terms:
    those that granted the stage."""

    holder: str | None
    claimed_at: datetime
    since: datetime
    terms: Terms
    stage: str = "waiting"
    until: datetime | None = None
    corrections: int = 0
    extensions: int = 0
    asked: tuple[str, str, int] | None = None
    signed: frozenset[str] = frozenset()
    leaving: tuple[datetime, str | None] | None = None

    @property
    def held_over_until(self) -> datetime | None:
        """Three working days after the deadline, while something asked or signed in time waits."""
        if self.until is None or not (self.asked or self.signed):
            return None
        end = end_of_working_day(self.until, self.terms.hold_over_days).at
        return end if self.until < end else None

    @property
    def ends_at(self) -> datetime | None:
        return self.held_over_until or self.until

    @property
    def over_at(self) -> datetime | None:
        """When nobody has it any more: at its end, or where the holder leaves without successor."""
        if self.leaving is None or self.leaving[1] is not None or self.stage == "formal":
            return self.ends_at
        return min(self.leaving[0], self.ends_at or self.leaving[0])

    @property
    def changes_at(self) -> datetime | None:
        """When its holder has it no more."""
        if self.leaving is None:
            return self.ends_at
        return min(self.leaving[0], self.ends_at or self.leaving[0])

    @property
    def rank(self) -> tuple[int, datetime]:
        """Of two on one company: formal, then any other, then refused; then the earlier claim."""
        return {"formal": 0, "rejected": 2}.get(self.stage, 1), self.claimed_at


class Standing(NamedTuple):
    """How a customer stands at an instant. held_over_until: None unless something holds it over."""

    state: str
    holder: str | None
    group: str | None
    deadline: datetime | None
    held_over_until: datetime | None

    @property
    def is_held(self) -> bool:
        return self.state not in ("pool", "merged")
