"""Applications for intent and for more time (S1-036, S1-039 to S1-044; A-03 to A-05).

An application recorded before the deadline keeps the protection alive until it is decided, at the
latest to the end of the hold-over that its own event states (design §3).
"""

from __future__ import annotations

from datetime import datetime

from domain.customer.state import CustomerState, RulesOf
from domain.errors import AlreadyPending, ExtensionsUsedUp, Invalid, NothingPending, TooLate
from domain.events import applications as events
from domain.events.values import Stage
from domain.protection import Application, ApplicationKind, Protection
from domain.rulebook_text import Rulebook

EXTENDABLE = (Stage.POTENTIAL, Stage.INTENT)


class Applications(CustomerState):
    """Ask, decide, withdraw."""

    def request_intent(self, *, member: str, reason: str, at: datetime, rules_of: RulesOf) -> None:
        """Ask to make it an intent customer (S1-039). Raises what `require_intent_request` does."""
        held, deadline = self.require_intent_request(member, at)
        hold_over = rules_of(held.rulebook).hold_over_end(deadline)
        self.trigger_event(
            events.IntentRequested,
            timestamp=at,
            actor=member,
            holder=member,
            reason=reason,
            deadline=deadline,
            held_over_until=hold_over.at,
            provisional=hold_over.provisional,
            rulebook=held.rulebook,
        )

    def request_extension(
        self, *, member: str, reason: str, days: int | None, at: datetime, rules_of: RulesOf
    ) -> None:
        """Ask for more time (S1-036, S1-044). days: None for as many as one grant may give.

        Raises what `require_extension_request` does, and Invalid.
        """
        held, deadline = self.require_extension_request(member, at, rules_of)
        rules = rules_of(held.rulebook)
        hold_over = rules.hold_over_end(deadline)
        self.trigger_event(
            events.ExtensionRequested,
            timestamp=at,
            actor=member,
            holder=member,
            stage=held.stage,
            reason=reason,
            days=_checked_days(days, held.stage, rules),
            deadline=deadline,
            held_over_until=hold_over.at,
            provisional=hold_over.provisional,
            rulebook=held.rulebook,
        )

    def grant_intent(self, *, decider: str, at: datetime, rules: Rulebook) -> None:
        """Intent, for its full term from the grant (S1-041, S1-042, A-05).

        Raises NothingPending, OwnDecision.
        """
        held, application = self.require_decidable("intent", decider, at)
        counted_from = at if rules.intent.counts_from == "grant" else application.asked_at
        until = max(at, rules.days_after(counted_from, rules.intent.days))
        signed = self._signed_contracts()
        self.trigger_event(
            events.IntentGranted,
            timestamp=at,
            actor=decider,
            holder=held.holder,
            applicant=application.applicant,
            counted_from=counted_from,
            until=until,
            held_over_until=rules.hold_over_end(until).at if signed else None,
            rulebook=rules.version,
            signatures=signed,
        )

    def grant_extension(
        self, *, decider: str, days: int | None, at: datetime, rules_of: RulesOf
    ) -> None:
        """More time, counted from the old deadline (A-04). days: None for as many as asked for.

        Raises NothingPending, OwnDecision, Invalid.
        """
        held, application = self.require_decidable("extension", decider, at)
        rules = rules_of(held.rulebook)
        granted = _checked_days(days or application.days, held.stage, rules)
        until = rules.extended(held.until or at, granted)
        if until <= at:
            raise Invalid.field(
                "days",
                "already-past",
                zh="延期后的到期时间已过，请给更多天数",
                en="would end before now: grant more days",
            )
        signed = self._signed_contracts()
        self.trigger_event(
            events.ExtensionGranted,
            timestamp=at,
            actor=decider,
            holder=held.holder,
            applicant=application.applicant,
            stage=held.stage,
            days=granted,
            until=until,
            held_over_until=rules.hold_over_end(until).at if signed else None,
            rulebook=held.rulebook,
            signatures=signed,
        )

    def refuse_application(
        self, kind: ApplicationKind, *, decider: str, reason: str, at: datetime, rules_of: RulesOf
    ) -> None:
        """The old deadline stands; past it, the protection is over now (A-04, A-05).

        Raises NothingPending, OwnDecision.
        """
        held, application = self.require_decidable(kind, decider, at)
        refused = events.IntentRefused if kind == "intent" else events.ExtensionRefused
        self.trigger_event(
            refused,
            timestamp=at,
            actor=decider,
            holder=held.holder,
            applicant=application.applicant,
            reason=reason,
            rulebook=held.rulebook,
        )
        self.end_unless_held_over(at, "application-refused", rules_of)

    def withdraw_application(
        self, kind: ApplicationKind, *, member: str, reason: str, at: datetime, rules_of: RulesOf
    ) -> None:
        """Take an application back; past the old deadline, the protection is over now.

        Raises NotTheHolder, WrongStage, NothingPending.
        """
        held = self.require_withdrawable(kind, member, at)
        self.trigger_event(
            events.ApplicationWithdrawn,
            timestamp=at,
            actor=member,
            holder=member,
            kind=kind,
            reason=reason,
            rulebook=held.rulebook,
        )
        self.end_unless_held_over(at, "application-withdrawn", rules_of)

    # Rules.

    def require_intent_request(self, member: str, at: datetime) -> tuple[Protection, datetime]:
        """The holder of a potential customer, in time, with nothing pending (S1-034, S1-039).

        Returns the protection and its deadline. Raises NotTheHolder, WrongStage, AlreadyPending,
        TooLate.
        """
        held = self.require_holder(member, at, (Stage.POTENTIAL,))
        return held, self._require_in_time(held, at)

    def require_extension_request(
        self, member: str, at: datetime, rules_of: RulesOf
    ) -> tuple[Protection, datetime]:
        """The holder, in time, within the window, with nothing pending, not too often (A-03, A-04).

        Returns the protection and its deadline. Raises NotTheHolder, WrongStage, AlreadyPending,
        TooLate, ExtensionsUsedUp.
        """
        held = self.require_holder(member, at, EXTENDABLE)
        deadline = self._require_in_time(held, at)
        rules = rules_of(held.rulebook)
        terms = rules.stage(held.stage.value)
        window_ends_at = rules.days_after(held.since, terms.extension_window_days)
        if window_ends_at <= at:
            raise TooLate(self.id, window_ends_at)
        if held.extensions >= terms.extensions:
            raise ExtensionsUsedUp(self.id, held.stage, held.extensions, terms.extensions)
        return held, deadline

    def require_decidable(
        self, kind: ApplicationKind, decider: str, at: datetime
    ) -> tuple[Protection, Application]:
        """An application of this kind waits, and the decider has no part in it (S1-041, A-04).

        Raises NothingPending, OwnDecision.
        """
        held = self.live_protection(at)
        if held is None or held.application is None or held.application.kind != kind:
            raise NothingPending(self.id)
        self.require_no_party(decider, held.application.applicant)
        return held, held.application

    def require_withdrawable(self, kind: ApplicationKind, member: str, at: datetime) -> Protection:
        """The holder's own open application. Raises NotTheHolder, WrongStage, NothingPending."""
        held = self.require_holder(member, at, EXTENDABLE)
        if held.application is None or held.application.kind != kind:
            raise NothingPending(self.id)
        return held

    def _signed_contracts(self) -> tuple[str, ...]:
        """Numbers of the contracts that were signed and wait for their confirmation."""
        return tuple(
            contract.number
            for contract in self.contracts.values()
            if contract.status == "open" and contract.is_signed
        )

    def _require_in_time(self, held: Protection, at: datetime) -> datetime:
        """Nothing pending, and before the deadline that was given, held over or not (A-04)."""
        if held.application is not None:
            raise AlreadyPending(self.id)
        deadline = held.until or at
        if deadline <= at:
            raise TooLate(self.id, deadline)
        return deadline


def _checked_days(days: int | None, stage: Stage, rules: Rulebook) -> int:
    """The days of an extension. Raises Invalid past what one may give (A-04)."""
    days_max = rules.stage(stage.value).extension_days_max
    if days is None:
        return days_max
    if not 1 <= days <= days_max:
        raise Invalid.field(
            "days",
            "out-of-range",
            zh=f"须为 1 至 {days_max} 天",
            en=f"must be from 1 to {days_max}",
        )
    return days
