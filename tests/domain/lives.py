"""Random lives of one customer, lived by its own methods: what a rule forbids does not happen."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import cast
from uuid import uuid4

from hypothesis import strategies as st

from domain.contract import STEPS
from domain.customer import Customer
from domain.errors import Invalid, NotFound, Refused
from domain.events.customer import CustomerEvent
from domain.protection import Protection
from domain.rulebook_text import Rulebook
from domain.stage import Stage
from tests.domain.stories import DAY, MICROSECOND, MONDAY, a_contact, a_customer, rules, take_step

SELLERS = ("li", "chen")
MOMENTS = (timedelta(0), timedelta(hours=1), DAY, 3 * DAY, 7 * DAY, 14 * DAY, 31 * DAY)
RULEBOOKS: Sequence[Rulebook] = tuple(
    rules(version=f"v{number}", **changes)
    for number, changes in enumerate(
        (
            {},
            {"potential__days": 20, "intent__days": 30, "hold_over__working_days": 0},
            {"potential__days": 45, "bar__after": ("release", "lapse", "removal")},
            {"claims__review_required": False, "contracts__stages": ("potential", "intent")},
            {"claims__removal_working_days": 0, "claims__corrections": 3, "bar__days": 30},
            {"day_counting": "civil", "potential__extensions": 0, "intent__counts_from": "request"},
            {"potential__extension_days_max": 5, "bar__applies_to": "everyone"},
            {"claims__potential_counts_from": "claim", "contracts__drawn_days": 2},
        )
    )
)


class Life:
    """A customer, the instant, and the rules that hold all its life."""

    def __init__(self, by: Rulebook) -> None:
        self.by = by
        self.now = MONDAY
        self.customer = a_customer_with_events(MONDAY)
        self.numbers = 0

    def live(self, act: str, who: int, moment: int, yes: bool) -> None:
        """Time goes by, what is due is recorded, and somebody tries something."""
        self._move(MOMENTS[moment], to_an_edge=act == "edge", before=yes)
        self._try(act, SELLERS[who], yes)

    def _try(self, act: str, who: str, yes: bool) -> None:
        """One command: what is due comes first."""
        self.customer.expire(self.now, self.of)
        if act != "edge":
            with suppress(Refused, Invalid, NotFound):
                getattr(self, f"_{act}")(who, yes)

    def of(self, _version: str) -> Rulebook:
        return self.by

    @property
    def held(self) -> Protection | None:
        return self.customer.live_protection(self.now)

    def _move(self, moment: timedelta, *, to_an_edge: bool, before: bool) -> None:
        held = self.customer.protection
        edge = held.ends_at if held is not None else None
        if to_an_edge and edge is not None and edge - MICROSECOND > self.now:
            self.now = edge - MICROSECOND * before
        else:
            self.now += moment

    def _claim(self, who: str, _: bool) -> None:
        self.customer.claim(
            member=who, department="一部", contact=a_contact(), collision=[], at=self.now,
            rules=self.by, leaves_at=None,
        )  # fmt: skip

    def _review(self, _: str, yes: bool) -> None:
        at = self.now
        if yes:
            self.customer.pass_review(reviewer="zhao", different_company=None, at=at, rules=self.by)
        else:
            self.customer.refuse_review(reviewer="zhao", reason="电话有误", at=at, rules=self.by)

    def _withdraw(self, who: str, yes: bool) -> None:
        if self.held is not None and self.held.application is not None:
            kind = self.held.application.kind
            self.customer.withdraw_application(
                kind, member=who, reason="误", at=self.now, rules_of=self.of
            )
        else:
            self.customer.withdraw_claim(member=who, reason="误", at=self.now, rules=self.by)

    def _note(self, who: str, yes: bool) -> None:
        self.customer.follow_up(
            member=who, channel="phone", note="再联系", next_contact_at=self.now + DAY,
            contact_id=next(iter(self.customer.contacts), None) if yes else None,
            contacted_at=None, at=self.now, rules=self.by,
        )  # fmt: skip

    def _ask(self, who: str, yes: bool) -> None:
        if yes:
            self.customer.request_intent(member=who, reason="签", at=self.now, rules_of=self.of)
        else:
            self.customer.request_extension(
                member=who, reason="再等", days=None, at=self.now, rules_of=self.of
            )

    def _decide(self, _: str, yes: bool) -> None:
        asked = self.held.application if self.held is not None else None
        if asked is None:
            return
        if not yes:
            self.customer.refuse_application(
                asked.kind, decider="sun", reason="否", at=self.now, rules_of=self.of
            )
        elif asked.kind == "intent":
            self.customer.grant_intent(decider="sun", at=self.now, rules=self.by)
        else:
            self.customer.grant_extension(decider="sun", days=None, at=self.now, rules_of=self.of)

    def _release(self, who: str, _: bool) -> None:
        self.customer.release(member=who, reason="无需求", at=self.now, rules=self.by)

    def _transfer(self, who: str, yes: bool) -> None:
        if yes:
            self.customer.transfer(
                actor="sun", to=who, department="二部", reason="调整", at=self.now, rules=self.by
            )
        else:
            self.customer.remove_holder(actor="sun", reason="久不跟进", at=self.now, rules=self.by)

    def _leave(self, who: str, yes: bool) -> None:
        self.customer.arrange_hand_over(
            actor="sun", leaves_at=self.now + DAY, to=who if yes else None,
            department="二部" if yes else None, reason="离职", at=self.now,
        )  # fmt: skip

    def _contract(self, who: str, yes: bool) -> None:
        """The next step of the first open contract, its confirmation or its end; else a draw."""
        found = next(
            (known for known in self.customer.contracts.values() if known.is_open(self.now)), None
        )
        if found is None:
            self.numbers += 1
            self.customer.draw_contract(
                member=who, number=f"HT-{self.numbers}", at=self.now, rules=self.by
            )
        elif not yes and found.is_signed:
            self.customer.void_contract(
                actor="he", decides=True, number=found.number, reason="误", at=self.now,
                rules=self.by, rules_of=self.of,
            )  # fmt: skip
        elif found.is_complete:
            self.customer.confirm_contract(
                confirmer="he", number=found.number, at=self.now, rules=self.by
            )
        else:
            step = STEPS[0 if found.step is None else STEPS.index(found.step) + 1]
            take_step(self.customer, step, who, self.now, self.by, found.number)

    def _hurry(self, _: str, yes: bool) -> None:
        """All the way to intent, or to a signed contract, by whoever holds it or may."""
        for act in ("claim", "review", "ask", "decide"):
            who = self.held.holder if self.held is not None and self.held.holder else SELLERS[0]
            self._try(act, who, True)
        held = self.held
        if yes and held is not None and held.stage is Stage.INTENT and held.holder:
            for _step in range(4):
                self._try("contract", held.holder, True)

    def _extend(self, _: str, yes: bool) -> None:
        """Asked for by the holder, and mostly decided."""
        if self.held is not None and self.held.holder is not None:
            self._try("ask", self.held.holder, False)
            if yes:
                self._try("decide", "", True)

    def _correct(self, _: str, yes: bool) -> None:
        """A claim is refused and its claimant tries again."""
        if self.held is not None and self.held.holder is not None:
            claimant = self.held.holder
            self._try("review", "", False)
            if yes:
                self._try("claim", claimant, True)

    def _after_sales(self, _: str, yes: bool) -> None:
        self.customer.name_after_sales(
            actor="lin", to="xu" if yes else "han", department="售后部", at=self.now, rules=self.by
        )

    def _report(self, _: str, yes: bool) -> None:
        report = self.customer.report_duplicate(
            of=uuid4(), statement="同一公司", actor="wu", at=self.now
        )
        if yes:
            self.customer.resolve_duplicate(
                number=report.number, resolution="different", reason="不同", actor="zhao",
                at=self.now, rules=self.by,
            )  # fmt: skip

    def _absorb(self, who: str, yes: bool) -> None:
        other = a_customer(MONDAY)
        if yes:
            other.claim(
                member=who, department="二部", contact=a_contact(), collision=[], at=self.now - DAY,
                rules=self.by, leaves_at=None,
            )  # fmt: skip
        self.customer.absorb(other, number=1, contacts=[], actor="zhao", at=self.now, rules=self.by)


ACTS = (
    *("claim", "claim", "review", "note", "ask", "decide", "hurry", "hurry", "contract", "edge"),
    *("contract", "edge", "withdraw", "release", "transfer", "leave", "after_sales", "report"),
    *("absorb", "extend", "extend", "correct", "correct"),
)
acts = st.tuples(st.sampled_from(ACTS), st.integers(0, 1), st.integers(0, 6), st.booleans())


def lived(
    by: Rulebook, deeds: Sequence[tuple[str, int, int, bool]]
) -> tuple[Life, list[CustomerEvent]]:
    """The life of these deeds, and its events with the registration."""
    life = Life(by)
    for act, who, moment, yes in deeds:
        life.live(act, who, moment, yes)
    return life, cast("list[CustomerEvent]", life.customer.collect_events())


def a_customer_with_events(at: datetime) -> Customer:
    """As `a_customer`, its registration not collected yet."""
    blank = a_customer(at)
    return Customer.register(
        blank.id,
        actor="wang",
        at=at,
        **{
            name: getattr(blank, name)
            for name in ("profile", "name", "name_key", "core", "phone_hash")
        },
        names_version=1,
        address="靖江市人民路1号",
        industry="空调",
        phone=a_contact().phone,
        introduction="主营空调",
        contacts=[],
        collision=[],
        override_reason=None,
        warnings=[],
        rulebook="v0",
    )
