"""Numbers in what was typed: the access log keeps them as keyed hashes alone.

Whoever looks for a phone may type it into any field, and filters of a file are kept as they were
sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from pydantic import BaseModel

from domain.phones import PhoneProblem, normalise_phone

if TYPE_CHECKING:
    from domain.application import Tenure

HIDDEN: Final = "•••"
"""What stands for a number."""
_NUMBER: Final = re.compile(r"\+?\d(?:[\s()（）\-－]*\d){6,}")
"""What may be a phone number in a text."""


def without_numbers(application: Tenure, typed: Mapping[str, Any]) -> dict[str, Any]:
    """The same texts with `HIDDEN` in the place of each number. Ids and instants are none.

    Under `numbers`, where there are any, the keyed hashes of those that are a phone's.
    """
    kept = {name: _hidden(value) for name, value in typed.items()}
    found = [number for value in typed.values() for number in _numbers_in(value)]
    if not found:
        return kept
    hashes = (_hashed(application, number) for number in found)
    return kept | {"numbers": [one for one in hashes if one is not None]}


def filters_of(asked: BaseModel, *, without: Collection[str] = ()) -> dict[str, Any]:
    """What was asked, as JSON. Numbers are taken out where it is kept."""
    return asked.model_dump(mode="json", exclude=set(without), exclude_defaults=True, by_alias=True)


def _hidden(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_hidden(one) for one in value]
    return _NUMBER.sub(HIDDEN, value) if _is_typed(value) else value


def _numbers_in(value: Any) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for one in value:
            yield from _numbers_in(one)
    elif _is_typed(value):
        yield from _NUMBER.findall(value)


def _is_typed(value: Any) -> bool:
    """True of a text that is neither an id nor an instant, both of which are full of digits."""
    if not isinstance(value, str):
        return False
    with suppress(ValueError):
        UUID(value)
        return False
    # A date alone may be a number that was typed: 20260302 reads as both.
    with suppress(ValueError):
        return not ("T" in value and datetime.fromisoformat(value))
    return True


def _hashed(application: Tenure, number: str) -> str | None:
    """The keyed hash of a number, where it is a phone's."""
    try:
        return application.phone_hash(normalise_phone(number))
    except PhoneProblem:
        return None
