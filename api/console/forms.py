"""What a form sends, as the body that the same command takes over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError

from api.problems.errors import UnsupportedType
from api.problems.validation import field_problems
from domain.errors import FieldProblem, Invalid, NotFound

Kind = Literal[
    "text", "secret", "phone", "area", "instant", "day", "integer", "choice", "lines", "id", "boxes"
]
Model = TypeVar("Model", bound=BaseModel)
Action = TypeVar("Action")
FIELDS_MAX: Final = 200
FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of a form. name: its place in the body, `contact.phone`. label: before
    translation. choices: value and the table of `shown.term` that has its word."""

    name: str
    label: str
    kind: Kind = "text"
    is_required: bool = True
    choices: tuple[str, ...] = ()
    words: str = ""
    hint: str = ""


def typed_in(body: bytes, content_type: str) -> dict[str, str]:
    """The fields of a form as typed, the last of each name. Raises UnsupportedType, Invalid."""
    if content_type.partition(";")[0].strip().lower() != FORM:
        raise UnsupportedType
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX
        )
    except ValueError as error:
        raise Invalid(
            FieldProblem("body", "no-form", "表单内容有误", "is not a well-formed form")
        ) from error
    return dict(pairs)


def body_of(entries: Sequence[Entry], typed: Mapping[str, str], zone: str) -> dict[str, Any]:
    """The body that the typed fields mean; what was left blank is left out. zone: the offset of
    instants that were typed without one."""
    body: dict[str, Any] = {}
    for entry in entries:
        value = _value_of(entry, typed, zone)
        if value is None:
            continue
        *path, last = entry.name.split(".")
        place = body
        for step in path:
            place = place.setdefault(step, {})
        place[last] = value
    return {name: _in_order(value) for name, value in body.items()}


def checked(model: type[Model], body: Mapping[str, Any]) -> Model:
    """The body, checked as the interface checks it. Raises Invalid."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise Invalid(*field_problems(error.errors())) from error


def called(actions: Mapping[str, Action], command: str) -> Action:
    """The action of a command. Raises NotFound for a command without a form."""
    action = actions.get(command)
    if action is None:
        raise NotFound("address", command)
    return action


def asked(model: type[Model], sent: Mapping[str, str]) -> Model:
    """The questions in an address, less those left blank and what is the page's own. Raises
    Invalid."""
    names = {field.alias or name for name, field in model.model_fields.items()}
    told = {name: text for name, text in sent.items() if name in names and text.strip()}
    return checked(model, told)


def _value_of(entry: Entry, typed: Mapping[str, str], zone: str) -> Any:
    """What was typed into a field; None: nothing. Each of several boxes is a field of its own."""
    if entry.kind == "boxes":
        chosen = [choice for choice in entry.choices if typed.get(f"{entry.name}:{choice}")]
        return chosen if chosen or entry.is_required else None
    text = typed.get(entry.name, "").replace("\r\n", "\n")
    return _value(entry.kind, text, zone) if text.strip() else None


def _value(kind: Kind, text: str, zone: str) -> Any:
    """A typed text as JSON would carry it; one that is malformed stays, for the check to name."""
    trimmed = text.strip()
    if kind == "instant" and "+" not in trimmed and not trimmed.endswith(("Z", "z")):
        return f"{trimmed}{zone}"
    if kind == "integer" and trimmed.isdecimal() and len(trimmed) < FIELDS_MAX:
        return int(trimmed)
    if kind == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()]
    return text if kind in {"area", "secret"} else trimmed


def _in_order(value: Any) -> Any:
    """Members named by numbers are a list."""
    if isinstance(value, dict) and value and all(name.isdecimal() for name in value):
        return [value[name] for name in sorted(value, key=int)]
    return value
