"""Finding part of a name among very many: the index over characters and their pairs (S1-022).

The grams of a name are computed by PostgreSQL from the name itself, in a microsecond, so that they
are kept in the index alone: stored beside the name they would make the table four times as large,
and a search read four times as many pages.
"""

from __future__ import annotations

from typing import Any, Final

from psycopg2.sql import SQL

from domain import names

# Every character, and the pairs that begin at the odd places and at the even ones. What is left
# over at an end, a character or nothing, does no harm.
GRAMS: Final = (
    "(string_to_array(name_key, NULL)"
    r" || string_to_array(regexp_replace(name_key, '(..)', '\1|', 'g'), '|')"
    r" || string_to_array(regexp_replace(substr(name_key, 2), '(..)', '\1|', 'g'), '|'))"
)
"""The grams of the column `name_key`, as `names.grams` tells them."""
HAS_GRAMS: Final = SQL(GRAMS + " @> %(grams)s::text[]")
"""A condition that the index answers: every gram asked for is in the name."""
HOLDS_NAME: Final = SQL("strpos(name_key, %(key)s) > 0")
"""What decides: the name holds what was asked. It is null, so true for none, without a key."""


def name_parameters(name: str | None) -> dict[str, Any]:
    """The parameters of both conditions. A name without a letter or digit has no key."""
    key = names.normalise(name) if name is not None else ""
    return {"key": key or None, "grams": names.search_grams(key)}
