"""A customer's contracts, as every view that keeps some folds them (S1-056 to S1-061)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import domain.events
from domain.contract import Contract, dropped
from domain.events import CustomerEvent, DuplicateAbsorbed
from domain.events.contracts import ContractEvent
from domain.events.disputes import Awarded
from domain.tenures import AWARDS, PROTECTION_ENDS

Contracts = Mapping[str, Contract]
_OF_CONTRACTS: Final = frozenset(
    kind
    for kind in vars(domain.events).values()
    if isinstance(kind, type) and issubclass(kind, ContractEvent)
)
BRINGS_CONTRACTS: Final = _OF_CONTRACTS | {DuplicateAbsorbed}
"""The events that may make a contract."""
CLOSES_CONTRACTS: Final = PROTECTION_ENDS.union(AWARDS)
"""The events that may close those that are open, and make none."""
MOVES_CONTRACTS: Final = BRINGS_CONTRACTS | CLOSES_CONTRACTS
"""The events that may change what contracts there are, or how they stand."""


def contracts_after(known: Contracts, event: Any) -> dict[str, Contract]:
    """The contracts after an event of `MOVES_CONTRACTS`, by their numbers."""
    match event:
        case ContractEvent():
            after = event.contract_after(known.get(event.number))
            return dict(known) if after is None else {**known, event.number: after}
        case DuplicateAbsorbed():
            own = dropped(known) if event.moved or event.protection is None else known
            return {**own, **{contract.number: contract for contract in event.contracts}}
        case Awarded(drops_contracts=False):
            return dict(known)
        case CustomerEvent():
            return dropped(known)
    return dict(known)


def open_contracts_after(known: Contracts | None, event: Any) -> dict[str, Contract] | None:
    """Of those only the open ones; None: there is none, as most customers have."""
    if known is None and type(event) not in BRINGS_CONTRACTS:
        return None
    found = contracts_after(known or {}, event)
    return {
        number: contract for number, contract in found.items() if contract.status == "open"
    } or None
