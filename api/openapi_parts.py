"""Parts of the OpenAPI document that operations refer to: parameters, headers, ways to sign in."""

from __future__ import annotations

from typing import Any

from api.conditions import IDEMPOTENCY_KEY, IF_MATCH, MIN_POSITION

PARAMETERS: dict[str, dict[str, Any]] = {
    "IdempotencyKey": {
        "name": IDEMPOTENCY_KEY,
        "in": "header",
        "required": False,
        "description": "Names this request, so that it may be sent again without being done twice.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        "example": "2f1c8a50-7a0e-4f0c-9b1b-0f0e5a3f6c11",
    },
    "IfMatch": {
        "name": IF_MATCH,
        "in": "header",
        "required": False,
        "description": "Version that the sender saw, as a quoted ETag; `*` for any.",
        "schema": {"type": "string", "pattern": '^(\\*|(W/)?"[0-9]{1,18}")$'},
        "example": '"7"',
    },
    "MinPosition": {
        "name": MIN_POSITION,
        "in": "header",
        "required": False,
        "description": "Position that the view must have reached; waits at most two seconds.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 999999999999999999},
        "example": 4711,
    },
    "LastEventId": {
        "name": "Last-Event-ID",
        "in": "header",
        "required": False,
        "description": "Of a stream: the last `id` that was received; wins over `after`.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
        "example": "4711",
    },
}
HEADERS: dict[str, dict[str, Any]] = {
    "TenurePosition": {
        "description": "Place in the log at which the answer is true.",
        "schema": {"type": "integer"},
        "example": 4711,
    },
    "ETag": {
        "description": "Version of the customer or member, quoted.",
        "schema": {"type": "string"},
        "example": '"7"',
    },
    "IdempotentReplayed": {
        "description": "`true` where this is the answer of an earlier request under the key.",
        "schema": {"type": "string"},
        "example": "true",
    },
    "RequestId": {
        "description": "Id of the request: the one that was sent, or a new one.",
        "schema": {"type": "string"},
        "example": "6f1f2a5e0c9f4f7f8a55c1d8d9b0e3aa",
    },
}
SECURITY_SCHEMES: dict[str, dict[str, Any]] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "tnr.<member>.<secret>",
        "description": "A member's token, made by `tenure token` or by an administrator.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-tenure",
        "description": "A session, begun by `POST /v1/sign-in`. Anything but a GET needs the "
        "header `X-CSRF-Token` beside it, with the `csrf_token` of `GET /v1/session`.",
    },
}
