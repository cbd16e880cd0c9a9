"""Texts as the access log keeps them: whatever may be a phone number in them is masked, since what
is kept here is sealed and never changed, and an erasure does not reach it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from pydantic import BaseModel

MASK: Final = "•••"
_NUMBER: Final = re.compile(r"\+?\d(?:[\s()（）\-－]*\d){6,}")
"""What may be a phone number in a text that was typed."""


def masked(text: str) -> str:
    """The text without what may be a phone number in it."""
    return _NUMBER.sub(MASK, text)


def numbers_in(text: str) -> list[str]:
    """What is masked in it."""
    return _NUMBER.findall(text)


def kept_filters(asked: BaseModel, *, without: Collection[str] = ()) -> dict[str, Any]:
    """What was asked as JSON, texts masked; ids, instants and numbers of the service's own stay."""
    chosen: dict[str, Any] = {
        "exclude": set(without),
        "exclude_defaults": True,
        "by_alias": True,
    }
    typed = asked.model_dump(**chosen)
    kept = asked.model_dump(mode="json", **chosen)
    return {name: _kept(typed[name], value) for name, value in kept.items()}


def _kept(typed: Any, value: Any) -> Any:
    """A value as JSON, and what it was made of."""
    if isinstance(typed, str):
        return masked(typed)
    if isinstance(typed, (list, tuple)):
        return [_kept(one, made) for one, made in zip(typed, value, strict=True)]
    return value
