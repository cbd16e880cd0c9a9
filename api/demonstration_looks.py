"""What was looked at in the demonstration, so that the access log has something to tell.

Kept by the same functions as the routes' own looks; the views are not folded yet, so what is shown
is asked of the log itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count, cycle
from typing import Any, Final
from uuid import UUID

from api.access.entries import Entry
from api.access.looks import record_details, record_question
from api.access.searches import record_search
from api.composition import Service
from api.disclosure import Disclosure
from api.routes.calls import QueryCall
from api.test_clock import SettableClock
from domain.orders import Credentials, Signed

SEARCHERS: Final = ("lina", "wangqiang", "liuyang")
SELLER, DIRECTOR, AUDITOR = "zhangwei", "zhaolei", "xuan"
ADDRESS: Final = "192.0.2.17"
"""Of the documentation's network (RFC 5737)."""
HOUR: Final = timedelta(hours=1)


class Looks:
    """Looks of the last hour, one a minute. members: their ways in."""

    def __init__(
        self, service: Service, clock: SettableClock, members: Mapping[str, Credentials]
    ) -> None:
        self._service = service
        self._clock = clock
        self._members = members
        self._numbers = count(1)

    def run(self, companies: Sequence[tuple[UUID, str]], end: datetime) -> None:
        """Sellers search, read what they hold and are refused; an auditor asks. companies: id and
        name of each; end: what lies behind it is left for others."""
        begin = max(self._clock(), end - HOUR)
        steps = [*self._searches(companies[:6]), *self._reads(companies), self._refused]
        steps.append(lambda: self._asked(companies[0][0]))
        for place, step in enumerate(steps, start=1):
            self._clock.move_to(begin + (end - begin) * place / (len(steps) + 1))
            step()

    def _searches(self, companies: Sequence[tuple[UUID, str]]) -> list[Any]:
        return [
            lambda who=who, company=company: self._searched(who, *company)
            for who, company in zip(cycle(SEARCHERS), companies, strict=False)
        ]

    def _reads(self, companies: Sequence[tuple[UUID, str]]) -> list[Any]:
        """The first few customers that somebody holds, read by their holders and a director."""
        held = [
            (customer, holder)
            for customer, _ in companies
            if (holder := self._service.application.holder_at(customer).holder) in self._members
        ]
        return [
            lambda customer=customer, who=who, right=right: self._read(who, customer, right)
            for customer, holder in held[:4]
            for who, right in ((holder, "holder"), (DIRECTOR, "role"))
        ]

    def _searched(self, who: str, customer: UUID, name: str) -> None:
        call, signed = self._call(who)
        found = self._service.application.holder_at(customer)
        held = found.interval
        state = held.stage.value if held else "pool"
        holder = held.holder if held else None
        until = held.until if held else None
        disclosure = Disclosure(signed, self._service.application)
        shown = {
            "customer_id": customer,
            "match": "same",
            "state": state,
            "holder": holder,
            "group": held.group if held else None,
            "protected_until": disclosure.deadline(until, holder=holder, state=state),
            "into": None,
        }
        position = found.known_position
        record_search(call, signed, name=name, shown=[shown], position=position)

    def _read(self, who: str, customer: UUID, right: str) -> None:
        call, signed = self._call(who)
        fields = ("phone", "contact-names", "contact-phones", "introduction")
        record_details(call, signed, "card", fields, [customer], right=right)

    def _refused(self) -> None:
        call, signed = self._call(SELLER)
        facts = {"method": "GET", "route": "/v1/audit"}
        entry = Entry(
            "refused",
            signed.member,
            "see-audit",
            facts=facts,
            request_id=call.request_id,
            client=call.client,
            at=signed.at,
        )
        self._service.access_log.record(entry)

    def _asked(self, customer: UUID) -> None:
        call, signed = self._call(AUDITOR)
        facts = {"view": "access", "filters": {"customer": str(customer), "field": "phone"}}
        record_question(call, signed, "see-access-log", facts, customer)

    def _call(self, who: str) -> tuple[QueryCall, Signed]:
        credentials = self._members[who]
        call = QueryCall(
            self._service,
            credentials,
            None,
            "zh",
            f"demo-{next(self._numbers)}",
            ADDRESS,
            permission="see-customers",
        )
        return call, call.signed()
