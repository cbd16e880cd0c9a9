"""What pydantic finds wrong, as field problems in both languages, without the sender's values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.errors import FieldProblem

_PLACES = frozenset({"body", "query", "path", "header"})
_NAME_MAX = 200

WORDS: Mapping[str, tuple[str, str, str]] = {
    "missing": ("missing", "缺少此字段", "is required"),
    "extra_forbidden": ("unknown", "未知的字段", "is not a known field"),
    "string_type": ("wrong-type", "应为文本", "must be a string"),
    "string_unicode": ("not-unicode", "不是有效的 Unicode 文本", "is not valid Unicode text"),
    "string_too_short": (
        "too-short",
        "至少 {min_length} 个字符",
        "must have at least {min_length} characters",
    ),
    "string_too_long": (
        "too-long",
        "最多 {max_length} 个字符",
        "must have at most {max_length} characters",
    ),
    "string_pattern_mismatch": ("malformed", "格式不对", "does not have the right form"),
    "int_type": ("wrong-type", "应为整数", "must be an integer"),
    "int_parsing": ("wrong-type", "应为整数", "must be an integer"),
    "int_parsing_size": ("out-of-range", "超出范围", "is out of range"),
    "int_from_float": ("wrong-type", "应为整数", "must be an integer"),
    "bool_type": ("wrong-type", "应为 true 或 false", "must be true or false"),
    "bool_parsing": ("wrong-type", "应为 true 或 false", "must be true or false"),
    "greater_than_equal": ("out-of-range", "不得小于 {ge}", "must be at least {ge}"),
    "less_than_equal": ("out-of-range", "不得大于 {le}", "must be at most {le}"),
    "literal_error": ("not-a-choice", "应为 {expected} 之一", "must be one of {expected}"),
    "enum": ("not-a-choice", "应为 {expected} 之一", "must be one of {expected}"),
    "uuid_type": ("wrong-type", "应为 UUID", "must be a UUID"),
    "uuid_parsing": ("malformed", "不是 UUID", "is not a UUID"),
    "list_type": ("wrong-type", "应为列表", "must be a list"),
    "too_long": ("too-long", "最多 {max_length} 项", "must have at most {max_length} items"),
    "too_short": ("too-short", "至少 {min_length} 项", "must have at least {min_length} items"),
    "dict_type": ("wrong-type", "应为 JSON 对象", "must be a JSON object"),
    "model_type": ("wrong-type", "应为 JSON 对象", "must be a JSON object"),
    "model_attributes_type": ("wrong-type", "应为 JSON 对象", "must be a JSON object"),
    "invalid_key": ("wrong-type", "成员名应为文本", "has a member whose name is no string"),
}
"""pydantic's error type: code, Chinese, English. Templates over the error's context."""

_OTHERWISE = ("malformed", "内容有误", "is malformed")


def field_problems(errors: Sequence[Mapping[str, Any]]) -> list[FieldProblem]:
    """One entry per field, the first error of each. Our own checks bring their words along."""
    found: dict[str, FieldProblem] = {}
    for error in errors:
        field = field_name(error["loc"])
        found.setdefault(field, _problem(field, error))
    return list(found.values())


def field_name(location: Sequence[Any]) -> str:
    """`("body", "contacts", 0, "phone")` is `contacts.0.phone`; a place alone is itself."""
    parts = [str(part) for part in location]
    named = parts[1:] if len(parts) > 1 and parts[0] in _PLACES else parts
    shown = ".".join(named)[:_NAME_MAX] or "body"
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in shown)


def _problem(field: str, error: Mapping[str, Any]) -> FieldProblem:
    context = error.get("ctx") or {}
    if "zh" in context and "en" in context:
        return FieldProblem(field, error["type"], context["zh"], context["en"])
    code, zh, en = WORDS.get(error["type"], _OTHERWISE)
    expected = str(context.get("expected", "")).replace("'", "")
    return FieldProblem(
        field,
        code,
        zh.format_map({**context, "expected": expected.replace(" or ", "、").replace(", ", "、")}),
        en.format_map({**context, "expected": expected}),
    )
