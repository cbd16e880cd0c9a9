"""Rules that somebody states: as a whole text, or as a version with other values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.problems.validation import field_name
from domain.errors import FieldProblem, Invalid
from domain.rulebook_text import InvalidRulebook, Rulebook, changed, parse


def stated_rules(toml: str | None, changes: Mapping[str, Any] | None, base_text: str) -> Rulebook:
    """The rules of a text, or those of `base_text` with changes. Raises Invalid, by value or by
    line, and where both are stated or neither is."""
    if (changes is None) == (toml is None):
        raise Invalid.field(
            "changes",
            "one-of",
            zh="须填写 changes 或 toml 之一",
            en="or `toml` is required, and not both",
        )
    try:
        return parse(toml) if toml is not None else changed(base_text, changes or {})
    except InvalidRulebook as error:
        place = "changes" if toml is None else "toml"
        raise Invalid(*(_problem(place, found) for found in error.problems)) from error


def _problem(place: str, found: Any) -> FieldProblem:
    zh, en = found.message_zh, found.message_en
    if place == "toml":
        zh, en = f"第 {found.line or '?'} 行：{zh}", f"line {found.line or '?'}: {en}"
    return FieldProblem(field_name(("body", place, found.key)), "rulebook", zh, en)
