"""Two records of one company: reported by anybody, resolved by a reviewer (S1-020; A-11, A-64)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from domain.customer.state import CustomerState
from domain.errors import AlreadyPending, NotFound, NothingPending, OwnDecision
from domain.events import duplicates as events
from domain.events.duplicates import Alias, Report, Resolution
from domain.events.values import Bar, Contact
from domain.rulebook_text import Rulebook

if TYPE_CHECKING:
    from domain.contract import Contract


class Duplicates(CustomerState):
    """Report, merge, declare different."""

    def report_duplicate(self, *, of: UUID, statement: str, actor: str, at: datetime) -> Report:
        """Report this record as a duplicate of another (S1-020). Raises AlreadyPending."""
        self.require_unreported(of)
        number = len(self.reports) + 1
        self.trigger_event(
            events.DuplicateReported,
            timestamp=at,
            actor=actor,
            number=number,
            of=of,
            statement=statement,
        )
        return self.reports[number]

    def link_duplicate(self, *, other: UUID, number: int, actor: str, at: datetime) -> None:
        """Another record was reported as a duplicate of this one."""
        self.trigger_event(
            events.DuplicateLinked, timestamp=at, actor=actor, other=other, number=number
        )

    def resolve_duplicate(
        self,
        *,
        number: int,
        resolution: Resolution,
        reason: str,
        actor: str,
        at: datetime,
        rules: Rulebook,
        of: UUID | None = None,
    ) -> Report:
        """Decide a report. of: what stands for the record reported, where that was merged.

        Raises what `require_resolvable` does.
        """
        report = self.require_resolvable(number, actor)
        self.trigger_event(
            events.DuplicateResolved,
            timestamp=at,
            actor=actor,
            number=number,
            of=of or report.of,
            resolution=resolution,
            reason=reason,
            rulebook=rules.version,
        )
        return report

    def end_likeness(
        self, *, other: UUID, number: int, reason: str, actor: str, at: datetime
    ) -> None:
        """The other record is a different company: in writing, and for good."""
        self.trigger_event(
            events.LikenessEnded,
            timestamp=at,
            actor=actor,
            other=other,
            number=number,
            reason=reason,
        )

    def merge_into(
        self, into: UUID, *, number: int, moved: bool, actor: str, at: datetime, rules: Rulebook
    ) -> None:
        """This record answers no more; its history stays. moved: its protection goes on there."""
        live = self.live_protection(at)
        self.trigger_event(
            events.Merged,
            timestamp=at,
            actor=actor,
            into=into,
            number=number,
            holder=live.holder if live is not None else None,
            moved=moved,
            rulebook=rules.version,
        )

    def absorb(
        self,
        other: CustomerState,
        *,
        number: int,
        contacts: Sequence[Contact],
        actor: str,
        at: datetime,
        rules: Rulebook,
    ) -> bool:
        """Take over what the other record had (A-11); True if its protection is the one to stand.

        Of two protections the earlier valid one stands. Bars move along, the longer of two stays.
        contacts: those of the other record, sealed for this one.
        """
        own, theirs = self.live_protection(at), other.live_protection(at)
        moved = theirs is not None and (own is None or theirs.comes_before(own))
        self.trigger_event(
            events.DuplicateAbsorbed,
            timestamp=at,
            actor=actor,
            absorbed=other.id,
            number=number,
            protection=theirs if moved else own,
            moved=moved,
            gave_way=own.holder if moved and own is not None else None,
            bars=self._longer_bars(other, at),
            claimants=sorted(other.claimants),
            contacts=list(contacts),
            contracts=self._contracts_of(other, at, keep_open=moved),
            signers=list(other.signers),
            linked=tuple(sorted(other.linked - {self.id})),
            different_from=tuple(sorted(other.different_from - {self.id})),
            aliases=(Alias(other.name_key, other.core, other.phone_hash), *other.aliases),
            rulebook=rules.version,
        )
        return moved

    # Rules.

    def require_unreported(self, of: UUID) -> None:
        """No open report of the same pair on this record. Raises AlreadyPending."""
        if any(known.of == of and known.resolution is None for known in self.reports.values()):
            raise AlreadyPending(self.id)

    def require_mergeable(self, number: int) -> None:
        """No other report and no dispute waits on this record, which nobody could decide any more.

        Raises AlreadyPending.
        """
        if self.open_disputes or any(
            report.resolution is None for report in self.reports.values() if report.number != number
        ):
            raise AlreadyPending(self.id)

    def require_resolvable(self, number: int, actor: str) -> Report:
        """An open report, and a reviewer with no part in it. Raises NotFound, NothingPending,
        OwnDecision."""
        report = self.reports.get(number)
        if report is None:
            raise NotFound("duplicate", number)
        if report.resolution is not None:
            raise NothingPending(self.id)
        self.require_no_party(actor, report.reporter)
        return report

    def require_no_part_in(self, other: CustomerState, actor: str, applicant: str) -> None:
        """Nor has the actor any part in a linked record (design §4). Raises OwnDecision."""
        if other.is_party(actor):
            raise OwnDecision(self.id, applicant)

    def _longer_bars(self, other: CustomerState, at: datetime) -> list[Bar]:
        return [
            Bar(member, until)
            for member, until in other.bars.items()
            if at < until and until > self.bars.get(member, at)
        ]

    def _contracts_of(
        self, other: CustomerState, at: datetime, *, keep_open: bool
    ) -> list[Contract]:
        """Its contracts; where its protection ends, the signed ones alone, closed if open.

        Of two under one number, the one that has not given it back stands (S1-057).
        """
        moved = []
        for contract in other.contracts.values():
            own = self.contracts.get(contract.number)
            if own is not None and not own.gives_its_number_back(at):
                continue
            if keep_open:
                moved.append(contract)
            elif contract.is_signed:
                ended = contract.status == "open"
                moved.append(replace(contract, status="dropped") if ended else contract)
        return moved
