"""Steps of a customer's story that come after the claim: every event of them made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from domain.contract import Contract, Step
from domain.events import (
    ApplicationWithdrawn,
    Bar,
    Classified,
    Contact,
    Contested,
    ContractConfirmed,
    ContractDetailed,
    ContractDrawn,
    ContractSigned,
    ContractVoided,
    DataErased,
    DataRestricted,
    DataRestrictionLifted,
    DisputeMoved,
    DisputeOpened,
    DisputeRuled,
    DuplicateAbsorbed,
    DuplicateLinked,
    DuplicateReported,
    DuplicateResolved,
    ExtensionGranted,
    ExtensionRefused,
    ExtensionRequested,
    HandOverArranged,
    IntentGranted,
    IntentRefused,
    IntentRequested,
    LikenessEnded,
    Merged,
    MovedToAfterSales,
    Product,
    Stage,
    StatementMade,
    Transferred,
)
from domain.events.disputes import Awarded
from domain.protection import AFTER_SALES, Protection

DAY = timedelta(days=1)
RULEBOOK = "2026-1"


class Steps:
    """What a holder, a decider, a manager and a reviewer do."""

    id: UUID
    at: datetime
    holder: str
    events: list[Any]
    new: list[Any]

    @property
    def protection(self) -> Protection | None:
        """The protection that the events so far lead to."""
        held: Protection | None = None
        for event in self.events:
            held = event.protection_after(held)
        return held

    def intent_requested(
        self, *, deadline: datetime | None = None, held_over_until: datetime | None = None
    ) -> Self:
        deadline = deadline or self._deadline
        return self._add(
            IntentRequested,
            actor=self.holder,
            holder=self.holder,
            reason="已签意向书",
            deadline=deadline,
            held_over_until=held_over_until or deadline + 3 * DAY,
            provisional=False,
            rulebook=RULEBOOK,
        )

    def intent_granted(
        self, *, until: datetime | None = None, held_over_until: datetime | None = None
    ) -> Self:
        return self._add(
            IntentGranted,
            actor="chen",
            holder=self.holder,
            applicant=self.holder,
            counted_from=self.at,
            until=until or self.at + 15 * DAY,
            held_over_until=held_over_until,
            rulebook="2026-2",
        )

    def intent_refused(self) -> Self:
        return self._decided(IntentRefused, reason="依据不足")

    def extension_requested(
        self, *, days: int = 10, held_over_until: datetime | None = None
    ) -> Self:
        deadline = self._deadline
        return self._add(
            ExtensionRequested,
            actor=self.holder,
            holder=self.holder,
            stage=Stage.POTENTIAL,
            reason="意向强烈",
            days=days,
            deadline=deadline,
            held_over_until=held_over_until or deadline + 3 * DAY,
            provisional=False,
            rulebook=RULEBOOK,
        )

    def extension_granted(self, *, days: int = 10, held_over_until: datetime | None = None) -> Self:
        return self._decided(
            ExtensionGranted,
            stage=Stage.POTENTIAL,
            days=days,
            until=self._deadline + days * DAY,
            held_over_until=held_over_until,
        )

    def extension_refused(self) -> Self:
        return self._decided(ExtensionRefused, reason="没有进展")

    def application_withdrawn(self, kind: str = "intent") -> Self:
        return self._add(
            ApplicationWithdrawn,
            actor=self.holder,
            holder=self.holder,
            kind=kind,
            reason="还没谈好",
            rulebook=RULEBOOK,
        )

    def contract_drawn(self, number: str = "HT-1", *, expires_at: datetime | None = None) -> Self:
        return self._add(
            ContractDrawn,
            actor=self.holder,
            holder=self.holder,
            stage=Stage.INTENT,
            number=number,
            expires_at=expires_at or self.at + 30 * DAY,
            rulebook=RULEBOOK,
        )

    def contract_detailed(self, step: Step, number: str = "HT-1", **filled_in: Any) -> Self:
        return self._add(
            ContractDetailed,
            actor=self.holder,
            holder=self.holder,
            number=number,
            step=step,
            **filled_in,
        )

    def contract_signed(
        self, number: str = "HT-1", *, held_over_until: datetime | None = None
    ) -> Self:
        held = self.protection
        deadline = held.until if held is not None else None
        return self._add(
            ContractSigned,
            actor=self.holder,
            holder=self.holder,
            number=number,
            signed_on=date(2026, 3, 20),
            deadline=deadline,
            held_over_until=held_over_until or (deadline and deadline + 3 * DAY),
            provisional=False,
            rulebook=RULEBOOK,
        )

    def contract_completed(self, number: str = "HT-1", **signed: Any) -> Self:
        """Drawn already: every step from the type to the promises, the signature among them."""
        self.contract_detailed("type", number, type="采购")
        self.contract_signed(number, **signed)
        self.contract_detailed("payment_method", number, payment_method="转账")
        self.contract_detailed("buyer", number, buyer="采购部")
        self.contract_detailed("products", number, products=[Product("空调", 2, None)])
        return self.contract_detailed("promises", number, promises=["三年保修"])

    def contract_confirmed(self, number: str = "HT-1", *, actor: str = "sun") -> Self:
        held = self.protection
        is_formal = held is not None and held.stage is Stage.FORMAL
        return self._add(
            ContractConfirmed,
            actor=actor,
            holder=self.holder,
            number=number,
            group=None if is_formal else AFTER_SALES,
            rulebook=RULEBOOK,
        )

    def contract_voided(self, number: str = "HT-1") -> Self:
        return self._add(
            ContractVoided, actor="sun", number=number, reason="条款有误", rulebook=RULEBOOK
        )

    def transferred(
        self, to: str, *, department: str = "二部", timestamp: datetime | None = None
    ) -> Self:
        held = self.protection
        before, self.holder = self.holder, to
        return self._add(
            Transferred,
            timestamp=timestamp or self.at,
            actor="chen",
            holder=before,
            to=to,
            department=department,
            stage=held.stage if held is not None else Stage.POTENTIAL,
            until=held.until if held is not None else None,
            reason="调整区域",
            rulebook=RULEBOOK,
        )

    def hand_over_arranged(
        self, leaves_at: datetime, *, to: str | None = None, department: str | None = None
    ) -> Self:
        held = self.protection
        return self._add(
            HandOverArranged,
            actor="chen",
            holder=self.holder,
            stage=held.stage if held is not None else Stage.POTENTIAL,
            leaves_at=leaves_at,
            to=to,
            department=department or ("二部" if to is not None else None),
            reason="离职",
        )

    def moved_to_after_sales(self, to: str | None, *, timestamp: datetime | None = None) -> Self:
        held = self.protection
        self.holder = to or self.holder
        return self._add(
            MovedToAfterSales,
            timestamp=timestamp or self.at,
            actor="ou",
            holder=held.holder if held is not None else None,
            to=to,
            department="售后" if to is not None else None,
            rulebook=RULEBOOK,
        )

    def duplicate_reported(self, of: Steps, *, number: int = 1, actor: str = "zhao") -> Self:
        return self._add(
            DuplicateReported, actor=actor, number=number, of=of.id, statement="同一家公司"
        )

    def duplicate_linked(self, other: Steps, *, number: int = 1) -> Self:
        return self._add(DuplicateLinked, actor="zhao", other=other.id, number=number)

    def duplicate_resolved(
        self, of: Steps, resolution: str = "different", *, number: int = 1
    ) -> Self:
        return self._add(
            DuplicateResolved,
            actor="wang",
            number=number,
            of=of.id,
            resolution=resolution,
            reason="已核实",
            rulebook=RULEBOOK,
        )

    def likeness_ended(self, other: Steps, *, number: int = 1) -> Self:
        return self._add(
            LikenessEnded, actor="wang", other=other.id, number=number, reason="已核实"
        )

    def classified(self, new: str | None = "A", *, actor: str = "shi") -> Self:
        return self._add(Classified, actor=actor, old=None, new=new, reason="大客户")

    def data_erased(self, subject: UUID) -> Self:
        """Asked for, lifted, and erased after all."""
        self._add(DataRestricted, actor="zhao", subject_id=subject)
        self._add(DataRestrictionLifted, actor="zhao", subject_id=subject)
        return self._add(DataErased, actor="dong", subject_id=subject, aliases=[])

    def merged(self, into: Steps, *, moved: bool = False) -> Self:
        held = self.protection
        return self._add(
            Merged,
            actor="wang",
            into=into.id,
            number=1,
            holder=held.holder if held is not None else None,
            moved=moved,
            rulebook=RULEBOOK,
        )

    def absorbed(
        self,
        other: Steps,
        *,
        moved: bool = False,
        bars: Sequence[Bar] = (),
        claimants: Sequence[str] = (),
        contacts: Sequence[Contact] = (),
        contracts: Sequence[Contract] = (),
        signers: Sequence[str] = (),
        linked: Sequence[Steps] = (),
        different_from: Sequence[Steps] = (),
    ) -> Self:
        own = self.protection
        if moved:
            self.holder = other.holder
        return self._add(
            DuplicateAbsorbed,
            actor="wang",
            absorbed=other.id,
            number=1,
            protection=other.protection if moved else own,
            moved=moved,
            gave_way=own.holder if moved and own is not None else None,
            bars=list(bars),
            claimants=list(claimants),
            contacts=list(contacts),
            contracts=list(contracts),
            signers=list(signers),
            rulebook=RULEBOOK,
            linked=tuple(other.id for other in linked),
            different_from=tuple(other.id for other in different_from),
        )

    def dispute_opened(self, opener: str = "rest", **changed: Any) -> Self:
        held = self.protection
        contested = None
        if held is not None:
            contested = Contested(
                holder=held.holder,
                group=held.group,
                stage=held.stage,
                claimed_at=held.claimed_at,
                since=held.since,
                until=held.until,
                ended=None,
                rulebook=held.rulebook,
                opened_version=2,
                grounds=(2,),
            )
        facts: dict[str, Any] = {
            "actor": opener,
            "number": len(self._opened) + 1,
            "contested_at": self.at,
            "statement": "先联系",
            "contested": contested,
            "is_held": contested is not None,
            "rule": None,
        }
        return self._add(DisputeOpened, **{**facts, **changed})

    def dispute_stated(self, member: str = "rest", **changed: Any) -> Self:
        facts: dict[str, Any] = {
            "actor": member,
            "number": self._opened[-1].number,
            "statement": "当日已联系",
        }
        return self._add(StatementMade, **{**facts, **changed})

    def dispute_ruled(self, ruling: str = "uphold", **changed: Any) -> Self:
        opened = self._opened[-1]
        facts: dict[str, Any] = {
            "actor": "shen",
            "number": opened.number,
            "opener": opened.actor,
            "ruling": ruling,
            "rule": "S1-053",
            "reason": "先申请者有效",
            "rulebook": RULEBOOK,
        }
        return self._add(DisputeRuled, **{**facts, **changed})

    def awarded(self, to: str, kind: type[Awarded] = DisputeMoved, **changed: Any) -> Self:
        """What follows a ruling that moves the customer."""
        held = self.protection
        self.holder = to
        facts: dict[str, Any] = {
            "actor": "shen",
            "number": self._opened[-1].number,
            "holder": held.holder if held is not None else None,
            "to": to,
            "department": "二部",
            "stage": Stage.POTENTIAL,
            "claimed_at": self.at,
            "in_force_since": self.at,
            "until": self.at + 30 * DAY,
            "review_due": None,
            "corrections": 0,
            "extensions": 0,
            "held_over_until": None,
            "granted_by": RULEBOOK,
            "rulebook": RULEBOOK,
        }
        return self._add(kind, **{**facts, **changed})

    @property
    def _opened(self) -> list[DisputeOpened]:
        return [event for event in self.events if isinstance(event, DisputeOpened)]

    @property
    def _deadline(self) -> datetime:
        held = self.protection
        return (held.until if held is not None else None) or self.at + 30 * DAY

    def _decided(self, kind: type, /, **facts: Any) -> Self:
        return self._add(
            kind,
            actor="chen",
            holder=self.holder,
            applicant=self.holder,
            rulebook=RULEBOOK,
            **facts,
        )

    def _add(self, kind: type, /, **facts: Any) -> Self:
        facts = {"timestamp": self.at, **facts}
        event = kind(originator_id=self.id, originator_version=len(self.events) + 1, **facts)
        self.events.append(event)
        self.new.append(event)
        return self
