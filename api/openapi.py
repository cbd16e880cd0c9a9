"""The OpenAPI document: complete enough to write a client from it without asking anybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import RedirectResponse, StreamingResponse
from pydantic import BaseModel

from api.models.fields import AT_TIMES
from api.openapi_parts import HEADERS, PARAMETERS, SECURITY_SCHEMES
from api.problems.schemas import example_of, problem_responses, problem_schemas
from domain.permissions import PUBLIC

TAGS = (
    ("customers", "Register a company and keep its record. 客户录入与维护。"),
    (
        "protection",
        "Claim, review, follow up, apply, decide, transfer, release. "
        "保护、审核、跟踪、申请、审批、移交、放弃。",
    ),
    ("contracts", "Draw, sign, confirm, void. 合同：预领、签订、确认、作废。"),
    ("questions", "Who has this company, and who had it when? 撞单分析与归属查询。"),
    ("views", "What is in the pool, what falls due, what waits for me. 公海、待办与列表。"),
    ("people", "Members, roles, tokens. 成员、角色与令牌。"),
    ("following", "The log from outside: pages, streams, CloudEvents. 对接外部系统。"),
    ("proof", "That nobody rewrote the logs: checkpoints, proofs, evidence. 防篡改证明。"),
    ("rules", "Versions of the rulebook. 制度版本。"),
    ("service", "Health, metrics and explanations. 服务状态与说明。"),
)
DESCRIPTION = """\
Tenure records who protects which customer, since when, and by which rule.

**Signing in.** Send `Authorization: Bearer …` with a token from `tenure token` or from the API. A
page signs in with name and password instead, gets a cookie, and sends `X-CSRF-Token` with commands.

**Retrying.** A command with an `Idempotency-Key` may be sent again after a lost answer: the first
answer comes again, a refusal too, with `Idempotent-Replayed: true`. Keys are kept for thirty days.

**Racing.** `If-Match` with the version that you saw makes a command conditional on it.

**Reading your own write.** A command answers with its place in the log, `Tenure-Position`. A query
that sends it as `Tenure-Min-Position` waits until its view is there, at most two seconds.

**Errors** are `application/problem+json` (RFC 9457). Branch on `type`; its address explains it.
Titles and details are Chinese where `Accept-Language` prefers it, English otherwise.

**Time.** Instants are ISO 8601 with an offset on the way in, UTC with microseconds on the way out.
"""
COMMAND_PROBLEMS = (
    "not-signed-in",
    "csrf",
    "not-allowed",
    "not-found",
    "version-conflict",
    "too-large",
    "unsupported-type",
    "invalid",
    "idempotency-mismatch",
    "too-many-requests",
    "unavailable",
)
CUSTOMER_PROBLEMS = ("merged",)
"""What any command on an existing customer may answer beside those."""
PUBLIC_COMMAND_PROBLEMS = (
    "too-large",
    "unsupported-type",
    "invalid",
    "too-many-requests",
    "unavailable",
)
QUERY_PROBLEMS = (
    "not-signed-in",
    "not-allowed",
    "invalid",
    "too-many-requests",
    "view-behind",
    "unavailable",
)
PERMISSION = "x-permission"
"""Where an operation says which row of the table of permissions it needs."""

STREAM_EXAMPLE = """\
: tenure
retry: 2000

event: customer.claimed
data: {"specversion":"1.0","id":"4711","source":"/tenure","type":"customer.claimed"}
id: 4711

"""


def command(
    tag: str,
    summary: str,
    answer: type[BaseModel],
    *,
    permission: str,
    problems: Iterable[str] = (),
    without: Iterable[str] = (),
    status: int = 200,
) -> dict[str, Any]:
    """Keyword arguments of a command's route. permission: its row in `domain.permissions`.
    problems: those beside what any may answer."""
    slugs = [slug for slug in (*COMMAND_PROBLEMS, *problems) if slug not in set(without)]
    return {
        "tags": [tag],
        "summary": summary,
        "status_code": status,
        "response_model": answer,
        "responses": problem_responses(slugs)
        | {status: _answered("TenurePosition", "ETag", "IdempotentReplayed")},
        "openapi_extra": {PERMISSION: permission, "parameters": _refs("IdempotencyKey", "IfMatch")},
    }


def customer_command(
    tag: str,
    summary: str,
    answer: type[BaseModel],
    *,
    permission: str,
    problems: Iterable[str] = (),
    status: int = 200,
) -> dict[str, Any]:
    """Keyword arguments of the route of a command on a customer that exists."""
    return command(
        tag,
        summary,
        answer,
        permission=permission,
        problems=(*problems, *CUSTOMER_PROBLEMS),
        status=status,
    )


def query(
    tag: str,
    summary: str,
    answer: type[BaseModel],
    *,
    permission: str,
    problems: Iterable[str] = (),
    is_view: bool = True,
) -> dict[str, Any]:
    """Keyword arguments of a query's route. permission: its row in `domain.permissions`, asked
    before the route. is_view: answered from a view, not from the log."""
    named = dict.fromkeys((*QUERY_PROBLEMS, *problems))
    slugs = [slug for slug in named if is_view or slug != "view-behind"]
    return {
        "tags": [tag],
        "summary": summary,
        "response_model": answer,
        "responses": problem_responses(slugs) | {200: _answered("TenurePosition")},
        "openapi_extra": {
            PERMISSION: permission,
            "parameters": _refs("MinPosition") if is_view else [],
        },
    }


def download(
    tag: str, summary: str, media_types: Mapping[Any, str], *, permission: str, example: str = "…"
) -> dict[str, Any]:
    """Keyword arguments of the route of a file, which is as long as the log. media_types: the
    forms that it may have."""
    slugs = QUERY_PROBLEMS
    disposition = {
        "description": "A name for the file.",
        "schema": {"type": "string"},
        "example": 'attachment; filename="tenure-audit-20260305T060300Z-4711.csv"',
    }
    told = _answered("TenurePosition")
    told["headers"]["Content-Disposition"] = disposition
    told["content"] = {
        media_type.partition(";")[0]: {"schema": {"type": "string"}, "example": example}
        for media_type in media_types.values()
    }
    return {
        "tags": [tag],
        "summary": summary,
        "response_class": StreamingResponse,
        "responses": problem_responses(slugs) | {200: told},
        "openapi_extra": {PERMISSION: permission, "parameters": _refs("MinPosition")},
    }


def streamed(
    tag: str, summary: str, answer: type[BaseModel], media_type: str, *, permission: str
) -> dict[str, Any]:
    """Keyword arguments of a query on the log that answers a page, or a stream of events."""
    told = query(tag, summary, answer, permission=permission, is_view=False)
    told["responses"][200]["content"] = {
        media_type: {"schema": {"type": "string"}, "example": STREAM_EXAMPLE}
    }
    told["openapi_extra"]["parameters"] = _refs("LastEventId")
    return told


def public(
    tag: str,
    summary: str,
    answer: type[BaseModel],
    *,
    problems: Iterable[str] = (),
    also: Mapping[int | str, str] | None = None,
) -> dict[str, Any]:
    """Keyword arguments of a route that needs no token. also: other statuses of the answer."""
    return {
        "tags": [tag],
        "summary": summary,
        "response_model": answer,
        "responses": problem_responses(problems)
        | {
            status: {"description": meaning, "model": answer}
            for status, meaning in (also or {}).items()
        },
        "openapi_extra": {PERMISSION: PUBLIC, "security": []},
    }


def public_command(
    tag: str, summary: str, answer: type[BaseModel], *, problems: Iterable[str] = ()
) -> dict[str, Any]:
    """Keyword arguments of a route that takes a body of somebody who is not signed in yet."""
    slugs = (*PUBLIC_COMMAND_PROBLEMS, *problems)
    return public(tag, summary, answer, problems=slugs)


def redirection(tag: str, summary: str) -> dict[str, Any]:
    """Keyword arguments of a route that sends a browser which is not signed in elsewhere."""
    slugs = ("oidc-failed", "not-found", "too-many-requests", "unavailable")
    location = {"description": "Where to go.", "schema": {"type": "string"}, "example": "/"}
    told = {303: {"description": "Go there.", "headers": {"Location": location}}}
    return {
        "tags": [tag],
        "summary": summary,
        "status_code": 303,
        "response_class": RedirectResponse,
        "responses": problem_responses(slugs) | told,
        "openapi_extra": {PERMISSION: PUBLIC, "security": []},
    }


def told_to_members(
    tag: str, summary: str, example: str, *, permission: str, problems: Iterable[str] = ()
) -> dict[str, Any]:
    """Keyword arguments of a route that answers text to whoever has the permission."""
    return {
        "tags": [tag],
        "summary": summary,
        "responses": problem_responses(
            ("not-signed-in", "not-allowed", "too-many-requests", "unavailable", *problems)
        )
        | {200: {"content": {"text/plain": {"example": example}}}},
        "openapi_extra": {PERMISSION: permission},
    }


def install_openapi(app: FastAPI) -> None:
    """Make `app.openapi()` answer the complete document, built once."""
    app.openapi = _Document(app)  # type: ignore[method-assign]


class _Document:
    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._built: dict[str, Any] | None = None

    def __call__(self) -> dict[str, Any]:
        if self._built is None:
            self._built = _document(self._app)
        return self._built


def _document(app: FastAPI) -> dict[str, Any]:
    document: dict[str, Any] = get_openapi(
        title="Tenure",
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": meaning} for name, meaning in TAGS],
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas.update(problem_schemas())
    components["parameters"] = PARAMETERS
    components["headers"] = HEADERS
    components["securitySchemes"] = SECURITY_SCHEMES
    for operation in _operations(document):
        _complete(operation, schemas)
    return document


def _operations(document: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return (operation for path in document["paths"].values() for operation in path.values())


def _complete(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Security, the common header, and examples put together from those of the fields."""
    operation.setdefault("security", [{"token": []}, {"session": []}])
    _drop_frameworks_422(operation)
    for told in [operation.get("requestBody", {}), *operation["responses"].values()]:
        for content in told.get("content", {}).values():
            if "example" not in content and "examples" not in content:
                content["example"] = example_from(content["schema"], schemas)
            for slug, example in content.get("examples", {}).items():
                example["value"] = example_of(slug)  # FastAPI drops members that are null.
    for told in operation["responses"].values():
        told.setdefault("headers", {})["X-Request-Id"] = _header("RequestId")


def _drop_frameworks_422(operation: dict[str, Any]) -> None:
    """FastAPI adds its own shape of 422 to every route with a parameter; ours is declared."""
    told = operation["responses"].get("422", {}).get("content", {})
    told.pop("application/json", None)
    if "422" in operation["responses"] and not told:
        del operation["responses"]["422"]


def example_from(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """An example of a schema: its own, or one put together from its fields'."""
    if "$ref" in schema:
        return example_from(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if schema.get("examples"):
        return schema["examples"][0]
    if "properties" in schema:
        return {
            name: example_from(member, schemas)
            for name, member in schema["properties"].items()
            if AT_TIMES not in member
        }
    for choice in schema.get("anyOf", ()):
        return example_from(choice, schemas)
    if schema.get("type") == "array":
        return [example_from(schema["items"], schemas)]
    return schema.get("const", schema.get("default"))


def _answered(*headers: str) -> dict[str, Any]:
    return {"headers": {_HEADER_NAMES[name]: _header(name) for name in headers}}


def _refs(*names: str) -> list[dict[str, str]]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _header(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}


_HEADER_NAMES = {
    "TenurePosition": "Tenure-Position",
    "ETag": "ETag",
    "IdempotentReplayed": "Idempotent-Replayed",
}
