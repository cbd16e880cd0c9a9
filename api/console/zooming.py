"""A span of a customer's life that a page shows alone, by `from` and `to` in its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from pydantic import Field

from api.answers import instant
from api.console.band import Spans
from api.console.forms import asked
from api.routes.parameters import QueryInstant, Questions
from domain.errors import Invalid

NAMES = ("from", "to")


@dataclass(frozen=True, slots=True)
class Span:
    """From one instant until another, which is no more in it."""

    start: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        """True for an instant in it."""
        return self.start <= at < self.end

    @property
    def query(self) -> dict[str, str]:
        """It as parts of an address."""
        return dict(zip(NAMES, (instant(self.start), instant(self.end)), strict=True))


class _Asked(Questions):
    start: Annotated[QueryInstant | None, Field(alias="from")] = None
    end: Annotated[QueryInstant | None, Field(alias="to")] = None


def span_of(sent: Mapping[str, str], life: Mapping[str, Any]) -> Span | None:
    """The span that an address names; None: the whole life, which begins and ends as it does where
    only one of both is named. Raises Invalid."""
    given = asked(_Asked, sent)
    if given.start is None and given.end is None:
        return None
    found = Span(given.start or life["steps"][0]["event"]["at"], given.end or life["at"])
    if found.end <= found.start:
        raise Invalid.field("to", "before-from", zh="须晚于 from", en="must be after `from`")
    return found


def spans_of_customer(customer_id: UUID) -> Spans:
    """What was gathered is told on the customer's page, by a wider scale."""
    return lambda start, end: f"/customers/{customer_id}?{urlencode(Span(start, end).query)}#events"
