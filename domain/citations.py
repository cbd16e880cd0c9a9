"""Which rules a case may name: the checked list by which rulings are found again."""

from __future__ import annotations

import re
from typing import Final

from domain.errors import REFUSALS
from domain.rulebook_values import VALUES

FIRST_VALID_CLAIM: Final = "S1-053"
"""The first saved valid claim wins (A-27): what a ruling rests on where nothing else is named."""
_ENDINGS: Final = ("S1-035", "S1-048", "S1-284")
"""By which a customer changes hands without anybody's refusal: lapse, after-sales, hand-over."""
_SOURCE: Final = re.compile(r"(?:S\d|A)-\d+")
CITABLE: Final[frozenset[str]] = frozenset(
    (
        *(refusal.slug for refusal in REFUSALS),
        *(refusal.clause for refusal in REFUSALS if refusal.clause is not None),
        *(source for value in VALUES for source in _SOURCE.findall(value.source)),
        FIRST_VALID_CLAIM,
        *_ENDINGS,
        "A-27",
    )
)
"""Slugs of the rules that refuse, their clauses, and those that the rulebook's values cite."""


def names_of(rule: str) -> tuple[str, ...]:
    """The names under which one rule is cited, the given one first: a slug's clause, a clause's
    slugs."""
    others = [
        refusal.slug if rule == refusal.clause else refusal.clause
        for refusal in REFUSALS
        if refusal.clause is not None and rule in (refusal.slug, refusal.clause)
    ]
    return tuple(dict.fromkeys([rule, *others]))
