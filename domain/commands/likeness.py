"""The collision check of every command (A-66): who already stands behind this name or phone."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from domain.errors import DuplicateName
from domain.events.values import Likeness, Match
from domain.identity import Identity
from domain.rulebook_text import Rulebook
from domain.work import Work


def identity_ids(*, name_key: str | None, core: str | None, phone_hash: str | None) -> list[UUID]:
    """The streams that a check of these keys reads."""
    keys = (("name", name_key), ("core", core), ("phone", phone_hash))
    return [Identity.id_of(kind, key) for kind, key in keys if key]


def likenesses(
    work: Work,
    *,
    name_key: str | None,
    core: str | None,
    phone_hash: str | None,
    but: UUID | None = None,
) -> list[Likeness]:
    """Other customers behind the same name, core or phone, the strongest match of each."""
    found: dict[UUID, Match] = {}
    for kind, key, match in (
        ("name", name_key, Match.SAME),
        ("core", core, Match.SIMILAR),
        ("phone", phone_hash, Match.PHONE),
    ):
        if key:
            for customer_id in work.behind(kind, key, but=but):  # type: ignore[arg-type]
                found.setdefault(customer_id, match)
    return [Likeness(customer_id, match) for customer_id, match in found.items()]


def forbid_duplicates(
    found: Iterable[Likeness], override_reason: str | None, rules: Rulebook
) -> None:
    """S1-024, S1-173, A-11: the same name never, a likeness only with a written reason.

    Raises DuplicateName with the customer that is in the way.
    """
    for likeness in found:
        if likeness.match is Match.SAME:
            raise DuplicateName(likeness.customer_id, likeness.match)
        policy = rules.names.similar
        if likeness.match is Match.PHONE and rules.names.phone != "similar":
            policy = "block" if rules.names.phone == "block" else "warn"
        if policy == "block" or (policy == "block-unless-explained" and not override_reason):
            raise DuplicateName(likeness.customer_id, likeness.match)
