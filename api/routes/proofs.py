"""Proofs over HTTP: checkpoints, and that a log holds a record and only grew (design §9)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import PlainTextResponse, Response

from api.answers import Answer
from api.languages import Language
from api.models.proofs import (
    CHECKPOINT_EXAMPLE,
    ConsistencyProof,
    InclusionProof,
    LogName,
    PublicKeys,
    Seals,
)
from api.openapi import query, told_to_members
from api.proof.logs import LOGS
from api.proof.signing import CheckpointRefused
from api.proof.standing import Standing, standings
from api.proof.tiles import KeptTree, TreeBroken
from api.routes.calls import Asked
from api.routes.parameters import Questions
from domain.errors import Invalid, NotFound, Unavailable

router = APIRouter()
POSITION_MAX = 2**63 - 1
_TAG = "proof"
Log = Annotated[LogName, Field(description="Which log.", examples=["events"])]
Size = Annotated[int, Field(ge=0, le=POSITION_MAX)]


class LogQuestions(Questions):
    """Of which log."""

    log: Log = "events"


class InclusionQuestions(LogQuestions):
    """Which record, in which tree."""

    position: Annotated[
        int, Field(ge=1, le=POSITION_MAX, description="Place in the log.", examples=[4711])
    ]
    size: Annotated[
        Size | None,
        Field(
            description="Leaves of the tree, as a checkpoint names them; left out: all of now.",
            examples=[4711],
        ),
    ] = None


class ConsistencyQuestions(LogQuestions):
    """Between which trees."""

    old: Annotated[
        Size, Field(alias="from", description="Leaves of the earlier tree.", examples=[4000])
    ]
    new: Annotated[
        Size | None,
        Field(
            alias="to",
            description="Leaves of the later tree; left out: all of now.",
            examples=[4711],
        ),
    ] = None


@router.get(
    "/v1/audit/checkpoint",
    response_class=PlainTextResponse,
    **told_to_members(
        _TAG,
        "The last checkpoint of a log",
        CHECKPOINT_EXAMPLE,
        permission="see-checkpoints",
        problems=("invalid", "not-found"),
    ),
)
def checkpoint(asked: Annotated[LogQuestions, Query()], call: Asked) -> Response:
    """Size and root of the log's tree as a signed note (C2SP tlog-checkpoint). Keep it: with it you
    can tell later whether the log was rewritten. Where the log does not continue the last one, no
    new one is signed, and this is still the last."""
    call.signed()
    log = LOGS[asked.log]
    with _trouble_told():
        last = call.service.checkpointer.last(log)
    if last is None:
        raise NotFound("checkpoint", log.name)
    return PlainTextResponse(last[0].written())


@router.get(
    "/v1/audit/key",
    **query(
        _TAG,
        "With which keys checkpoints are verified",
        PublicKeys,
        permission="see-checkpoints",
        is_view=False,
    ),
)
def key(call: Asked) -> Answer:
    """Ask once, by a way that you trust, and keep them: who could rewrite the log could also answer
    other keys here."""
    call.signed()
    signing = call.service.checkpointer.signing
    verifiers = {name: signing.verifier(log) for name, log in LOGS.items()}
    return call.answer({name: found and found.written() for name, found in verifiers.items()})


@router.get(
    "/v1/audit/seals",
    **query(
        _TAG,
        "How far are the logs sealed and anchored?",
        Seals,
        permission="see-checkpoints",
        is_view=False,
    ),
)
def seals(call: Asked) -> Answer:
    """Of each log the size of its tree, the last checkpoint outside and since when it lies there,
    and what came since."""
    signed = call.signed()
    told = {one.log.name: _seal(one, call.language) for one in standings(call.service)}
    return call.answer({**told, "at": signed.at})


@router.get(
    "/v1/audit/proofs/inclusion",
    **query(
        _TAG,
        "That a record is in the log",
        InclusionProof,
        permission="see-audit",
        problems=["not-allowed", "not-found"],
        is_view=False,
    ),
)
def inclusion(asked: Annotated[InclusionQuestions, Query()], call: Asked) -> Answer:
    """The path from the record's leaf to the root of a tree. What is hashed is told in
    docs/operations.md, so that nobody needs our programs to check it."""
    call.signed()
    log = LOGS[asked.log]
    with _trouble_told(), call.service.database.transaction() as cursor:
        cursor.execute(log.rows(), (asked.position - 1, asked.position))
        row: Any = cursor.fetchone()
        tree = KeptTree(cursor, log)
        leaf = row and log.hash_of(row)
        index = leaf and tree.index_of(asked.position, leaf)
        size = _size(tree, "size", asked.size)
        if index is None or index >= size:
            raise NotFound("leaf", asked.position)
        path, root = tree.inclusion(index, size), tree.root(size)
    return call.answer(
        {
            "log": log.name,
            "position": asked.position,
            "index": index,
            "size": size,
            "leaf_hash": _base64(leaf),
            "path": [_base64(step) for step in path],
            "root": _base64(root),
        }
    )


@router.get(
    "/v1/audit/proofs/consistency",
    **query(
        _TAG,
        "That the log only grew",
        ConsistencyProof,
        permission="see-checkpoints",
        is_view=False,
    ),
)
def consistency(asked: Annotated[ConsistencyQuestions, Query()], call: Asked) -> Answer:
    """That the later tree begins with the earlier one, leaf for leaf."""
    call.signed()
    log = LOGS[asked.log]
    with _trouble_told(), call.service.database.transaction() as cursor:
        tree = KeptTree(cursor, log)
        new = _size(tree, "to", asked.new)
        if asked.old > new:
            raise Invalid.field(
                "from", "out-of-range", zh=f"不得大于 {new}", en=f"must be at most {new}"
            )
        path = tree.consistency(asked.old, new)
        roots = tree.root(asked.old), tree.root(new)
    return call.answer(
        {
            "log": log.name,
            "old": asked.old,
            "new": new,
            "path": [_base64(step) for step in path],
            "old_root": _base64(roots[0]),
            "new_root": _base64(roots[1]),
        }
    )


def _seal(one: Standing, language: Language) -> dict[str, Any]:
    refused = one.refused
    words = refused and (refused.zh if language == "zh" else refused.en)
    return {
        "size": one.head.size,
        "sealed_at": one.head.sealed_at,
        "lag": one.lag,
        "checkpoint": one.checkpoint,
        "checkpoint_at": one.checkpoint_at,
        "problem": refused and refused.problem,
        "words": words,
    }


def _size(tree: KeptTree, field: str, asked: int | None) -> int:
    """The asked size, which the tree must have reached. Raises Invalid."""
    if asked is not None and asked > tree.head.size:
        raise Invalid.field(
            field,
            "out-of-range",
            zh=f"树只有 {tree.head.size} 个叶",
            en=f"the tree has {tree.head.size} leaves",
        )
    return tree.head.size if asked is None else asked


@contextmanager
def _trouble_told() -> Iterator[None]:
    """What an operator must see to, as Unavailable."""
    try:
        yield
    except (CheckpointRefused, TreeBroken) as error:
        raise Unavailable(str(error)) from error


def _base64(hashed: bytes | None) -> str:
    return b64encode(hashed or b"").decode()
