"""Versions of the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path
from pydantic import AfterValidator

from api.answers import Answer
from api.changed_rules import stated_rules
from api.models.bodies import RulebookBody
from api.models.fields import searchable
from api.models.receipts import RulebookReceipt
from api.models.tasks import Rulebooks, RulebookTold
from api.openapi import command, query
from api.routes.calls import Asked, CommandCall, Commanded, require
from api.strict_route import StrictRoute
from domain.errors import FieldProblem, Invalid
from domain.rulebook import RulebookStream
from domain.rulebook_writing import written

router = APIRouter(route_class=StrictRoute)
Version = Annotated[
    str,
    AfterValidator(searchable),
    Path(description="Name of the version.", examples=["2026-1"], max_length=100),
]


@router.post(
    "/v1/rulebooks",
    **command(
        "rules",
        "Adopt a version of the rules",
        RulebookReceipt,
        permission="adopt-rulebook",
        status=201,
    ),
)
def adopt_rulebook(body: RulebookBody, call: Commanded) -> Answer:
    """Adopts a version from an instant on (administrators). No deadline already given moves.

    What a dry run was asked with `based_on` and `changes` is adopted with the same, and a name for
    the version: `"changes": {"potential.days": 20, "version": "2026-2"}`.
    """
    toml = body.toml
    if toml is None or body.changes is not None:
        toml = _text_of(body, call)
    try:
        receipt = call.application.adopt_rulebook(
            call.order, toml=toml, effective_from=body.effective_from, reason=body.reason
        )
    except Invalid as error:
        raise Invalid(*(_of_changes(found, body) for found in error.problems)) from error
    effective_from = datetime.fromisoformat(receipt.extra["effective_from"])
    told = {**receipt.extra, "position": receipt.position, "effective_from": effective_from}
    return call.answer(
        receipt, told=told, status=201, location=f"/v1/rulebooks/{receipt.extra['version']}"
    )


@router.get(
    "/v1/rulebooks",
    **query("rules", "Every version", Rulebooks, permission="see-rulebooks", is_view=False),
)
def rulebooks(call: Asked) -> Answer:
    """Every adopted version, in the order of adoption, and which one decides now."""
    signed = call.signed()
    stream = call.rulebooks()
    in_force = stream.in_force(signed.at).version
    items = [_line(stream, adopted.version, in_force) for adopted in stream.adopted]
    return call.answer({"items": items, "at": signed.at}, version=stream.version)


@router.get(
    "/v1/rulebooks/{version}",
    **query(
        "rules",
        "One version",
        RulebookTold,
        permission="see-rulebooks",
        problems=["not-found"],
        is_view=False,
    ),
)
def rulebook(version: Version, call: Asked) -> Answer:
    """One version, with its text and its values, which are told in words, too."""
    signed = call.signed()
    stream = call.rulebooks()
    line = _line(stream, version, stream.in_force(signed.at).version)
    rules = stream.rules_of(version)
    # Hours and days have no JSON form of their own: msgspec writes them as ISO 8601.
    told = {
        "toml": stream.adoption(version).toml,
        "values": msgspec.to_builtins(rules),
        "words": msgspec.to_builtins(rules.in_words(call.language)),
        "at": signed.at,
    }
    return call.answer(line | told)


def _text_of(body: RulebookBody, call: CommandCall) -> str:
    """The text that the changed values make. Raises Invalid, NotFound, and NotAllowed, since who
    may adopt nothing is told nothing of his values."""
    signed = call.application.authenticate(call.order.credentials)
    require(signed, "adopt-rulebook")
    stream = call.application.rulebooks()
    base = body.based_on or stream.in_force(signed.at).version
    rules = stated_rules(body.toml, body.changes, stream.adoption(base).toml)
    return written(rules, based_on=base)


def _of_changes(problem: FieldProblem, body: RulebookBody) -> FieldProblem:
    """A problem of a text that was written from changes, as one of the changes."""
    if body.changes is None or not problem.field.startswith("toml."):
        return problem
    return replace(problem, field=problem.field.replace("toml", "changes", 1))


def _line(stream: RulebookStream, version: str, in_force: str) -> dict[str, Any]:
    adopted = stream.adoption(version)
    return {
        "version": adopted.version,
        "effective_from": adopted.effective_from,
        "adopted_at": adopted.timestamp,
        "adopted_by": adopted.actor,
        "reason": adopted.reason,
        "in_force": adopted.version == in_force,
    }
