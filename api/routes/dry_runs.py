"""Changed rules tried on everybody before anybody adopts them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from fastapi import APIRouter

from api.answers import Answer
from api.changed_rules import stated_rules
from api.disclosure import Disclosure
from api.dry_runs import Question, dry_run
from api.models.dry_runs import DryRunBody, DryRunTold
from api.openapi import query
from api.routes.calls import Asked
from api.strict_route import StrictRoute
from domain.dry_run import SPAN_DAYS_MAX, WITHOUT_EFFECT, End, Fall, Span, Tally
from domain.errors import Invalid
from projections import customer_search, tenures
from projections.positions import position_of

router = APIRouter(route_class=StrictRoute)
NAME = "dry-run"


@router.post(
    "/v1/rulebooks/dry-run",
    **query(
        "rules",
        "Whom would changed rules have let fall to the pool?",
        DryRunTold,
        permission="see-dry-run",
        problems=["csrf", "not-found", "too-large", "unsupported-type"],
    ),
)
def tried(body: DryRunBody, call: Asked) -> Answer:
    """The facts of every customer under changed rules, for a stretch of time: how many protections
    fall, or will by what is known, how many would have fallen, when and whose, and which ones
    (managers, directors, administrators). A question: nothing is adopted and nothing is written.

    It looks at customers for `seconds_max` at most and says in `complete` whether that was enough;
    a shorter time, a department or a member make it quicker. One runs at a time.
    """
    signed = call.signed()
    span = _span(body)
    rulebooks = call.rulebooks()
    base = body.based_on or rulebooks.in_force(signed.at).version
    rules = stated_rules(body.toml, body.changes, rulebooks.adoption(base).toml)
    filters = {
        "rules": msgspec.json.encode(rules).decode(),
        **body.model_dump(mode="json", include={"start", "end", "department", "member"}),
    }
    after = call.cursor_key(NAME, filters, body.after)
    with call.view(tenures.NAME) as cursor:
        position = position_of(cursor, tenures.NAME)
    found = dry_run(
        call, Question(rules, span, signed.at, body.limit, after, float(body.seconds_max))
    )
    with call.view(customer_search.VIEW) as cursor:
        names = customer_search.names_of(cursor, [fall.customer_id for fall in found.items])
    disclosure = Disclosure(signed, call)
    return call.page_answer(
        NAME,
        filters,
        items=[_told(fall, names.get(fall.customer_id), disclosure) for fall in found.items],
        following=found.next,
        position=position,
        at=signed.at,
        based_on=None if body.toml is not None else base,
        totals=_totals(found.tally) if after is None else None,
        customers=found.tally.customers,
        complete=found.is_complete,
        without_effect=[key for key in body.changes or () if key in WITHOUT_EFFECT],
    )


def _span(body: DryRunBody) -> Span:
    """Raises Invalid for a time that ends before it begins, or is too long."""
    if not timedelta(0) < body.end - body.start <= timedelta(days=SPAN_DAYS_MAX):
        raise Invalid.field(
            "to",
            "out-of-range",
            zh=f"须晚于 from，且不超过 {SPAN_DAYS_MAX} 天",
            en=f"must be later than `from`, by at most {SPAN_DAYS_MAX} days",
        )
    return Span(body.start, body.end, body.department or None, body.member or None)


def _told(fall: Fall, name: str | None, disclosure: Disclosure) -> dict[str, Any]:
    veil = disclosure.veil(
        holder=fall.holder,
        state=fall.stage,
        department=fall.department,
        claimed_at=fall.claimed_at,
    )

    def at(end: End | None) -> Any:
        shown = end and disclosure.deadline(
            end.at, holder=fall.holder, state=fall.stage, department=fall.department
        )
        return veil.deadline(shown)

    return {
        "customer_id": fall.customer_id,
        "name": name,
        "holder": fall.holder,
        "department": fall.department,
        "stage": fall.stage,
        "claimed_at": veil.shown(fall.claimed_at),
        "ended_at": at(fall.ended),
        "ended": fall.ended and fall.ended.ending,
        "would_have_ended_at": at(fall.would_have_ended),
        "would_have_ended": fall.would_have_ended and fall.would_have_ended.ending,
        "change": fall.change,
    }


def _totals(tally: Tally) -> dict[str, Any]:
    kinds = ("same", "earlier", "later", "spared", "added", "never-begun")
    return {
        "fell": tally.fell,
        "would_have_fallen": tally.would_have_fallen,
        "customers": _counts([tally.customers_fell, tally.customers_would_have_fallen]),
        "changes": {kind.replace("-", "_"): tally.changes[kind] for kind in kinds},
        "days": [{"day": day, **_counts(counts)} for day, counts in sorted(tally.days.items())],
        "departments": [
            {"department": department, **_counts(counts)}
            for department, counts in sorted(tally.departments().items(), key=_by_name)
        ],
        "holders": [
            {"department": department, "holder": holder, **_counts(counts)}
            for (department, holder), counts in sorted(tally.holders.items(), key=_by_name)
        ],
    }


def _counts(counts: list[int]) -> dict[str, int]:
    return {"fell": counts[0], "would_have_fallen": counts[1]}


def _by_name(found: tuple[Any, list[int]]) -> str:
    return str(found[0])
