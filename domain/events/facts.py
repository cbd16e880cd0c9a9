"""What of an event may be shown to anybody: its facts without what is sealed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from domain.events.values import Contact, Sealed

_FRAME: Final = frozenset(
    ("originator_id", "originator_version", "originator_topic", "timestamp", "actor", "rulebook")
)
_NOT_SHOWN: Final = frozenset(("phone_hash", "digest", "tokens"))
_NEVER_INSIDE: Final = _NOT_SHOWN | {"box"}
"""Not shown at any depth: a value that an event carries may have a hash of its own."""


def facts_of(event: object) -> dict[str, Any]:
    """The event's own fields as plain JSON, less its frame, personal fields, hashes, secrets.

    A contact shows its id and position alone; a sealed field is left out, and so is the key of a
    phone's identity, which is its keyed hash.
    """
    not_shown = _NOT_SHOWN | {"key"} if getattr(event, "kind", None) == "phone" else _NOT_SHOWN
    return {
        name: _plain(msgspec.to_builtins(_shown(value), builtin_types=(datetime,)))
        for name, value in vars(event).items()
        if name not in _FRAME and name not in not_shown and not isinstance(value, Sealed)
    }


def _plain(value: Any) -> Any:
    """Instants as every answer writes them: UTC, with their microseconds."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
        case dict():
            return {key: _plain(item) for key, item in value.items() if key not in _NEVER_INSIDE}
        case list() | tuple():
            return [_plain(item) for item in value]
    return value


def _shown(value: Any) -> Any:
    if isinstance(value, Contact):
        return {"id": value.id, "position": value.position}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return value
