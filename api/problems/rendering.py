"""A problem as an answer: `application/problem+json` in the language that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from api.answers import POSITION, REPLAYED, json_bytes
from api.languages import CONTENT_LANGUAGES, Language
from api.problems.row import Problem
from api.problems.table import BY_SLUG, row_of
from api.problems.wording import in_words
from domain.errors import FieldProblem, Invalid, TenureError

CONTENT_TYPE = "application/problem+json"
FIELDS_MAX = 50
WHOLE = "body"
"""The field that stands for the body itself."""


def problem_of(error: Exception, *, language: Language, request_id: str) -> Response:
    """The answer to an error that has a row; its facts are members beside `type` and `title`."""
    facts = error.facts() if isinstance(error, TenureError) else {}
    headers: dict[str, str] = {}
    position = getattr(error, "position", None)
    if position is not None:
        facts = {**facts, "position": position}
        headers[POSITION] = str(position)
    if getattr(error, "replayed", False):
        headers[REPLAYED] = "true"
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return problem_answer(
        row_of(error),
        language=language,
        request_id=request_id,
        facts=facts,
        invalid=error.problems if isinstance(error, Invalid) else (),
        clause=getattr(error, "clause", None),
        headers=headers,
    )


def problem_answer(
    row: Problem,
    *,
    language: Language,
    request_id: str,
    facts: Mapping[str, Any] | None = None,
    invalid: Sequence[FieldProblem] = (),
    clause: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A row with its facts. Members: type, title, status, detail, clause?, facts, request_id."""
    facts = facts or {}
    wording = row.wording(language)
    words = in_words({**facts, "request_id": request_id}, language)
    if row is BY_SLUG["invalid"]:
        words["fields"] = ("、" if language == "zh" else ", ").join(_fields(invalid))
    told: dict[str, Any] = {
        "type": f"/problems/{row.slug}",
        "title": wording.title,
        "status": row.status,
        "detail": wording.detail.format_map(words),
    }
    clause = clause or row.clause
    if clause is not None:
        told["clause"] = clause
    told |= facts
    if row is BY_SLUG["invalid"]:
        told["invalid"] = [_entry(problem, language) for problem in invalid[:FIELDS_MAX]]
    told["request_id"] = request_id
    named = {
        "Content-Language": CONTENT_LANGUAGES[language],
        "Vary": "Accept-Language",
        **(headers or {}),
    }
    if row.retry_after is not None:
        named["Retry-After"] = str(row.retry_after)
    return Response(json_bytes(told), row.status, named, CONTENT_TYPE)


def _fields(invalid: Sequence[FieldProblem]) -> list[str]:
    named = [problem.field or WHOLE for problem in invalid[:FIELDS_MAX]]
    return [*named, "…"] if len(invalid) > FIELDS_MAX else named


def _entry(problem: FieldProblem, language: Language) -> dict[str, str]:
    return {
        "field": problem.field or WHOLE,
        "code": problem.code,
        "detail": problem.zh if language == "zh" else problem.en,
    }
