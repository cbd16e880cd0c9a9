"""What a customer is at an instant, and the ends that a passed deadline implies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from domain.contract import dropped
from domain.errors import MergedAway, NotTheHolder, OwnDecision, WrongStage
from domain.events import customer as events
from domain.events import holders
from domain.events.values import SYSTEM, Bar, Contact, CustomerClass, Stage
from domain.protection import Leaving, Protection

if TYPE_CHECKING:
    from domain.contract import Contract
    from domain.events.disputes import Dispute
    from domain.events.duplicates import Alias, Report
    from domain.rulebook_text import Rulebook

POOL: Final = "pool"
MERGED: Final = "merged"
RulesOf = Callable[[str], "Rulebook"]
LapseCause = Literal[
    "term-over",
    "undecided",
    "application-refused",
    "application-withdrawn",
    "contract-voided",
]


class CustomerState:
    """What events have led to, and questions to it. The commands are in the modules beside."""

    if TYPE_CHECKING:  # annotations at run time would make the library write an __init__
        profile: str
        name: str
        name_key: str
        core: str
        phone_hash: str
        phone_subject: UUID
        restricted: frozenset[UUID]
        erased: frozenset[UUID]
        contacts: dict[UUID, Contact]
        contact_topics: dict[UUID, str]
        warnings: tuple[str, ...]
        override_reason: str | None
        customer_class: CustomerClass | None
        classified_by: str | None
        protection: Protection | None
        bars: dict[str | None, datetime]
        claimants: frozenset[str]
        contracts: dict[str, Contract]
        signers: tuple[str, ...]
        reports: dict[int, Report]
        disputes: dict[int, Dispute]
        linked: frozenset[UUID]
        different_from: frozenset[UUID]
        merged_into: UUID | None
        aliases: tuple[Alias, ...]

        @property
        def id(self) -> UUID: ...
        def trigger_event(self, event_class: type[Any], **facts: Any) -> None: ...

    def live_protection(self, at: datetime) -> Protection | None:
        """The protection that blocks others at `at`, swept or not."""
        return None if self.protection is None else self.protection.as_of(at)

    def state(self, at: datetime) -> str:
        """`merged`, `pool`, or the stage of the live protection."""
        if self.merged_into is not None:
            return MERGED
        live = self.live_protection(at)
        return POOL if live is None else live.stage.value

    def barred_until(self, member: str, at: datetime) -> datetime | None:
        """Until when `member` may not claim; None when no bar runs (S1-037, S1-045, A-01)."""
        ends = [self.bars[key] for key in (member, None) if key in self.bars]
        return max((end for end in ends if at < end), default=None)

    @property
    def has_been_claimed(self) -> bool:
        """True once anybody claimed it: from then on a claim is one from the pool (S1-052)."""
        return bool(self.claimants)

    @property
    def open_disputes(self) -> list[Dispute]:
        """The cases that wait for a ruling."""
        return [dispute for dispute in self.disputes.values() if dispute.ruling is None]

    def drop_contracts(self) -> None:
        """Close what the ended protection left unconfirmed; called by events."""
        self.contracts = dropped(self.contracts)

    # The ends that recorded deadlines imply.

    def expire(self, at: datetime, rules_of: RulesOf) -> bool:
        """Record what is due by `at` (S1-035, S1-318, A-47); True if there was anything.

        Each fact is dated at its own instant and judged by the version that granted the protection.
        """
        recorded = False
        while self._record_next_due(at, rules_of):
            recorded = True
        return recorded

    def _record_next_due(self, at: datetime, rules_of: RulesOf) -> bool:
        held = self.protection
        if held is None:
            return False
        deadline, leaving = held.deadline, held.leaving
        if leaving is not None and leaving.at <= at and not (deadline and deadline <= leaving.at):
            self._record_leaving(held, leaving, rules_of)
            return True
        if deadline is None or at < deadline:
            return False
        if held.stage is Stage.REJECTED:
            self._record_removal(held, deadline, "review-refused", None, rules_of)
        else:
            undecided = held.held_over_by is not None
            self.record_lapse(held, deadline, "undecided" if undecided else "term-over", rules_of)
        return True

    def _record_leaving(self, held: Protection, leaving: Leaving, rules_of: RulesOf) -> None:
        """The holder has left: the successor has it, after-sales, or nobody (A-47)."""
        facts = {"timestamp": leaving.at, "actor": leaving.by, "rulebook": held.rulebook}
        if held.stage is Stage.FORMAL:
            self.trigger_event(
                holders.MovedToAfterSales,
                **facts,
                holder=held.holder,
                to=leaving.to,
                department=leaving.department,
            )
        elif leaving.to is not None:
            self.trigger_event(
                holders.Transferred,
                **facts,
                holder=held.holder,
                to=leaving.to,
                department=leaving.department,
                stage=held.stage,
                until=held.until,
                reason=leaving.reason,
            )
        else:
            self._record_removal(held, leaving.at, "left", leaving.reason, rules_of)

    def _record_removal(
        self, held: Protection, at: datetime, cause: str, reason: str | None, rules_of: RulesOf
    ) -> None:
        self.trigger_event(
            events.HolderRemoved,
            timestamp=at,
            actor=SYSTEM,
            holder=held.holder,
            stage=held.stage,
            cause=cause,
            bar=bar_after("removal", held.holder, at, rules_of(held.rulebook)),
            rulebook=held.rulebook,
            reason=reason,
        )

    def record_lapse(
        self, held: Protection, at: datetime, cause: LapseCause, rules_of: RulesOf
    ) -> None:
        """The protection is over at `at`, its deadline (S1-035, S1-043)."""
        self.trigger_event(
            events.Lapsed,
            timestamp=at,
            actor=SYSTEM,
            holder=held.holder,
            stage=held.stage,
            rulebook=held.rulebook,
            deadline=at,
            cause=cause,
            bar=bar_after("lapse", held.holder, at, rules_of(held.rulebook)),
        )

    def end_unless_held_over(self, at: datetime, cause: LapseCause, rules_of: RulesOf) -> None:
        """What held it over is decided: past its deadline it is over now (A-04, A-05)."""
        held = self.protection
        if held is not None and held.is_past_deadline(at) and held.held_over_by is None:
            self.record_lapse(held, at, cause, rules_of)

    # Rules that several commands share.

    def require_not_merged(self) -> None:
        """The record answers for itself. Raises MergedAway."""
        if self.merged_into is not None:
            raise MergedAway(self.id, self.merged_into)

    def require_held(self, at: datetime, stages: tuple[Stage, ...]) -> Protection:
        """Somebody holds it, in one of `stages`. Raises NotTheHolder, WrongStage."""
        live = self.live_protection(at)
        if live is None:
            raise NotTheHolder(self.id, None)
        if live.stage not in stages:
            raise WrongStage(self.id, live.stage.value, [stage.value for stage in stages])
        return live

    def require_holder(self, member: str, at: datetime, stages: tuple[Stage, ...]) -> Protection:
        """`member` holds it, in one of `stages`. Raises NotTheHolder, WrongStage."""
        live = self.require_held(at, stages)
        if live.holder != member:
            raise NotTheHolder(self.id, live.holder, live.group)
        return live

    def require_no_party(self, decider: str, applicant: str) -> None:
        """Who decides has never sought or held the customer (design §4). Raises OwnDecision."""
        if decider == applicant or self.is_party(decider):
            raise OwnDecision(self.id, applicant)

    def is_party(self, member: str) -> bool:
        """True for everybody who claimed, held or contested it, and who signed with it."""
        held = self.protection
        return (
            member in self.claimants
            or member in self.signers
            or (held is not None and held.holder == member)
            or any(dispute.opener == member for dispute in self.disputes.values())
        )


def bar_after(after: str, member: str | None, at: datetime, rules: Rulebook) -> Bar | None:
    """The bar that giving up starts, by the rulebook's switches (A-01, A-02)."""
    if after not in rules.bar.after or member is None:
        return None
    everyone = rules.bar.applies_to == "everyone"
    return Bar(None if everyone else member, rules.days_after(at, rules.bar.days))
