"""A rulebook as text: every value under its table, with what it says and who asks for it above."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, time

from domain.rulebook_text import Rulebook


def written(rules: Rulebook, *, based_on: str) -> str:
    """The text that states these rules, for whoever changed values of a version and no text.

    `parse` reads the same rules from it. based_on: the version whose values they were.
    """
    tables: dict[str, list[str]] = {}
    for zh, en in zip(rules.in_words("zh"), rules.in_words("en"), strict=True):
        table, _, name = zh.key.rpartition(".")
        lines = tables.setdefault(table, [])
        lines += [f"# {zh.words}", f"# {en.words}"]
        lines += [f"{name} = {_stated(zh.value)}"] if zh.value is not None else []
    text = [f"# 依据制度版本 {based_on} 修改。", f"# Made from version {based_on}.", ""]
    for table, lines in tables.items():
        text += [f"[{table}]", *lines, ""] if table else [*lines, ""]
    return "\n".join(text)


def _stated(value: object) -> str:
    """A value as TOML states it."""
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{name} = {_stated(one)}" for name, one in value.items())
        return f"{{ {pairs} }}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_stated, value))}]"
    if isinstance(value, date | time):
        return value.isoformat()
    # JSON writes whole numbers, truth and text as TOML does.
    return json.dumps(value, ensure_ascii=False)
