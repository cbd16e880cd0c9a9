"""The checkpoints outside, against which a tree is held: the house's own, and a witness's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.proof.findings import Finding, Kind
from api.proof.keeping import CheckpointFile, Kept
from api.proof.logs import LOGS, SealedLog
from api.proof.notes import Checkpoint, NoteUntrusted, Verifier
from api.proof.signing import Signing, file_in
from api.settings import SettingsInvalid


@dataclass(frozen=True, slots=True)
class Anchor:
    """A checkpoint that somebody trusted signed for a log, and where it is kept."""

    log: SealedLog
    checkpoint: Checkpoint
    place: str

    def finding(self, kind: Kind, **more: Any) -> Finding:
        """What is wrong about it."""
        detail = f"{self.place}, size 大小 {self.checkpoint.size}"
        return Finding(self.log.name, kind, detail=detail, **more)


@dataclass(frozen=True, slots=True)
class Anchors:
    """What was read. findings: records that are none, or that no known key signed."""

    anchors: list[Anchor]
    findings: list[Finding]


def read_anchors(
    log: SealedLog, signing: Signing, files: Sequence[Path], keys: Sequence[Verifier]
) -> Anchors:
    """The checkpoints of `log` in the house's own folder and in `files`, folders or files.

    keys: further public keys that are trusted. Raises SettingsInvalid for a file that is not there,
    and where checkpoints are there and no key of the log is known.
    """
    trusted = [key for key in keys if key.name.rpartition("/")[2] == log.name]
    own = signing.verifier(log)
    if own is not None:
        trusted.append(own)
    anchors = Anchors([], [])
    for path in _files_of(log, signing, files):
        for kept in CheckpointFile(path).records():
            _read(log, path, kept, trusted, anchors)
    return anchors


def _files_of(log: SealedLog, signing: Signing, files: Sequence[Path]) -> Iterable[Path]:
    if signing.folder is not None:
        yield file_in(signing.folder, log)
    for path in files:
        if not path.exists():
            raise SettingsInvalid(
                zh=f"--checkpoints：没有文件 {path}", en=f"--checkpoints: there is no file {path}"
            )
        yield file_in(path, log) if path.is_dir() else path


def _read(
    log: SealedLog, path: Path, kept: Kept, trusted: Sequence[Verifier], into: Anchors
) -> None:
    place = f"{path} #{kept.number}"
    if kept.note is None or kept.checkpoint is None:
        into.findings.append(Finding(log.name, "checkpoint-malformed", detail=place))
        return
    log_of_origin = kept.checkpoint.origin.rpartition("/")[2]
    if log_of_origin in LOGS and log_of_origin != log.name:
        return
    if not trusted:
        raise SettingsInvalid(
            zh=f"{path} 中有检查点，但没有验证密钥；请用 --key 给出（GET /v1/audit/key）",
            en=f"{path} holds checkpoints, but no key to verify them is known: give --key "
            "(GET /v1/audit/key)",
        )
    for verifier in trusted:
        try:
            verifier.verify(kept.note)
        except NoteUntrusted:
            continue
        if verifier.name == kept.checkpoint.origin:
            into.anchors.append(Anchor(log, kept.checkpoint, place))
            return
    into.findings.append(Finding(log.name, "checkpoint-untrusted", detail=place))
