"""Array literals of PostgreSQL for values that need no escaping.

psycopg2 adapts lists element by element in Python; an append carries several, so the arrays of
ids, numbers and bytes are written here as one string each.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID


def uuid_array(ids: Iterable[UUID | str]) -> str:
    """A literal for uuid[]. A string must be a UUID's; ValueError otherwise."""
    return "{" + ",".join([str(_as_uuid(stream_id)) for stream_id in ids]) + "}"


def bigint_array(numbers: Iterable[int]) -> str:
    """A literal for bigint[]."""
    return "{" + ",".join([str(int(number)) for number in numbers]) + "}"


def bytea_array(values: Iterable[bytes]) -> str:
    r"""A literal for bytea[]; each element is quoted, since the array's parser eats backslashes."""
    return "{" + ",".join([f'"\\\\x{value.hex()}"' for value in values]) + "}"


def bytea(value: bytes) -> str:
    r"""A literal for bytea, as in '\x00ff'."""
    return f"\\x{value.hex()}"


def _as_uuid(stream_id: UUID | str) -> UUID:
    return stream_id if isinstance(stream_id, UUID) else UUID(stream_id)
