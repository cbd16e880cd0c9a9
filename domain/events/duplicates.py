"""Two records of one company: reported, then merged or declared different (S1-020; A-11, A-64)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

from domain.contract import Contract
from domain.events.customer import CustomerEvent
from domain.events.values import Bar, Contact
from domain.protection import Protection

Resolution = Literal["merge", "different"]


@dataclass(frozen=True, slots=True)
class Report:
    """A report that one record doubles another. resolution: None while it is open."""

    number: int
    of: UUID
    reporter: str
    resolution: Resolution | None


@dataclass(frozen=True, slots=True)
class Alias:
    """What an absorbed record was called: whoever resembles it resembles the surviving one."""

    name_key: str
    core: str
    phone_hash: str


class DuplicateReported(CustomerEvent):
    """Somebody reported this record as a duplicate (S1-020). number: of the report, on this record.

    of: the record that it doubles. statement: why the reporter thinks so.
    """

    TOPIC = "customer.duplicate_reported"

    number: int
    of: UUID
    statement: str

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        report = Report(self.number, self.of, self.actor, None)
        aggregate.reports = {**aggregate.reports, self.number: report}
        aggregate.linked = aggregate.linked | {self.of}


class DuplicateLinked(CustomerEvent):
    """Another record was reported as a duplicate of this one. number: of the report, over there."""

    TOPIC = "customer.duplicate_linked"

    other: UUID
    number: int

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.linked = aggregate.linked | {self.other}


class DuplicateResolved(CustomerEvent):
    """A reviewer decided the report: one company, or two (A-11). reason: in writing.

    of: the record that stands for the one reported: that one, or what it was merged into.
    """

    TOPIC = "customer.duplicate_resolved"

    number: int
    of: UUID
    resolution: Resolution
    reason: str
    rulebook: str

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        reported = aggregate.reports[self.number]
        report = replace(reported, of=self.of, resolution=self.resolution)
        aggregate.reports = {**aggregate.reports, self.number: report}
        if self.resolution == "different":
            aggregate.linked = aggregate.linked - {self.of, reported.of}
            aggregate.different_from = aggregate.different_from | {self.of, reported.of}


class LikenessEnded(CustomerEvent):
    """Another record, reported as a duplicate of this one, is a different company: in writing."""

    TOPIC = "customer.likeness_ended"

    other: UUID
    number: int
    reason: str

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.linked = aggregate.linked - {self.other}
        aggregate.different_from = aggregate.different_from | {self.other}


class Merged(CustomerEvent):
    """This record was merged into another, which answers from now on; its history stays (A-11).

    holder: whose protection stood on this record; None: nobody's. moved: that protection goes on
    over there; else it ends here.
    """

    TOPIC = "customer.merged"

    into: UUID
    number: int
    holder: str | None
    moved: bool
    rulebook: str

    def protection_after(self, before: Protection | None) -> Protection | None:
        return None

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.merged_into = self.into


class DuplicateAbsorbed(CustomerEvent):
    """Another record was merged into this one (A-11). absorbed: its id.

    protection: the one that stands from now on: of the two the earlier valid claim. moved: it comes
    from the other record. gave_way: whose protection on this record ended for it; None: nobody's.
    bars, claimants, contacts, contracts and signers are those that moved along. linked: records
    that it was linked with. different_from: those that it was said to differ from. aliases: what it
    was called.
    """

    TOPIC = "customer.duplicate_absorbed"

    absorbed: UUID
    number: int
    protection: Protection | None
    moved: bool
    gave_way: str | None
    bars: list[Bar]
    claimants: list[str]
    contacts: list[Contact]
    contracts: list[Contract]
    signers: list[str]
    rulebook: str
    linked: tuple[UUID, ...] = ()
    different_from: tuple[UUID, ...] = ()
    aliases: tuple[Alias, ...] = ()

    def protection_after(self, before: Protection | None) -> Protection | None:
        return self.protection

    def apply(self, aggregate: Any) -> None:
        if self.moved:
            aggregate.drop_contracts()
        super().apply(aggregate)
        aggregate.bars = {
            **aggregate.bars,
            **{bar.member: bar.until for bar in self.bars},
        }
        aggregate.claimants = aggregate.claimants | set(self.claimants)
        added = {contact.id: contact for contact in self.contacts}
        aggregate.contacts = {**aggregate.contacts, **added}
        aggregate.contact_topics = {**aggregate.contact_topics, **dict.fromkeys(added, self.TOPIC)}
        moved = {contract.number: contract for contract in self.contracts}
        aggregate.contracts = {**aggregate.contracts, **moved}
        aggregate.signers = tuple(dict.fromkeys((*aggregate.signers, *self.signers)))
        aggregate.different_from = aggregate.different_from | set(self.different_from)
        aggregate.linked = aggregate.linked | {self.absorbed, *self.linked}
        aggregate.aliases = (*aggregate.aliases, *self.aliases)
