"""Which of the two languages an answer speaks, by `Accept-Language`.

English, unless the header prefers Chinese: scripts send no such header, and browsers in China
ask for `zh`. Whichever it is, `Content-Language` says so.
"""

from __future__ import annotations

from typing import Literal

Language = Literal["zh", "en"]
CONTENT_LANGUAGES: dict[Language, str] = {"zh": "zh-CN", "en": "en"}
_LENGTH_MAX = 500


def preferred_language(accept_language: str | None) -> Language:
    """`zh` where some Chinese is wanted more than any English (RFC 9110, 12.5.4); else `en`.

    Of two that are wanted alike, the one named first is preferred. Rubbish is not an error.
    """
    if not accept_language:
        return "en"
    wanted = [_weighed(part) for part in accept_language[:_LENGTH_MAX].split(",")]
    chinese = max((weight for tag, weight in wanted if tag == "zh"), default=0.0)
    others = max((weight for tag, weight in wanted if tag in {"en", "*"}), default=0.0)
    if chinese != others:
        return "zh" if chinese > others else "en"
    first = next((tag for tag, weight in wanted if tag in {"zh", "en"} and weight > 0), "en")
    return "zh" if first == "zh" else "en"


def _weighed(part: str) -> tuple[str, float]:
    """The primary tag and its quality; 0 for a malformed one."""
    tag, _, parameter = part.partition(";")
    name, _, value = parameter.partition("=")
    try:
        weight = float(value) if name.strip().lower() == "q" else 1.0
    except ValueError:
        weight = 0.0
    return tag.strip().lower().partition("-")[0], weight if 0 <= weight <= 1 else 0.0
