"""The tables of a rulebook, one class each: what a rule reads when it decides.

What each value may be, and who asks for it, stands in rulebook_values.py.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time
from typing import Literal

DayCounting = Literal["exact", "civil"]


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """Claims and their review (S1-306 to S1-319). held_max: None where no cap is set (A-35)."""

    review_required: bool
    review_on_pool_claim: bool
    review_due_days: int
    potential_counts_from: Literal["pass", "earlier-of-pass-and-review-due", "claim"]
    removal_working_days: int
    corrections: int
    held_max: int | None


@dataclass(frozen=True, slots=True)
class StageRules:
    """The term of a stage and its extensions (S1-033, S1-036, S1-042, S1-044; A-03, A-04)."""

    days: int
    extensions: int
    extension_days_max: int
    extension_window_days: int


@dataclass(frozen=True, slots=True)
class IntentRules(StageRules):
    """The term as intent customer, and whether grant or request begins it (S1-042; A-05)."""

    counts_from: Literal["grant", "request"]


@dataclass(frozen=True, slots=True)
class ApplicationRules:
    """Which roles decide on intent and extension (S1-041; A-04)."""

    decided_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HoldOverRules:
    """How long an undecided application keeps a protection alive after its deadline (A-04)."""

    working_days: int


@dataclass(frozen=True, slots=True)
class BarRules:
    """Who may not claim again after what, and for how long (S1-037, S1-045; A-01, A-02)."""

    days: int
    applies_to: Literal["giver-up", "everyone"]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FollowUpRules:
    """What a follow-up holds (S1-030, S1-031; A-28)."""

    next_contact_required_stages: tuple[str, ...]
    next_contact_days_max: int
    note_characters_max: int


@dataclass(frozen=True, slots=True)
class NameRules:
    """What a similar name or an equal phone number does to a registration (S1-173; A-11)."""

    similar: Literal["block-unless-explained", "block", "warn"]
    phone: Literal["similar", "block", "ignore"]


@dataclass(frozen=True, slots=True)
class ContractRules:
    """Contracts: of which types, with whom, confirmed by which roles (S1-054 to S1-060; A-06).

    drawn_days: how long a drawn contract waits for its signature (S1-057).
    """

    types: tuple[str, ...]
    stages: tuple[str, ...]
    confirmed_by: tuple[str, ...]
    drawn_days: int


@dataclass(frozen=True, slots=True)
class DisputeRules:
    """Which roles rule disputes, and how far ahead a ruling may set a deadline (A-27)."""

    ruled_by: tuple[str, ...]
    deadline_days_max: int


@dataclass(frozen=True, slots=True)
class PoolRules:
    """The hours of claims from the pool, in Asia/Shanghai, half-open; None and None: always."""

    opens_at: time | None
    closes_at: time | None


@dataclass(frozen=True, slots=True)
class CalendarRules:
    """Days off and working days that go before the published calendar (S1-318; A-10)."""

    holidays: tuple[date, ...]
    make_up_days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class AgendaRules:
    """What the start page and the manager's briefing call attention to (S1-032)."""

    no_contact_days: int
    warning_days: int


@dataclass(frozen=True, slots=True)
class DisclosureRules:
    """How exactly a stranger sees a deadline, and how much of others' data anybody reads a day.

    details_a_day: by role, of how many customers a member sees the details; None: no cap.
    burst_details_min, burst_times: from how many customers on, and from how many times his usual
    number, a member's day of reading is told to his manager.
    """

    deadline_to_strangers: Literal["day", "instant"]
    details_a_day: tuple[tuple[str, int], ...] | None
    burst_details_min: int
    burst_times: int

    def details_max(self, roles: Collection[str]) -> int | None:
        """Of how many customers a member may see the details on one day: the most that one of his
        roles allows. None: a role of his has no cap."""
        caps = dict(self.details_a_day or ())
        found = [caps.get(role) for role in roles]
        known = [cap for cap in found if cap is not None]
        return max(known) if known and len(known) == len(found) else None
