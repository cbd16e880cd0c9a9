"""The same facts under other rules: each is put to the customer's own rules again (design §8).

What somebody did is a fact and stays: a claim, a review, a note, an application and its decision, a
release, a contract's steps. What a deadline or a switch of the rulebook brought about is none and
is found anew: lapses, removals, a hand-over at a leaving, a claim in force without a review. There
are no other rules here: a fact that the customer's own would not have allowed has no effect, and
the refusal says which rule. See docs/decisions/0015.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from domain.customer import Customer, RulesOf
from domain.errors import Invalid, NotFound, Refused
from domain.events import customer as events
from domain.events import holders
from domain.events.customer import CustomerEvent
from domain.events.values import SYSTEM
from domain.protection import Protection
from domain.rulebook_text import Rulebook
from domain.supposing.again import AGAIN, as_it_is
from domain.supposing.case import Case

Refusal = Refused | Invalid | NotFound
"""Why a fact could not have been recorded: a rule, a value out of range, or no such contract."""
CONSEQUENT_CAUSES: Final = frozenset(("review-refused", "left"))
"""Causes of a removal that nobody decided at that instant."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one recorded event would have been.

    refused: why it could not have been. due: what would have come due before it. made: what it
    would have recorded instead, the fact first and what follows from it at once behind; nothing
    where it is no fact.
    """

    refused: Refusal | None
    due: tuple[CustomerEvent, ...]
    made: tuple[CustomerEvent, ...]


class Supposition:
    """A customer as it was, and beside it as it would have been under `rules`."""

    def __init__(self, registered: events.Registered, rules: Rulebook) -> None:
        self.rules = rules
        self.was = cast(Customer, registered.mutate(None))
        # Events assign and never change a value in place, so a shallow copy is one of its own; the
        # list of pending events that both share is emptied after every step.
        self.would_be = copy(self.was)

    def take(self, event: CustomerEvent) -> Taken:
        """Put the next recorded event to the rules. Events come in the order of their stream."""
        due = self.reach(event.timestamp)
        refused: Refusal | None = None
        if not follows(event, self.was.protection):
            try:
                AGAIN.get(type(event), as_it_is)(self._case(event))
            except (Refused, Invalid, NotFound) as error:
                refused = error
        made = _collected(self.would_be)
        event.apply(self.was)
        self.was.version = event.originator_version
        return Taken(refused, due, made)

    def reach(self, at: datetime) -> tuple[CustomerEvent, ...]:
        """What would have come due by `at`."""
        self.would_be.expire(at, self.rules_of)
        return _collected(self.would_be)

    def implied(self, at: datetime, rules_of: RulesOf) -> tuple[CustomerEvent, ...]:
        """What is due by `at` and nobody wrote down, by the versions that decided. Not taken yet.

        rules_of: the adopted versions.
        """
        ahead = copy(self.was)
        ahead.expire(at, rules_of)
        return _collected(ahead)

    def _case(self, event: CustomerEvent) -> Case:
        return Case(
            event,
            was=self.was,
            would_be=self.would_be,
            rules=self.rules,
            rules_of=self.rules_of,
        )

    def rules_of(self, _version: str) -> Rulebook:
        """Whatever version granted it: the supposed one."""
        return self.rules


def follows(event: CustomerEvent, held: Protection | None) -> bool:
    """True for an event that a deadline, an arranged leaving or a switch brought about.

    held: the protection before it. A command at or after the instant of a leaving records the
    leaving first, so a transfer that finds one due is its consequence.
    """
    match event:
        case events.Lapsed():
            return True
        case events.HolderRemoved(cause=cause):
            return cause in CONSEQUENT_CAUSES
        case events.ReviewPassed(actor=actor):
            return actor == SYSTEM
        case holders.Transferred() | holders.MovedToAfterSales():
            leaving = held.leaving if held is not None else None
            return leaving is not None and leaving.at <= event.timestamp
    return False


def _collected(customer: Customer) -> tuple[CustomerEvent, ...]:
    return tuple(cast(Sequence[CustomerEvent], customer.collect_events()))
