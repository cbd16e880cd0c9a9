"""Bundles: one customer's history with everything that proves it, as a zip that is always the same.

Everything is found by key: the customer's stream, its refusals by the audit's index, the rules' one
stream; a proof reads the tile of its leaf. So a bundle costs the same in a log of any length.
"""

from __future__ import annotations

import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from api.proof.evidence.page import page
from api.proof.evidence.script import readme, script
from api.proof.logs import EVENTS
from api.proof.notes import Checkpoint, Note, Signer
from api.proof.tiles import KeptTree
from domain.errors import NotFound, Unavailable
from domain.replay import History
from domain.rulebook import RulebookStream
from domain.tenures import Interval

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

    from api.composition import Service

_OF_STREAMS: Final = """
SELECT position, originator_id, originator_version, topic, state, recorded_at
FROM unnest(%s::uuid[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT position, originator_id, originator_version, topic, state, recorded_at
    FROM tenure.events WHERE originator_id = asked.id ORDER BY originator_version OFFSET 0
) AS event
"""
_AT_POSITIONS: Final = """
SELECT position, originator_id, originator_version, topic, state, recorded_at
FROM tenure.events WHERE position = ANY (%s)
"""
_REFUSALS: Final = """
SELECT position FROM views.audit WHERE customer_id = %s AND topic = 'refusal.recorded'
"""
_FIRST_INSTANT: Final = (1980, 1, 1, 0, 0, 0)
Row = tuple[int, UUID, int, str, bytes, datetime]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A zip. events: how many. size: of the log that it is proved in."""

    content: bytes
    events: int
    size: int


@dataclass(frozen=True, slots=True)
class _Proven:
    """A row with its place in the tree and the path from there to the root."""

    row: Row
    index: int
    path: list[bytes]


def make_bundle(
    service: Service,
    customer_id: UUID,
    *,
    dispute: int | None = None,
    earlier: tuple[Note, Checkpoint] | None = None,
) -> Bundle:
    """The evidence of one customer, as of the last seal.

    dispute: the case that it is made for. earlier: a checkpoint that the receiver holds already.
    Raises NotFound, Unavailable, CheckpointRefused, TreeBroken.
    """
    signer = service.checkpointer.signing.signer(EVENTS)
    note, checkpoint = service.checkpointer.sign(EVENTS)
    if signer is None or (earlier is not None and earlier[1].size > checkpoint.size):
        raise Unavailable("the log is shorter than the checkpoint that was sent")
    with service.database.transaction() as cursor:
        tree = KeptTree(cursor, EVENTS)
        proven = _proven(tree, _rows(cursor, customer_id, tree.head.last_position), checkpoint.size)
        path = [] if earlier is None else tree.consistency(earlier[1].size, checkpoint.size)
    history = _history(service, customer_id, proven)
    if dispute is not None and not _has_dispute(history, dispute):
        raise NotFound("dispute", dispute)
    files = _proofs(proven, note, signer) | _timeline(history, dispute)
    if earlier is not None:
        steps = "".join(f"{b64encode(step).decode()}\n" for step in path)
        files |= {"earlier.txt": earlier[0].written().encode(), "consistency.txt": steps.encode()}
    files["manifest.txt"] = _manifest(service, customer_id, files).encode()
    return Bundle(_zipped(files), len(proven), checkpoint.size)


def _proofs(proven: Iterable[_Proven], note: Note, signer: Signer) -> dict[str, bytes]:
    """The files that prove, and those that say how to check them."""
    files = {
        "README.md": readme().encode(),
        "verify.py": script().encode(),
        "key.txt": f"{signer.verifier.written()}\n".encode(),
        "checkpoint.txt": note.written().encode(),
        "events.ndjson": b"".join(_line(one.row) for one in proven),
    }
    for one in proven:
        files[f"proofs/{one.row[0]}.tlog-proof"] = _proof(one, note).encode()
    return files | dict(_rulebooks(proven))


def _timeline(history: History, dispute: int | None) -> dict[str, bytes]:
    """What is claimed: for programs, and for people."""
    tenures = [_told(interval) for interval in history.intervals()]
    claim = {"customer_id": history.customer_id, "dispute": dispute, "tenures": tenures}
    return {
        "timeline.json": _json(claim),
        "timeline.html": page(history, tenures, dispute).encode(),
    }


def _rows(cursor: Cursor, customer_id: UUID, upto: int) -> list[Row]:
    """The customer's events, the refusals about it, and every adoption of rules, in order."""
    streams = [str(customer_id), str(RulebookStream.the_id())]
    cursor.execute(_OF_STREAMS, (streams,))
    rows: dict[int, Row] = {row[0]: row for row in cursor.fetchall()}
    cursor.execute(_REFUSALS, (str(customer_id),))
    refusals = [position for (position,) in cursor.fetchall()]
    cursor.execute(_AT_POSITIONS, (refusals,))
    rows |= {row[0]: row for row in cursor.fetchall()}
    return [rows[position] for position in sorted(rows) if position <= upto]


def _proven(tree: KeptTree, rows: Sequence[Row], size: int) -> list[_Proven]:
    """Each row with its path. Raises Unavailable where one is not what was sealed."""
    found = []
    indexes = tree.indexes_of([(row[0], EVENTS.hash_of(row)) for row in rows])
    for row, index in zip(rows, indexes, strict=True):
        if index is None:
            raise Unavailable(f"position {row[0]} is not what was sealed: run tenure verify")
        if index < size:
            found.append(_Proven(row, index, tree.inclusion(index, size)))
    return found


def _history(service: Service, customer_id: UUID, proven: Iterable[_Proven]) -> History:
    """The customer's history as far as it is proved. Raises NotFound, Unavailable."""
    known = {one.row[0] for one in proven}
    history = service.application.history(customer_id)
    if history.events[0].position not in known:
        raise Unavailable("the customer's events are not sealed yet")
    events = tuple(past for past in history.events if past.position in known)
    return History(customer_id, history.now, events)


def _has_dispute(history: History, number: int) -> bool:
    return any(
        past.event.TOPIC == "customer.dispute_opened" and past.event.number == number
        for past in history.events
    )


def _told(interval: Interval) -> dict[str, Any]:
    """A tenure as verify.py derives it."""
    return {
        "holder": interval.holder,
        "group": interval.group,
        "department": interval.department,
        "stage": interval.stage.value,
        "claimed_at": interval.claimed_at,
        "in_force_since": interval.in_force_since,
        "rulebook": interval.rulebook,
        "opened_version": interval.opened_version,
        "since": interval.since,
        "until": interval.until,
        "ended": interval.ended,
        "grounds": list(interval.grounds),
    }


def _line(row: Row) -> bytes:
    """One event with its raw bytes."""
    position, stream, version, topic, state, recorded_at = row
    told = {
        "position": position,
        "stream": stream,
        "version": version,
        "topic": topic,
        "state": b64encode(state).decode(),
        "recorded_at": recorded_at,
    }
    return json.dumps(told, ensure_ascii=False, default=_plain).encode() + b"\n"


def _proof(one: _Proven, note: Note) -> str:
    """C2SP tlog-proof."""
    steps = "".join(f"{b64encode(step).decode()}\n" for step in one.path)
    return f"c2sp.org/tlog-proof@v1\nindex {one.index}\n{steps}\n{note.written()}"


def _rulebooks(proven: Iterable[_Proven]) -> Iterator[tuple[str, bytes]]:
    """The text of every version that was adopted."""
    for one in proven:
        if one.row[3] == "rulebook.version_adopted":
            told = json.loads(one.row[4])
            yield f"rulebooks/{told['version']}.toml", told["toml"].encode()


def _manifest(service: Service, customer_id: UUID, files: Mapping[str, bytes]) -> str:
    """A signed list of the files. Its key is the log's under another name, so that it is never
    taken for a checkpoint."""
    signing = service.checkpointer.signing
    name = f"{signing.name}/evidence"
    lines = "".join(
        f"{sha256(content).hexdigest()}  {file}\n" for file, content in sorted(files.items())
    )
    signer = Signer(name, signing.seed or b"")
    return signer.sign(f"{name}\ncustomer {customer_id}\n{lines}").written()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """The same files make the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _FIRST_INSTANT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return made.getvalue()


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1, default=_plain) + "\n").encode()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return str(value)
