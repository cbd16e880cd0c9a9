"""What was searched for, and what the search showed, as it showed it (S1-021, A-34).

Whatever finds a customer by its name, by how its name or address begins, by a phone or by words is
a search, be it a collision check, a filter of a list or a file: what the one may not hide, another
would.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from api.access.looks import entry_of, keep
from api.access.numbers import without_numbers

if TYPE_CHECKING:
    from api.routes.calls import QueryCall
    from domain.orders import Signed
    from projections.answers import Page
    from projections.cards import Card
    from projections.pool import PoolEntry

Row = TypeVar("Row", bound=Mapping[str, Any])
_OF_ITEM: Final = ("customer_id", "match", "state", "holder", "group", "protected_until", "into")


class Sought(Protocol):
    """Filters of a list, of which some search. Both are None where they are not given."""

    @property
    def name(self) -> str | None: ...
    @property
    def region(self) -> str | None: ...


def record_search(
    call: QueryCall,
    signed: Signed,
    *,
    name: str | None,
    region: str | None = None,
    phone_hash: str | None = None,
    shown: Sequence[Mapping[str, Any]],
    position: int,
    view: str | None = None,
) -> None:
    """Keep what a search for customers asked and what it showed.

    shown: the answer's items. view: which list or file was searched; None: the collision check.
    Raises Unavailable where it cannot be kept.
    """
    typed = {field: text for field, text in (("name", name), ("region", region)) if text}
    facts: dict[str, Any] = {} if phone_hash is None else {"phone_hash": phone_hash}
    facts |= without_numbers(call.application, typed)
    facts |= {
        "shown": [{key: item[key] for key in _OF_ITEM} for item in shown],
        "position": position,
    }
    facts |= {"view": view} if view is not None else {}
    whose = [item["customer_id"] for item in shown]
    entry = entry_of(call, signed, "collision-asked", "see-customers", facts, whose)
    keep(call, entry)


def record_list_search(
    call: QueryCall,
    signed: Signed,
    asked: Sought,
    page: Page[Card],
    lines: Sequence[Mapping[str, Any]],
) -> None:
    """Keep what the list of customers showed, where it was searched.

    lines: the answer's items. Raises Unavailable where it cannot be kept.
    """
    if not is_search(asked):
        return
    match = _match(asked)
    shown = [
        {
            **{field: line[field] for field in ("customer_id", "state", "holder", "group")},
            "match": match,
            "protected_until": line["held_over_until"] or line["until"],
            "into": card.merged_into,
        }
        for card, line in zip(page.items, lines, strict=True)
    ]
    _record(call, signed, asked, shown, page.position, "customers")


def record_pool_search(
    call: QueryCall, signed: Signed, asked: Sought, page: Page[PoolEntry]
) -> None:
    """Keep what a page of the pool showed, where it was searched. Raises Unavailable."""
    if not is_search(asked):
        return
    nobody = dict.fromkeys(("holder", "group", "protected_until", "into"))
    match = _match(asked)
    shown = [
        {"customer_id": entry.customer_id, "match": match, "state": "pool", **nobody}
        for entry in page.items
    ]
    _record(call, signed, asked, shown, page.position, "pool")


def record_words_search(
    call: QueryCall,
    signed: Signed,
    words: str | None,
    items: Sequence[Mapping[str, Any]],
    position: int,
) -> None:
    """Keep in which events, and of whom, the audit's reader found a text: a customer's name is
    among what is looked through. Nothing asked: no entry. Raises Unavailable.

    items: the events that were told.
    """
    if not words or not words.strip():
        return
    facts = without_numbers(call.application, {"words": words}) | {
        "view": "audit",
        "events": [item["position"] for item in items],
        "position": position,
    }
    whose = list(dict.fromkeys(item["customer_id"] for item in items if item["customer_id"]))
    keep(call, entry_of(call, signed, "words-asked", "see-audit", facts, whose))


def words_kept(
    call: QueryCall,
    signed: Signed,
    words: str | None,
    pages: Iterator[list[Row]],
    position: int,
) -> Iterator[list[Row]]:
    """The pages of a file of the audit, each kept before it goes on where words were looked for; of
    a page without a hit the export's own entry tells enough."""
    for page in pages:
        if page:
            record_words_search(call, signed, words, page, position)
        yield page


def is_search(asked: Sought) -> bool:
    """True where a filter finds customers by what they are called or where they are."""
    return bool(asked.name or asked.region)


def _match(asked: Sought) -> str:
    return "part" if asked.name else "region"


def _record(
    call: QueryCall,
    signed: Signed,
    asked: Sought,
    shown: Sequence[Mapping[str, Any]],
    position: int,
    view: str,
) -> None:
    record_search(
        call,
        signed,
        name=asked.name or None,
        region=asked.region or None,
        shown=shown,
        position=position,
        view=view,
    )
