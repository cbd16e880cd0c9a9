"""The customer: the heart. Its methods decide and record; `domain.events` evolves.

Invariants: at most one holder at any instant; a deadline once recorded is moved by no later
rulebook; every command first records the ends that its instant finds due.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.customer.applications import Applications
from domain.customer.claims import Claims
from domain.customer.classes import Classes
from domain.customer.contracts import Contracting
from domain.customer.disputes import Disputes
from domain.customer.duplicates import Duplicates
from domain.customer.hand_over import HandOver
from domain.customer.personal_data import PersonalData
from domain.customer.record import Record
from domain.customer.state import MERGED, POOL, CustomerState, RulesOf
from domain.events import (
    applications,
    classes,
    contracts,
    disputes,
    duplicates,
    holders,
    personal_data,
)
from domain.events import customer as events

__all__ = ["MERGED", "POOL", "Customer", "CustomerState", "RulesOf"]


class Customer(
    Record,
    PersonalData,
    Claims,
    Applications,
    Contracting,
    HandOver,
    Duplicates,
    Disputes,
    Classes,
    Aggregate,
):
    """A company or person: one stream, never deleted."""

    TOPIC = "customer"
    Event = events.CustomerEvent
    Created = events.Registered
    # The library knows the topics of the classes that stand here.
    ContactAdded = events.ContactAdded
    ProfileChanged = events.ProfileChanged
    Claimed = events.Claimed
    ClaimCorrected = events.ClaimCorrected
    ClaimWithdrawn = events.ClaimWithdrawn
    ReviewPassed = events.ReviewPassed
    ReviewRefused = events.ReviewRefused
    FollowedUp = events.FollowedUp
    Released = events.Released
    Lapsed = events.Lapsed
    HolderRemoved = events.HolderRemoved
    IntentRequested = applications.IntentRequested
    IntentGranted = applications.IntentGranted
    IntentRefused = applications.IntentRefused
    ExtensionRequested = applications.ExtensionRequested
    ExtensionGranted = applications.ExtensionGranted
    ExtensionRefused = applications.ExtensionRefused
    ApplicationWithdrawn = applications.ApplicationWithdrawn
    ContractDrawn = contracts.ContractDrawn
    ContractDetailed = contracts.ContractDetailed
    ContractSigned = contracts.ContractSigned
    ContractConfirmed = contracts.ContractConfirmed
    ContractVoided = contracts.ContractVoided
    Transferred = holders.Transferred
    HandOverArranged = holders.HandOverArranged
    MovedToAfterSales = holders.MovedToAfterSales
    DuplicateReported = duplicates.DuplicateReported
    DuplicateLinked = duplicates.DuplicateLinked
    DuplicateResolved = duplicates.DuplicateResolved
    LikenessEnded = duplicates.LikenessEnded
    Merged = duplicates.Merged
    DuplicateAbsorbed = duplicates.DuplicateAbsorbed
    DisputeOpened = disputes.DisputeOpened
    StatementMade = disputes.StatementMade
    DisputeRuled = disputes.DisputeRuled
    DisputeMoved = disputes.DisputeMoved
    Restored = disputes.Restored
    DataRestricted = personal_data.DataRestricted
    DataRestrictionLifted = personal_data.DataRestrictionLifted
    DataErased = personal_data.DataErased
    Classified = classes.Classified

    @classmethod
    def register(cls, customer_id: UUID, *, actor: str, at: datetime, **facts: Any) -> Customer:
        """Enter a customer; this alone protects nobody (S1-303, S1-304). facts: of Registered."""
        return cls._create(events.Registered, id=customer_id, timestamp=at, actor=actor, **facts)
