"""Events as plain JSON and back: types come from the event class, not from the stored text.

Instants are ISO 8601, UUIDs and decimals strings, dataclasses objects, enumerations their values;
nothing is wrapped to tell its type. So anybody can read the log, and any later release, as long
as the class of a topic, or its upcasts, know what the text means.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, NotRequired, TypedDict, TypeVar, cast, get_type_hints
from uuid import UUID

import msgspec
from eventsourcing import persistence
from eventsourcing.domain import CanSnapshotAggregate, DomainEventProtocol
from eventsourcing.persistence import MapperDeserialisationError, StoredEvent, find_id_convertor
from eventsourcing.utils import get_topic, resolve_topic

_ORIGIN = frozenset({"originator_id", "originator_version"})
_encode = msgspec.json.Encoder(decimal_format="string", uuid_format="canonical").encode

_convertor = cast(Callable[[type, type], Callable[[Any], Any]], find_id_convertor)

Id = TypeVar("Id", UUID, str)


class _Versioned(TypedDict):
    class_version: NotRequired[int]


_decode_version = msgspec.json.Decoder(_Versioned).decode
_decode_raw = msgspec.json.Decoder(dict[str, Any]).decode


class _Codec(NamedTuple):
    """How the events of one class are read: compiled once from its fields.

    defaults: makers of the values that a stored state may lack, by field.
    """

    event_class: type[Any]
    class_version: int
    state_type: Any
    decode: Callable[[bytes], dict[str, Any]]
    defaults: dict[str, Callable[[], Any]]


class Mapper(persistence.Mapper[Id]):
    """The library's mapper with msgspec in place of its transcoder.

    Fields that a stored state lacks get the class's default. Snapshots hold the state of
    any aggregate, of which no class tells the types: they go through the library's transcoder.
    """

    def to_stored_event(self, domain_event: DomainEventProtocol[Id]) -> StoredEvent:
        """Its fields as JSON. Raises TypeError for a value that JSON has no form for."""
        if isinstance(domain_event, CanSnapshotAggregate):
            return super().to_stored_event(domain_event)
        event_class = type(domain_event)
        fields = dict(vars(domain_event))
        originator_id = fields.pop("originator_id")
        originator_version = fields.pop("originator_version")
        class_version = getattr(event_class, "class_version", 1)
        if class_version > 1:
            fields["class_version"] = class_version
        state = _encode(fields)
        if self.compressor:
            state = self.compressor.compress(state)
        if self.cipher:
            state = self.cipher.encrypt(state)
        return StoredEvent(originator_id, originator_version, get_topic(event_class), state)

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[Id]:
        """The event again, upcast to its class's version. Raises MapperDeserialisationError."""
        codec = _codec(stored_event.topic)
        if codec is None:
            return cast(DomainEventProtocol[Id], super().to_domain_event(stored_event))
        try:
            state = stored_event.state
            if self.cipher:
                state = self.cipher.decrypt(state)
            if self.compressor:
                state = self.compressor.decompress(state)
            fields = _fields(codec, state)
        except Exception as error:
            raise MapperDeserialisationError(
                f"cannot read {stored_event.topic}, version {stored_event.originator_version} of"
                f" {stored_event.originator_id}: {error}"
            ) from error
        originator_id = stored_event.originator_id
        convert = _convertor(codec.event_class, type(originator_id))
        fields["originator_id"] = convert(originator_id)
        fields["originator_version"] = stored_event.originator_version
        event = object.__new__(codec.event_class)
        object.__setattr__(event, "__dict__", fields)
        return event  # type: ignore[no-any-return]


def _fields(codec: _Codec, state: bytes) -> dict[str, Any]:
    """The fields of a stored state, in the form that the class has now."""
    fields = codec.decode(state) if _is_current(codec, state) else _upcast(codec, state)
    for name, default in codec.defaults.items():
        if name not in fields:
            fields[name] = default()
    return fields


def _is_current(codec: _Codec, state: bytes) -> bool:
    """Also true for a later version: what we know of it has not changed its meaning."""
    if codec.class_version == 1:
        return True
    return _decode_version(state).get("class_version", 1) >= codec.class_version


def _upcast(codec: _Codec, state: bytes) -> dict[str, Any]:
    raw = _decode_raw(state)
    for version in range(raw.pop("class_version", 1), codec.class_version):
        getattr(codec.event_class, f"upcast_v{version}_v{version + 1}")(raw)
    fields: dict[str, Any] = msgspec.convert(raw, codec.state_type)
    return fields


@cache
def _codec(topic: str) -> _Codec | None:
    """Of the topic's class, which is resolved once; None: it is that of a snapshot."""
    event_class = resolve_topic(topic)
    if issubclass(event_class, CanSnapshotAggregate):
        return None
    hints = get_type_hints(event_class, include_extras=True)
    members: dict[str, Any] = {}
    defaults: dict[str, Callable[[], Any]] = {}
    for field in dataclasses.fields(event_class):
        if field.name in _ORIGIN:
            continue
        default = _default(field)
        if default is None:
            members[field.name] = hints[field.name]
        else:
            members[field.name] = NotRequired[hints[field.name]]
            defaults[field.name] = default
    state_type: Any = cast(Any, TypedDict)(event_class.__name__, members)
    decode = msgspec.json.Decoder(state_type).decode
    return _Codec(
        event_class, getattr(event_class, "class_version", 1), state_type, decode, defaults
    )


def _default(field: dataclasses.Field[Any]) -> Callable[[], Any] | None:
    if field.default is not dataclasses.MISSING:
        default = field.default
        return lambda: default
    return None if field.default_factory is dataclasses.MISSING else field.default_factory
