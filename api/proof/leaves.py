"""What is hashed: the one encoding of events and access entries as leaves of their trees.

A leaf's content is its fields one behind another, each behind its length as four bytes, big-endian:

    events   "tenure.event.v1",  position, stream, version, topic, state, recorded
    access   "tenure.access.v1", position, state

Position, version and recorded are eight bytes, big-endian; recorded counts microseconds since
2000-01-01T00:00:00Z. Stream is the sixteen bytes of the UUID, topic is UTF-8, state is the stored
bytes as they are. The hash of a leaf is SHA-256 over a zero byte and that content (RFC 6962).

It is written twice: in Python, for whoever verifies and trusts nothing that the database computes,
and in SQL, where the sealer has hashes made beside the rows. A test holds them equal.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Final
from uuid import UUID

EVENT_KIND: Final = b"tenure.event.v1"
ACCESS_KIND: Final = b"tenure.access.v1"
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_EVENT_HEAD: Final = Struct(f">I{len(EVENT_KIND)}sIqI16sIqI")
_EVENT_MIDDLE: Final = Struct(">I")
_EVENT_TAIL: Final = Struct(">Iq")
_ACCESS_HEAD: Final = Struct(f">I{len(ACCESS_KIND)}sIqI")

EVENT_LEAF: Final = """sha256(
    '\\x000000000f74656e7572652e6576656e742e763100000008'::bytea || int8send(position)
    || '\\x00000010'::bytea || uuid_send(originator_id)
    || '\\x00000008'::bytea || int8send(originator_version)
    || int4send(octet_length(topic)) || convert_to(topic, 'UTF8')
    || int4send(octet_length(state)) || state
    || '\\x00000008'::bytea || timestamptz_send(recorded_at))"""
"""The hash of a row of tenure.events, in a database whose encoding is UTF-8."""
ACCESS_LEAF: Final = """sha256(
    '\\x000000001074656e7572652e6163636573732e763100000008'::bytea || int8send(position)
    || int4send(octet_length(state)) || state)"""
"""The hash of a row of access.entries."""


def event_content(
    position: int, stream: UUID, version: int, topic: str, state: bytes, recorded_at: datetime
) -> bytes:
    """The content of an event's leaf."""
    named = topic.encode()
    head = _EVENT_HEAD.pack(
        len(EVENT_KIND), EVENT_KIND, 8, position, 16, stream.bytes, 8, version, len(named)
    )
    recorded = (recorded_at - _EPOCH) // _MICROSECOND
    return b"".join(
        (head, named, _EVENT_MIDDLE.pack(len(state)), state, _EVENT_TAIL.pack(8, recorded))
    )


def access_content(position: int, state: bytes) -> bytes:
    """The content of an access entry's leaf."""
    head = _ACCESS_HEAD.pack(len(ACCESS_KIND), ACCESS_KIND, 8, position, len(state))
    return head + state
