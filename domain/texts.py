"""What a text field may hold: characters that are seen, within a length, and not nothing.

Characters that are not seen (controls, bidirectional marks, zero-width signs) are refused in
single lines, where they would make two names look alike; notes may break lines and join emoji.
"""

from __future__ import annotations

import unicodedata

from domain.errors import Invalid

_JOINERS = frozenset("\u200c\u200d")
_BREAKS = frozenset("\n\r\t")


def line(field: str, text: str, *, characters_max: int) -> str:
    """A single line: trimmed, not empty, every character seen. Raises Invalid for `field`."""
    return _checked(field, text, characters_max, allowed=frozenset())


def prose(field: str, text: str, *, characters_max: int) -> str:
    """A note or reason (S1-030, S1-040): as `line`, with line breaks and emoji joiners."""
    return _checked(field, text, characters_max, allowed=_JOINERS | _BREAKS)


def _checked(field: str, text: str, characters_max: int, *, allowed: frozenset[str]) -> str:
    if len(text) > characters_max:
        raise Invalid.field(
            field,
            "too-long",
            zh=f"最多 {characters_max} 个字符",
            en=f"must have at most {characters_max} characters",
        )
    unseen = next((sign for sign in text if sign not in allowed and _is_unseen(sign)), None)
    if unseen is not None:
        raise Invalid.field(
            field,
            "unseen-character",
            zh=f"含有不可见字符 U+{ord(unseen):04X}",
            en=f"holds the unseen character U+{ord(unseen):04X}",
        )
    text = text.strip()
    if not any(unicodedata.category(sign)[0] not in "ZC" for sign in text):
        raise Invalid.field(field, "empty", zh="不能为空", en="must not be empty")
    return text


def _is_unseen(sign: str) -> bool:
    """Controls, formats (bidirectional, zero-width), surrogates, private signs, line separators."""
    return unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
