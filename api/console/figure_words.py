"""Figures by their names, before translation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.console.catalogue import marked
from projections.figures import Figure

FIGURE_NAMES: Final[Mapping[Figure, str]] = {
    "claims": marked("Claims of protection"),
    "corrections": marked("Refused claims corrected"),
    "withdrawals": marked("Claims taken back"),
    "refusals": marked("Commands that a rule forbade"),
    "reviews_passed": marked("Reviews passed"),
    "reviews_refused": marked("Reviews refused"),
    "lapses": marked("Protections ended at a deadline"),
    "removals": marked("Holders removed, or left"),
    "releases": marked("Customers given up"),
    "extensions_requested": marked("Extensions asked for"),
    "extensions_granted": marked("Extensions granted"),
    "extensions_refused": marked("Extensions refused"),
    "intents_requested": marked("Intent asked for"),
    "intents_granted": marked("Conversions to intent"),
    "intents_refused": marked("Intent refused"),
    "applications_withdrawn": marked("Applications taken back"),
    "transfers": marked("Customers taken and given to another"),
    "moves_to_after_sales": marked("Moves to a person of after-sales, or back"),
    "dispute_moves": marked("Customers given by a ruling"),
    "restorations": marked("Protections given back by a ruling"),
    "contracts_drawn": marked("Contracts drawn"),
    "contracts_signed": marked("Contracts signed"),
    "contracts_confirmed": marked("Contracts confirmed"),
    "contracts_voided": marked("Contracts made void"),
    "formal": marked("Conversions to formal"),
    "merges": marked("Records merged into another"),
    "absorptions": marked("Records that another was merged into"),
    "overrides": marked("Records said to be another company"),
}
PARTS_OF_LEADS: Final[Mapping[str, str]] = {
    "claims": marked("claims"),
    "given_up": marked("given up"),
    "reclaims": marked("claimed again"),
    "turns": marked("turns"),
    "refused": marked("refused"),
    "granted": marked("granted"),
    "held_over": marked("held over"),
    "undecided": marked("undecided"),
    "drawn": marked("drawn"),
    "never_signed": marked("never signed"),
    "never_confirmed": marked("signed, never confirmed"),
    "expired": marked("expired"),
    "notes": marked("notes"),
    "customers": marked("customers"),
    "held_most": marked("held at most"),
    "held_max": marked("may be held"),
    "share": marked("share"),
    "seconds": marked("apart"),
    "shortest_seconds": marked("shortest apart"),
    "nearest_seconds": marked("nearest to it"),
    "longest_seconds": marked("longest beyond it"),
}
"""What is counted of a habit; those in seconds are shown as spans."""
