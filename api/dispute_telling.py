"""A dispute as its reader may know it: the case, its parties, what they said, the replay around."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from api.disclosure import NOT_A_PARTY, Disclosure
from api.life_telling import REFUSAL
from api.veil import EVERYTHING_HIDDEN, NOTHING_HIDDEN, Veil
from projections.audit import AuditEntry
from projections.dispute_rows import Statement
from projections.disputes import DisputeCase

AROUND: Final = 5
"""Steps that a case shows before what granted the contested tenure, and after what ended it."""
_OF_LINE: Final = (
    "customer_id",
    "name",
    "number",
    "opener",
    "contested_at",
    "is_held",
)
_OUTSIDE: Final = frozenset(("refused", "stated"))
"""Parts that anybody may get by an attempt, and that therefore open nobody else's words."""


def parties_of(case: DisputeCase) -> list[dict[str, str]]:
    """Who has which part; one who has several is told with each."""
    tenure = case.contested
    parts: list[tuple[str | None, str]] = [
        (case.opener, "opener"),
        (tenure.holder if tenure is not None else None, "contested"),
        *((member, "refused") for member in case.refused),
        (case.winner, "winner"),
        (case.loser, "loser"),
    ]
    known = {member for member, _ in parts}
    parts += [(member, "stated") for member in case.stated if member not in known]
    return [{"member": member, "part": part} for member, part in parts if member is not None]


def line_of(
    case: DisputeCase, disclosure: Disclosure, *, sees_details: bool = False
) -> dict[str, Any]:
    """A case; its words only for its parties, those who rule disputes, and those who see the
    customer's details."""
    parties = parties_of(case)
    sees_words = sees_words_of(case, disclosure, sees_details=sees_details)
    veil = _veil(case, disclosure, sees_details=sees_details)
    is_opener = case.opener == disclosure.signed.member
    return {
        **{name: getattr(case, name) for name in _OF_LINE},
        "opened_at": case.opened_at if is_opener else veil.shown(case.opened_at),
        "statement": case.statement if sees_words else None,
        "rule": case.contested_rule,
        "contested": _contested(case, disclosure, veil),
        "parties": parties,
        "ruling": _ruling(case, veil, sees_words=sees_words),
        "details_hidden": None if sees_words else NOT_A_PARTY,
    }


def sees_words_of(case: DisputeCase, disclosure: Disclosure, *, sees_details: bool) -> bool:
    """True for the parties, those who rule disputes, and those who see the customer's details."""
    if sees_details or disclosure.rules_disputes or disclosure.sees_everybodys:
        return True
    member = disclosure.signed.member
    return any(
        party["member"] == member and party["part"] not in _OUTSIDE for party in parties_of(case)
    )


def stated(
    statements: Iterable[Statement],
    disclosure: Disclosure,
    case: DisputeCase,
    *,
    sees_details: bool,
) -> list[dict[str, Any]]:
    """What parties said after the case was opened; one's own words anybody sees."""
    sees_words = sees_words_of(case, disclosure, sees_details=sees_details)
    veil = _veil(case, disclosure, sees_details=sees_details)
    return [_statement(said, disclosure, veil, sees_words=sees_words) for said in statements]


def _statement(
    said: Statement, disclosure: Disclosure, veil: Veil, *, sees_words: bool
) -> dict[str, Any]:
    is_own = said.member == disclosure.signed.member
    return {
        "member": said.member,
        "at": said.at if is_own else veil.shown(said.at),
        "position": said.position,
        "statement": said.statement if sees_words or is_own else None,
    }


def _veil(case: DisputeCase, disclosure: Disclosure, *, sees_details: bool) -> Veil:
    """Hides nothing from those who rule, who look at any customer, and whose tenure it was or
    became. Opening a dispute, stating in it or being refused makes nobody less of a rival: anybody
    may do that."""
    held = case.contested.holder if case.contested is not None else None
    is_open = (
        sees_details
        or disclosure.rules_disputes
        or disclosure.sees_instants
        or disclosure.signed.member in {held, case.winner, case.loser}
    )
    return NOTHING_HIDDEN if is_open else EVERYTHING_HIDDEN


def _contested(case: DisputeCase, disclosure: Disclosure, veil: Veil) -> dict[str, Any] | None:
    """The contested tenure; to strangers its instants to the day, since it may run on."""
    tenure = case.contested
    if tenure is None:
        return None
    stage = tenure.stage.value
    until = disclosure.deadline(tenure.until, holder=tenure.holder, state=stage)
    told = ("holder", "group", "ended", "rulebook", "grounds")
    return {
        **{name: getattr(tenure, name) for name in told},
        "claimed_at": veil.shown(tenure.claimed_at),
        "since": veil.shown(tenure.since),
        "stage": stage,
        "until": veil.shown(tenure.until) if tenure.ended else veil.deadline(until),
    }


def _ruling(case: DisputeCase, veil: Veil, *, sees_words: bool) -> dict[str, Any] | None:
    if case.ruling is None:
        return None
    return {
        "ruling": case.ruling,
        "rule": case.rule,
        "reason": case.reason if sees_words else None,
        "ruled_by": case.ruled_by,
        "at": veil.shown(case.ruled_at),
        "rulebook": case.rulebook,
        "position": case.ruled_position,
        "to": case.winner,
        "loser": case.loser,
        "stage": case.stage,
    }


def in_matter(case: DisputeCase, entries: Iterable[AuditEntry]) -> Iterable[AuditEntry]:
    """What the parties did from the contested claim up to the ruling."""
    members = {party["member"] for party in parties_of(case)}
    for entry in entries:
        is_in_time = (case.matter_since is None or case.matter_since <= entry.at) and (
            case.ruled_at is None or entry.at <= case.ruled_at
        )
        if is_in_time and entry.actor in members:
            yield entry


def around(case: DisputeCase, steps: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """The steps from what granted the contested tenure to what ended it, and some around; of a
    customer that nobody had held, those around the instant; up to the ruling where it still ran."""
    tenure = case.contested
    if tenure is None:
        places = [
            place for place, step in enumerate(steps) if step["event"]["at"] <= case.contested_at
        ]
        first = last = places[-1] if places else 0
    else:
        end = tenure.grounds[-1] if tenure.ended is not None else case.ruled_version
        within = [
            place
            for place, step in enumerate(steps)
            if step["event"]["topic"] != REFUSAL
            and tenure.grounds[0] <= step["event"]["version"]
            and (end is None or step["event"]["version"] <= end)
        ]
        first, last = (within[0], within[-1]) if within else (0, len(steps) - 1)
    return steps[max(0, first - AROUND) : last + AROUND + 1]
