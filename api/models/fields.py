"""Types of fields, each with its meaning for the OpenAPI document.

Lengths and forms of text are rules of the domain, which checks them for every way in. Here they
are told to readers of the document, not checked a second time.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from domain.permissions import ROLES

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})"
)
_FRACTION = re.compile(r"(\.\d{6})\d+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
AT_TIMES = "x-at-times"
"""Marks a field in the OpenAPI document that most answers are without."""
EXAMPLE_ID = "0198f2a4-7c3e-7b61-9d52-3f0a8e6c1b47"
EXAMPLE_INSTANT = "2026-03-05T06:03:00.000000Z"
EXAMPLE_LATER = "2026-04-04T06:03:00.000000Z"
EXAMPLE_HELD_OVER = "2026-04-09T16:00:00.000000Z"


def instant_of(text: Any) -> datetime:
    """ISO 8601 with an offset, as UTC. Raises PydanticCustomError in both languages."""
    if not isinstance(text, str):
        raise _no_instant("wrong-type")
    if not _INSTANT.fullmatch(text):
        raise _no_instant("malformed")
    try:
        return datetime.fromisoformat(_FRACTION.sub(r"\1", text.upper())).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise PydanticCustomError(
            "out-of-range",
            "is no instant of the calendar",
            {"zh": "不是有效的日期时间", "en": "is no instant of the calendar"},
        ) from error


def day_of(text: Any) -> date:
    """ISO 8601, the day alone. Raises PydanticCustomError in both languages."""
    if not isinstance(text, str):
        raise _no_day("wrong-type")
    if not _DAY.fullmatch(text):
        raise _no_day("malformed")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _no_day("out-of-range") from error


Instant = Annotated[
    datetime,
    BeforeValidator(instant_of),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant with its offset; a bare local time is refused, because nobody knows where it is."""
Day = Annotated[date, BeforeValidator(day_of), WithJsonSchema({"type": "string", "format": "date"})]
"""A day of the calendar, as it stands on paper."""
WholeNumber = Annotated[int, Strict()]
"""An integer of JSON; neither a text of digits nor `true` is one."""


def searchable(text: str) -> str:
    """Text that a query can look for. Raises PydanticCustomError for what nobody can have typed."""
    if any(sign < " " or "\ud800" <= sign <= "\udfff" or sign == "\x7f" for sign in text):
        raise PydanticCustomError(
            "unseen-character",
            "holds an unseen character",
            {"zh": "含有不可见字符", "en": "holds an unseen character"},
        )
    return text


Searched = Annotated[str, AfterValidator(searchable)]
"""Text that a query looks for."""


def described(
    meaning: str, example: Any, *, characters_max: int | None = None, **schema: Any
) -> Any:
    """A field's meaning and one example; characters_max: told, and checked by the domain."""
    if characters_max is not None:
        schema |= {"minLength": 1, "maxLength": characters_max}
    return Field(description=meaning, examples=[example], json_schema_extra=schema or None)


def optional(meaning: str, example: Any, *, characters_max: int | None = None, **told: Any) -> Any:
    """A field that may be left out, in a body where leaving out means: as it is."""
    if characters_max is not None:
        told |= {"minLength": 1, "maxLength": characters_max}

    def without_default(schema: dict[str, Any]) -> None:
        schema.pop("default", None)
        schema.update(told)

    return Field(
        default="", description=meaning, examples=[example], json_schema_extra=without_default
    )


def at_times(meaning: str, example: Any) -> Any:
    """A field of an answer that is there only where it applies, and in no composed example."""
    return optional(meaning, example, **{AT_TIMES: True})


Role = Annotated[str, Field(json_schema_extra={"enum": list(ROLES)})]


class Body(BaseModel):
    """What a command is sent; a member that it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(BaseModel):
    """What an answer holds; for the OpenAPI document, answers are not checked again."""

    model_config = ConfigDict(extra="forbid")


def _no_instant(code: str) -> PydanticCustomError:
    return PydanticCustomError(
        code,
        "must be an ISO 8601 instant with its offset",
        {
            "zh": "须为带时区的 ISO 8601 时间，如 2026-03-05T14:03:00+08:00",
            "en": "must be an ISO 8601 instant with its offset: 2026-03-05T14:03:00+08:00",
        },
    )


def _no_day(code: str) -> PydanticCustomError:
    return PydanticCustomError(
        code,
        "must be a day of the calendar",
        {"zh": "须为日期，如 2026-03-05", "en": "must be a day such as 2026-03-05"},
    )
