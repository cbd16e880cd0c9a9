"""Proofs: that a record is in a log, and that a log only grew."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.models.customers import At
from api.models.fields import EXAMPLE_INSTANT, Instant, Told, described

_HASH = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
_NOTE = f"tenure-5f0c9a/events\n4711\n{_HASH}\n\n— tenure-5f0c9a/events Az3grlgtz…\n"
LogName = Literal["events", "access"]


class PublicKeys(Told):
    """With which keys the checkpoints are verified."""

    events: Annotated[
        str | None,
        described(
            "Of the log of events, as a C2SP vkey; null where nobody signs.",
            "tenure-5f0c9a/events+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ),
    ]
    access: Annotated[
        str | None,
        described(
            "Of the access log.",
            "tenure-5f0c9a/access+5b1f7d20+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ),
    ]


class SealTold(Told):
    """How far a log is sealed, and what lies outside of it."""

    size: Annotated[int, described("Leaves of its tree.", 4690)]
    sealed_at: Annotated[Instant, described("When it was sealed last.", EXAMPLE_INSTANT)]
    lag: Annotated[int, described("Positions that are still to be sealed.", 0)]
    checkpoint: Annotated[
        int | None,
        described("Leaves that the last checkpoint outside is of; null: there is none.", 4690),
    ]
    checkpoint_at: Annotated[
        Instant | None,
        described(
            "When the file of checkpoints was written last, by the clock of its machine.",
            EXAMPLE_INSTANT,
        ),
    ]
    problem: Annotated[
        str | None,
        described(
            "Why no checkpoint is signed until an operator has seen to it; null while they are.",
            "fork",
        ),
    ]
    words: Annotated[
        str | None,
        described("The problem in a sentence, in the language of the request.", "events: …"),
    ]


class Seals(Told):
    """How both logs are sealed."""

    events: Annotated[SealTold, Field(description="The log of events.")]
    access: Annotated[SealTold, Field(description="The access log.")]
    at: At


class InclusionProof(Told):
    """That one record is in a log of a size (RFC 9162, 2.1.3)."""

    log: Annotated[LogName, described("Which log.", "events")]
    position: Annotated[int, described("Place of the record in the log.", 4711)]
    index: Annotated[int, described("Which leaf of the tree it is, from 0.", 4690)]
    size: Annotated[int, described("Leaves of the tree that it is proved in.", 4711)]
    leaf_hash: Annotated[str, described("Hash of the leaf, base64.", _HASH)]
    path: Annotated[list[str], described("From its sibling to the root, base64.", [_HASH])]
    root: Annotated[str, described("Root of that tree, base64.", _HASH)]


class ConsistencyProof(Told):
    """That the log of a size begins with the log of an earlier one (RFC 9162, 2.1.4)."""

    log: Annotated[LogName, described("Which log.", "events")]
    old: Annotated[int, described("Leaves of the earlier tree.", 4000)]
    new: Annotated[int, described("Leaves of the later tree.", 4711)]
    path: Annotated[list[str], described("The proof, base64.", [_HASH])]
    old_root: Annotated[str, described("Root of the earlier tree, base64.", _HASH)]
    new_root: Annotated[str, described("Root of the later tree, base64.", _HASH)]


CHECKPOINT_EXAMPLE = _NOTE
