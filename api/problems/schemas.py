"""Problems in the OpenAPI document: a schema and an example of each slug, from the one table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from api.problems.rendering import CONTENT_TYPE, problem_of
from api.problems.samples import BY_SLUG as SAMPLES
from api.problems.table import BY_SLUG, PROBLEMS

_INSTANT = {"type": "string", "format": "date-time"}
_TEXTS = {"type": "array", "items": {"type": "string"}}

FACTS: Mapping[str, dict[str, Any]] = {
    "customer_id": {
        "type": "string",
        "format": "uuid",
        "description": "The customer that the rule rests on.",
    },
    "holder": {
        "type": ["string", "null"],
        "description": "Member who holds it; null: nobody, or `group`.",
    },
    "group": {
        "type": ["string", "null"],
        "description": "Group that holds it until a person is named, as `after-sales`; null: none.",
    },
    "stage": {
        "type": "string",
        "description": "Its stage of protection, or `pool`; of a contract, the step it has reached,"
        " or its state.",
    },
    "claimed_at": {**_INSTANT, "description": "When the claim was recorded."},
    "until": {
        "type": ["string", "null"],
        "format": "date-time",
        "description": "The first instant at which it is over; null: not known before the review,"
        " and never for a formal customer.",
    },
    "allowed": {**_TEXTS, "description": "What would be allowed: stages, steps, or methods."},
    "applicant": {"type": "string", "description": "Whose case it is."},
    "match": {"type": "string", "description": "How it resembles: same, similar or phone."},
    "opens_at": {**_INSTANT, "description": "When the pool opens next."},
    "deadline": {**_INSTANT, "description": "The deadline that has passed."},
    "extensions": {"type": "integer", "description": "Extensions granted in this stage."},
    "extensions_max": {"type": "integer", "description": "Extensions that the stage may have."},
    "number": {"type": "string", "description": "The contract's number."},
    "held": {"type": "integer", "description": "Customers that the member holds."},
    "held_max": {"type": "integer", "description": "Customers that one member may hold."},
    "details_max": {
        "type": "integer",
        "description": "Of how many customers one may see the details on a day.",
    },
    "subject_id": {"type": "string", "format": "uuid", "description": "The data subject."},
    "into": {
        "type": "string",
        "format": "uuid",
        "description": "The customer that answers from now on.",
    },
    "version": {"type": "integer", "description": "The customer's version now."},
    "command": {"type": "string", "description": "The command that was not permitted."},
    "needs": {**_TEXTS, "description": "Roles of which one would be enough; `scope:…`: scopes."},
    "condition": {
        "type": ["string", "null"],
        "enum": ["own", "department", None],
        "description": "How far the caller's own roles reach, which is not far enough; null: not "
        "at all.",
    },
    "kind": {"type": "string", "description": "What was looked for."},
    "id": {"type": "string", "description": "The id that was looked for."},
    "view": {"type": "string", "description": "The view that is behind."},
    "lag": {"type": "integer", "description": "Events that it has still to fold."},
    "reason": {
        "type": "string",
        "description": "What was wrong: `state`, `issuer`, `refused`, `provider`, `token`, `claim` "
        "or `member`.",
    },
    "retry_after": {"type": "integer", "description": "Seconds to wait, as in Retry-After."},
    "method": {"type": "string", "description": "The method that was sent."},
    "bytes_max": {"type": "integer", "description": "Bytes that a body may have."},
}
"""Every fact that a problem may carry, and what it means."""

_MEMBERS: Mapping[str, dict[str, Any]] = {
    "title": {"type": "string", "description": "The rule in words, in the negotiated language."},
    "detail": {"type": "string", "description": "This case in words."},
    "request_id": {"type": "string", "description": "Id of the request, as in X-Request-Id."},
    "clause": {"type": "string", "description": "Clause of the documents that asks for the rule."},
    "position": {
        "type": "integer",
        "description": "Where the refusal is recorded in the log, as in Tenure-Position.",
    },
}
_INVALID: Mapping[str, Any] = {
    "type": "array",
    "description": "One entry per malformed field.",
    "items": {
        "type": "object",
        "required": ["field", "code", "detail"],
        "properties": {
            "field": {
                "type": "string",
                "description": "Path in the body, or name of the parameter or header.",
                "examples": ["contact.phone"],
            },
            "code": {"type": "string", "description": "A fixed word.", "examples": ["missing"]},
            "detail": {
                "type": "string",
                "description": "What is wrong, in words.",
                "examples": ["is required"],
            },
        },
    },
}


def schema_name(slug: str) -> str:
    """Name of the slug's schema: `ProblemAlreadyProtected`."""
    return "Problem" + "".join(part.capitalize() for part in slug.split("-"))


def example_of(slug: str) -> dict[str, Any]:
    """The sample of a slug as it is answered, in English."""
    answer = problem_of(SAMPLES[slug], language="en", request_id="6f1f2a5e0c9f4f7f8a55c1d8d9b0e3aa")
    told: dict[str, Any] = json.loads(bytes(answer.body))
    return told


def problem_schemas() -> dict[str, Any]:
    """Schemas of all problems that a route may answer."""
    return {schema_name(row.slug): _schema(row.slug) for row in PROBLEMS if row.slug in SAMPLES}


def problem_responses(slugs: Iterable[str]) -> dict[int | str, dict[str, Any]]:
    """`responses` of an operation that may answer with these problems, by status."""
    by_status: dict[int, list[str]] = {}
    for slug in slugs:
        by_status.setdefault(BY_SLUG[slug].status, []).append(slug)
    return {status: _response(status, found) for status, found in sorted(by_status.items())}


def _response(status: int, slugs: list[str]) -> dict[str, Any]:
    refs = [{"$ref": f"#/components/schemas/{schema_name(slug)}"} for slug in slugs]
    titles = "; ".join(f"`{slug}`: {BY_SLUG[slug].en.title}" for slug in slugs)
    return {
        "description": f"{HTTPStatus(status).phrase}. {titles}.",
        "content": {
            CONTENT_TYPE: {
                "schema": refs[0] if len(refs) == 1 else {"oneOf": refs},
                "examples": {slug: {"value": example_of(slug)} for slug in slugs},
            }
        },
    }


def _schema(slug: str) -> dict[str, Any]:
    row, example = BY_SLUG[slug], example_of(slug)
    members = {
        "type": {
            "type": "string",
            "const": example["type"],
            "description": "Names the problem, and is the address of a page that explains it.",
        },
        "status": {"type": "integer", "const": row.status, "description": "The HTTP status."},
        **_MEMBERS,
        **{fact: dict(FACTS[fact]) for fact in SAMPLES[slug].facts()},
    }
    if slug == "invalid":
        members["invalid"] = dict(_INVALID)
    for name, member in members.items():
        member = members[name] = dict(member)
        member["examples"] = [example.get(name, 4711 if name == "position" else row.clause)]
    always = {"type", "title", "status", "detail", "request_id", *SAMPLES[slug].facts()}
    if slug == "invalid":
        always.add("invalid")
    return {
        "title": row.en.title,
        "description": row.en.page,
        "type": "object",
        "required": sorted(always),
        "properties": {
            name: member
            for name, member in members.items()
            if not (name == "clause" and example.get("clause") is None)
        },
    }
