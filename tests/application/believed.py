"""What the machine believes of a customer: the rules a second time, in the plainest words.

Nothing here is taken from the domain but its errors and the calendar. A belief is always settled:
what has come to its end by an instant has ended, and `owed` counts the events that say so and are
not recorded yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from domain.errors import (
    AlreadyPending,
    AlreadyProtected,
    Barred,
    ExtensionsUsedUp,
    Invalid,
    NotFound,
    NothingPending,
    NotTheHolder,
    OwnDecision,
    TenureError,
    TooLate,
    WrongStage,
)
from domain.working_days import end_of_working_day
from tests.application.believed_parts import (
    CORRECTIONS,
    EXTENSION_DAYS,
    EXTENSIONS,
    REMOVAL_WORKING_DAYS,
    STEPS,
    WINDOW,
    Hold,
    Paper,
    Standing,
    Terms,
)
from tests.application.house import DAY

Verdict = type[TenureError] | None
"""The error that a command must meet; None: it is allowed."""


@dataclass
class Believed:
    """One customer. sought: who was refused it. linked: records that may be the same company.
    different: those that were declared another. recorded: events on its stream. passed: how often
    it went to a leaver's successor. refused: the rules that were broken."""

    hold: Hold | None = None
    claimants: set[str] = field(default_factory=set)
    signers: set[str] = field(default_factory=set)
    sought: set[str] = field(default_factory=set)
    bars: dict[str | None, datetime] = field(default_factory=dict)
    papers: dict[str, Paper] = field(default_factory=dict)
    reports: dict[int, tuple[UUID, str, bool]] = field(default_factory=dict)
    disputes: dict[int, tuple[str, bool]] = field(default_factory=dict)
    linked: set[UUID] = field(default_factory=set)
    different: set[UUID] = field(default_factory=set)
    merged_into: UUID | None = None
    recorded: int = 1
    owed: int = 0
    passed: int = 0
    refused: list[str] = field(default_factory=list)

    def at(self, now: datetime) -> Standing:
        """How it stands at `now`, which never goes back."""
        self.settle(now)
        if self.merged_into is not None:
            return Standing("merged", None, None, None, None)
        if self.hold is None:
            return Standing("pool", None, None, None, None)
        hold = self.hold
        group = "after-sales" if hold.holder is None else None
        return Standing(hold.stage, hold.holder, group, hold.until, hold.held_over_until)

    @property
    def over_at(self) -> datetime | None:
        return self.hold and self.hold.over_at

    @property
    def changes_at(self) -> datetime | None:
        return self.hold and self.hold.changes_at

    @property
    def holder(self) -> str | None:
        return self.hold and self.hold.holder

    def settle(self, now: datetime) -> None:
        """Whatever ends or changes hands by itself has done so, each at its own instant."""
        while (hold := self.hold) is not None:
            leaves_at = hold.leaving[0] if hold.leaving else None
            ends_at = hold.ends_at
            if leaves_at and leaves_at <= now and not (ends_at and ends_at <= leaves_at):
                self._leave(hold)
            elif ends_at and ends_at <= now:
                self.end(ends_at, "removal" if hold.stage == "rejected" else "lapse", hold.terms)
            else:
                return
            self.owed += 1

    def _leave(self, hold: Hold) -> None:
        leaves_at, to = hold.leaving or (hold.since, None)
        if to is None and hold.stage != "formal":
            self.end(leaves_at, "removal", hold.terms)
            return
        self.pass_to(to)
        self.passed += 1

    def end(self, at: datetime, how: str, terms: Terms) -> None:
        """Nobody's any more; open contracts end with it, and a bar may begin."""
        holder = self.holder
        if how in terms.bar_after and holder is not None:
            # The last one who gave up comes last.
            self.bars.pop(None if terms.for_all else holder, None)
            self.bars[None if terms.for_all else holder] = at + 3 * DAY
        self.hold = None
        self.drop_papers()

    def drop_papers(self) -> None:
        for paper in self.papers.values():
            if paper.status == "open":
                paper.status = "dropped"

    def end_unless_held_over(self, now: datetime) -> int:
        """What held it over was decided: past its deadline it ends now; how many events that is."""
        hold = self.hold
        if hold is None or hold.until is None or now < hold.until or hold.held_over_until:
            return 0
        self.end(now, "lapse", hold.terms)
        return 1

    # Who may.

    def is_party(self, member: str) -> bool:
        openers = {opener for opener, _ in self.disputes.values()}
        return member in self.claimants | self.signers | self.sought | openers | {self.holder}

    def is_barred(self, member: str, at: datetime) -> bool:
        return any(self.bars.get(barred, at) > at for barred in (member, None))

    def held_in(self, stages: Iterable[str], member: str | None = None) -> Verdict:
        """Somebody holds it, in one of these stages, and if `member` is given, he does."""
        if self.hold is None:
            return NotTheHolder
        if self.hold.stage not in stages:
            return WrongStage
        return NotTheHolder if member is not None and self.holder != member else None

    def may_claim(self, member: str, now: datetime, *, with_note: bool) -> Verdict:
        if self.hold is not None:
            if self.hold.stage != "rejected" or self.holder != member:
                return AlreadyProtected
            return WrongStage if self.hold.corrections >= CORRECTIONS else None
        if self.is_barred(member, now):
            return Barred
        return Invalid if self.claimants and not with_note else None

    def may_follow_up(self, member: str, *, in_after_sales: bool) -> Verdict:
        if self.hold is None:
            return NotTheHolder
        if self.holder == member or (self.holder is None and in_after_sales):
            return None
        return NotTheHolder

    def may_withdraw(self, member: str, what: str) -> Verdict:
        if what == "claim":
            return self.held_in(("waiting", "rejected"), member)
        refused = self.held_in(("potential", "intent"), member)
        return refused or (None if self.is_asked_for(what) else NothingPending)

    def is_asked_for(self, what: str) -> bool:
        return self.hold is not None and self.hold.asked is not None and self.hold.asked[0] == what

    def may_ask(self, member: str, what: str, days: int | None, now: datetime) -> Verdict:
        stages = ("potential",) if what == "intent" else ("potential", "intent")
        refused, hold = self.held_in(stages, member), self.hold
        if refused or hold is None or hold.until is None:
            return refused
        if hold.asked:
            return AlreadyPending
        if hold.until <= now or (what == "extension" and hold.since + WINDOW <= now):
            return TooLate
        if what == "intent":
            return None
        if hold.extensions >= EXTENSIONS[hold.stage]:
            return ExtensionsUsedUp
        return Invalid if (days or 1) > EXTENSION_DAYS[hold.stage] else None

    def may_decide(
        self, what: str, days: int | None, now: datetime, *, is_own: bool, grants: bool
    ) -> Verdict:
        hold = self.hold
        if hold is None or hold.asked is None or not self.is_asked_for(what):
            return NothingPending
        if is_own:
            return OwnDecision
        if what == "intent" or not grants or hold.until is None:
            return None
        given = days or hold.asked[2]
        is_past = hold.until + given * DAY <= now
        return Invalid if given > EXTENSION_DAYS[hold.stage] or is_past else None

    def may_fill_in(
        self, member: str, number: str, steps: Iterable[str], now: datetime, terms: Terms
    ) -> Verdict:
        paper = self.papers.get(number)
        if paper is None:
            return NotFound
        refused = self.held_in(terms.contract_stages, member)
        if refused or paper.has_expired(now):
            return refused or TooLate
        paper = replace(paper)
        for step in sorted(steps, key=STEPS.index):
            if not paper.allows(step):
                return WrongStage
            paper.done = STEPS.index(step) + 1
        return None

    def may_confirm(self, number: str, now: datetime, terms: Terms, *, is_own: bool) -> Verdict:
        paper = self.papers.get(number)
        if paper is None:
            return NotFound
        if not paper.is_open(now) or self.held_in(terms.contract_stages):
            return NothingPending
        if is_own:
            return OwnDecision
        return None if paper.done == len(STEPS) else WrongStage

    def may_void(
        self,
        member: str,
        number: str,
        now: datetime,
        terms: Terms,
        *,
        is_own: bool,
        confirms: bool,
    ) -> Verdict:
        """The holder his open one; any other who confirms contracts and has no part in it."""
        paper = self.papers.get(number)
        if paper is None:
            return NotFound
        if self.holder != member or paper.status != "open":
            if not confirms:
                return self.held_in(terms.contract_stages, member) or WrongStage
            if is_own:
                return OwnDecision
        is_void = paper.status in ("voided", "dropped") or paper.has_expired(now)
        return NothingPending if is_void else None

    def has_reported(self, of: UUID) -> bool:
        return any(known == of and is_open for known, _, is_open in self.reports.values())

    def has_open_reports(self, *, but: int) -> bool:
        contested = any(is_open for _, is_open in self.disputes.values())
        others = (is_open for number, (_, _, is_open) in self.reports.items() if number != but)
        return contested or any(others)

    # What happens.

    def claim(self, member: str, now: datetime, terms: Terms, leaves_at: datetime | None) -> None:
        if self.hold is None:
            leaving = (leaves_at, None) if leaves_at is not None else None
            self.hold = Hold(member, now, now, terms, leaving=leaving)
        else:
            self.hold.stage, self.hold.since, self.hold.until = "waiting", now, None
            self.hold.corrections += 1
        self.claimants.add(member)

    def review(self, now: datetime, terms: Terms, *, passes: bool) -> None:
        if self.hold is None:
            return
        self.hold.stage, self.hold.since = "potential" if passes else "rejected", now
        if passes:
            self.hold.until, self.hold.terms = now + terms.potential_days * DAY, terms
        else:
            self.hold.until = end_of_working_day(now, REMOVAL_WORKING_DAYS).at

    def ask(self, member: str, what: str, days: int | None) -> None:
        if self.hold is not None:
            self.hold.asked = (what, member, days or EXTENSION_DAYS[self.hold.stage])

    def grant(self, what: str, days: int | None, now: datetime, terms: Terms) -> None:
        """Intent counts from now and by the present terms; more time from the old deadline.

        Whatever was signed by now was signed in time for the new one.
        """
        hold = self.hold
        if hold is None or hold.asked is None or hold.until is None:
            return
        if what == "intent":
            hold.stage, hold.since, hold.extensions, hold.terms = "intent", now, 0, terms
            hold.until = now + terms.intent_days * DAY
        else:
            hold.until += (days or hold.asked[2]) * DAY
            hold.extensions += 1
        hold.signed |= {
            number
            for number, paper in self.papers.items()
            if paper.status == "open" and paper.signed_by is not None
        }
        hold.asked = None

    def close_application(self, now: datetime) -> int:
        """Refused or withdrawn; how many events follow from that."""
        if self.hold is not None:
            self.hold.asked = None
        return self.end_unless_held_over(now)

    def draw(self, member: str, number: str, now: datetime, terms: Terms) -> None:
        self.papers[number] = Paper(member, now + terms.drawn_days * DAY)

    def fill_in(self, member: str, number: str, steps: Iterable[str], now: datetime) -> None:
        paper, hold = self.papers[number], self.hold
        for step in sorted(steps, key=STEPS.index):
            paper.done = STEPS.index(step) + 1
            if step == "signed_on":
                paper.signed_by = member
                if hold is not None and hold.until is not None and now < hold.until:
                    hold.signed |= {number}

    def confirm(self, number: str, now: datetime, terms: Terms) -> None:
        paper, hold = self.papers[number], self.hold
        paper.status = "confirmed"
        if paper.signed_by is not None:
            self.signers.add(paper.signed_by)
        if hold is not None and hold.stage != "formal":
            self.hold = Hold(None, hold.claimed_at, now, terms, stage="formal")

    def void(self, number: str, now: datetime) -> int:
        """How many events follow from that."""
        self.papers[number].status = "voided"
        if self.hold is not None:
            self.hold.signed -= {number}
        return self.end_unless_held_over(now)

    def pass_to(self, member: str | None) -> None:
        """Stage, deadline and open application stay."""
        if self.hold is not None:
            self.hold.holder, self.hold.leaving = member, None
            if member is not None and self.hold.stage != "formal":
                self.claimants.add(member)

    def award(self, to: str, stage: str, now: datetime, terms: Terms, *, days: int | None) -> None:
        """By a ruling: nothing of what the other had goes along but a claim's corrections."""
        days = days or (terms.intent_days if stage == "intent" else terms.potential_days)
        corrections = self.hold.corrections if self.hold and stage == "waiting" else 0
        until = None if stage == "waiting" else now + days * DAY
        self.hold = Hold(to, now, now, terms, stage, until, corrections)
        self.drop_papers()
        self.claimants.add(to)
        self.bars.pop(to, None)

    def absorb(self, own_id: UUID, other_id: UUID, other: Believed, now: datetime) -> None:
        """Another record is merged into this one; of two holds the one of higher rank stands.

        Contracts move along with their hold, and without it those that were signed, closed.
        """
        moves = other.hold is not None and (self.hold is None or other.hold.rank < self.hold.rank)
        kept = {number for number, paper in self.papers.items() if paper.keeps_its_number(now)}
        if moves:
            self.drop_papers()
            self.hold = other.hold
        else:
            other.drop_papers()
        for number, paper in other.papers.items():
            if number not in kept and (moves or paper.signed_by is not None):
                self.papers[number] = deepcopy(paper)
        for barred, until in other.bars.items():
            if max(now, self.bars.get(barred, now)) < until:
                self.bars[barred] = until
        self.claimants |= other.claimants
        self.signers |= other.signers
        self.linked |= {other_id} | (other.linked - {own_id})
        self.different |= other.different - {own_id}
        other.hold = None
        other.drop_papers()

    def declare_different(self, other: UUID) -> None:
        self.linked.discard(other)
        self.different.add(other)


def is_taken(number: str, beliefs: Mapping[UUID, Believed], now: datetime) -> bool:
    """A number is drawn once: a contract has it, however it is spelled, or was signed with it."""
    return any(
        known.upper() == number.upper() and paper.keeps_its_number(now)
        for believed in beliefs.values()
        for known, paper in believed.papers.items()
    )
