"""A witness: keeps the last checkpoint of a log elsewhere, and accepts none that does not follow.

What makes a log evidence is somebody else who remembers. A witness trusts its own file and the
log's key, and nothing that the log says without proof.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any, Final, Literal
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from api.proof.keeping import CheckpointFile
from api.proof.notes import (
    Checkpoint,
    Note,
    NoteMalformed,
    NoteUntrusted,
    Signer,
    Verifier,
    checkpoint_of,
    read_note,
)
from api.proof.tree import is_consistent

Fetch = Callable[[str, Mapping[str, Any]], bytes]
"""The body of the answer to a path and its parameters. Raises LogUnreachable."""
ANSWER_BYTES_MAX: Final = 1 << 20
TIMEOUT_SECONDS: Final = 30.0
Alarm = Literal["untrusted", "shrunk", "forked", "no-proof", "file", "silent"]
MEANINGS: Final[dict[Alarm, tuple[str, str]]] = {
    "untrusted": (
        "检查点不是用该公钥为该日志签署的",
        "the checkpoint was not signed with this key for this log",
    ),
    "shrunk": ("日志变短了", "the log has become shorter"),
    "forked": ("同样长度的日志有了另一个根", "a log of the same size has another root"),
    "no-proof": (
        "无法证明新日志以旧日志开头：历史被改写",
        "it is not proved that the log begins with what it was: history was rewritten",
    ),
    "file": ("本地保存的检查点被改动", "the file of kept checkpoints was edited"),
    "silent": ("日志久无应答", "the log has not answered for too long"),
}


class LogUnreachable(Exception):
    """The log does not answer, or answers an error; that proves nothing."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.zh, self.en = f"日志无应答：{detail}", f"the log does not answer: {detail}"


class WitnessAlarm(Exception):
    """What the log shows does not follow from what it showed before."""

    def __init__(self, alarm: Alarm, detail: str) -> None:
        zh, en = MEANINGS[alarm]
        super().__init__(f"{en}: {detail}")
        self.alarm = alarm
        self.detail = detail
        self.zh, self.en = f"{zh}：{detail}", f"{en}: {detail}"


@dataclass(frozen=True, slots=True)
class Seen:
    """A look that raised no alarm. grown: leaves since the last one."""

    checkpoint: Checkpoint
    grown: int
    is_first: bool


class Witness:
    """Watches one log, the one whose key it holds.

    now: POSIX seconds of a cosignature. cosigner: signs what was accepted, where one is given.
    """

    def __init__(
        self,
        fetch: Fetch,
        verifier: Verifier,
        file: CheckpointFile,
        *,
        now: Callable[[], float],
        cosigner: Signer | None = None,
    ) -> None:
        self._fetch = fetch
        self._verifier = verifier
        self._file = file
        self._now = now
        self._cosigner = cosigner
        self._log = verifier.name.rpartition("/")[2]

    def look(self) -> Seen:
        """Fetch the log's checkpoint, and keep it where it follows from the last one.

        Raises WitnessAlarm, LogUnreachable, OSError.
        """
        with self._file.appending() as appending:
            kept = appending.last()
            last = None
            if kept is not None:
                if kept.note is None:
                    raise WitnessAlarm("file", str(self._file.path))
                last = self._trusted(kept.note)
            note = self._fetched()
            checkpoint = self._trusted(note)
            if last is not None:
                self._require_consistency(last, checkpoint)
            if checkpoint != last:
                if self._cosigner is not None:
                    note = self._cosigner.cosign(note, time=int(self._now()))
                appending.append(note)
        return Seen(checkpoint, checkpoint.size - (last.size if last else 0), last is None)

    def _fetched(self) -> Note:
        written = self._fetch("/v1/audit/checkpoint", {"log": self._log}).decode(errors="replace")
        try:
            return read_note(written)
        except NoteMalformed as error:
            raise WitnessAlarm("untrusted", str(error)) from error

    def _trusted(self, note: Note) -> Checkpoint:
        try:
            self._verifier.verify(note)
            checkpoint = checkpoint_of(note)
        except (NoteUntrusted, NoteMalformed) as error:
            raise WitnessAlarm("untrusted", str(error)) from error
        if checkpoint.origin != self._verifier.name:
            raise WitnessAlarm("untrusted", f"origin {checkpoint.origin}")
        return checkpoint

    def _require_consistency(self, last: Checkpoint, new: Checkpoint) -> None:
        if new.size < last.size:
            raise WitnessAlarm("shrunk", f"{new.size} < {last.size}")
        if new.size == last.size:
            if new.root != last.root:
                raise WitnessAlarm("forked", f"size {new.size}")
            return
        asked = {"log": self._log, "from": last.size, "to": new.size}
        try:
            told = json.loads(self._fetch("/v1/audit/proofs/consistency", asked))
            path = [b64decode(step, validate=True) for step in told["path"]]
        except (ValueError, KeyError, TypeError) as error:
            raise WitnessAlarm("no-proof", f"{last.size} → {new.size}") from error
        roots = {"old_root": last.root, "new_root": new.root}
        if not is_consistent(last.size, new.size, path=path, **roots):
            raise WitnessAlarm("no-proof", f"{last.size} → {new.size}")


def is_private(url: str) -> bool:
    """Whether nobody on the way can read the token: https, or this very machine."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    try:
        return parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def fetch_from(url: str, token: str) -> Fetch:
    """Asks a server with a bearer token, and nobody whom it sends on to.

    Raises LogUnreachable for what is no http address.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise LogUnreachable(f"{url}: http://… or https://…")
    opener = build_opener(_NoRedirect)

    def fetch(path: str, parameters: Mapping[str, Any]) -> bytes:
        address = f"{url.rstrip('/')}{path}?{urlencode(parameters)}"
        headers = {"Authorization": f"Bearer {token}"}
        request = Request(address, headers=headers)  # noqa: S310 - http, as asked above
        try:
            with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                found: bytes = answer.read(ANSWER_BYTES_MAX)
                return found
        except HTTPError as error:
            error.close()
            raise LogUnreachable(f"{path}: {error.code} {error.reason}") from error
        except (URLError, HTTPException, OSError, ValueError) as error:
            raise LogUnreachable(f"{url}: {error}") from error

    return fetch


class _NoRedirect(HTTPRedirectHandler):
    """A redirect is an error: the token is for the one who was asked."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None
