"""Checkpoints are signed only where they continue the last one that is kept outside."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from api.keys import read_signing_key
from api.proof.keeping import CheckpointFile, Kept
from api.proof.logs import Name, SealedLog
from api.proof.notes import Checkpoint, Note, NoteUntrusted, Signer, Verifier
from api.proof.tiles import KeptTree, TreeBroken
from eventstore.connections import Database

if TYPE_CHECKING:
    from api.settings import Settings

Problem = Literal[
    "no-key",
    "no-folder",
    "tree-shorter",
    "fork",
    "foreign-checkpoint",
    "checkpoints-unreadable",
    "tree-broken",
]
MEANINGS: Final[dict[Problem, tuple[str, str]]] = {
    "no-key": (
        "没有签名密钥（TENURE_SIGNING_KEY 或 TENURE_SIGNING_KEY_FILE），不签署检查点",
        "there is no signing key (TENURE_SIGNING_KEY or TENURE_SIGNING_KEY_FILE), so no "
        "checkpoint is signed",
    ),
    "no-folder": (
        "未指定检查点目录（TENURE_CHECKPOINTS），不签署检查点",
        "no folder is named for checkpoints (TENURE_CHECKPOINTS), so none is signed",
    ),
    "tree-shorter": (
        "库内的树比库外最后一个检查点短：日志尾部缺失，或恢复了旧备份",
        "the tree is shorter than the last checkpoint outside: the end of the log is missing, or "
        "an old backup was restored",
    ),
    "fork": (
        "库内的树与库外最后一个检查点不一致：历史被改写，或从旧备份继续写入",
        "the tree does not continue the last checkpoint outside: history was rewritten, or went "
        "on from an old backup",
    ),
    "foreign-checkpoint": (
        "库外最后一个检查点不是本密钥为本日志所签",
        "the last checkpoint outside was not signed with this key for this log",
    ),
    "checkpoints-unreadable": (
        "检查点文件无法读写，或最后一条记录被改动",
        "the file of checkpoints cannot be read or written, or its last record was edited",
    ),
    "tree-broken": (
        "库内的树缺少数据块，或与自身不符；请运行 tenure verify",
        "the tree in the database lacks tiles or contradicts itself: run tenure verify",
    ),
}
"""What each problem is, in Chinese and English."""


class CheckpointRefused(Exception):
    """No checkpoint of the log is signed until somebody has seen to it."""

    def __init__(self, log: Name, problem: Problem, detail: str = "") -> None:
        zh, en = MEANINGS[problem]
        super().__init__(f"{log}: {en}{f' ({detail})' if detail else ''}")
        self.log = log
        self.problem: Problem = problem
        self.detail = detail
        self.zh = f"{log}：{zh}{f'（{detail}）' if detail else ''}"
        self.en = str(self)


@dataclass(frozen=True, slots=True)
class Signing:
    """Who signs, and where checkpoints are kept. seed: None: nobody; folder: None: nowhere.

    name: what the house is called in its checkpoints; a log's origin is that name, a slash, and the
    log's name.
    """

    name: str
    seed: bytes | None
    folder: Path | None

    def origin(self, log: SealedLog) -> str:
        """The log's name in its checkpoints."""
        return f"{self.name}/{log.name}"

    def signer(self, log: SealedLog) -> Signer | None:
        """Who signs the log's checkpoints."""
        return None if self.seed is None else Signer(self.origin(log), self.seed)

    def verifier(self, log: SealedLog) -> Verifier | None:
        """With which key the log's checkpoints are verified."""
        signer = self.signer(log)
        return None if signer is None else signer.verifier

    def file(self, log: SealedLog) -> CheckpointFile | None:
        """Where the log's checkpoints are kept."""
        return None if self.folder is None else CheckpointFile(file_in(self.folder, log))


def file_in(folder: Path, log: SealedLog) -> Path:
    """The file of a log's checkpoints in their folder."""
    return folder / f"{log.name}.checkpoints"


def signing_of(settings: Settings, *, may_make: bool = True) -> Signing:
    """Key, folder and name by the settings. may_make: a key may be made where none ever was.

    Raises SettingsInvalid.
    """
    folder = settings.checkpoints
    if folder is None and settings.is_embedded:
        folder = settings.data.absolute() / "checkpoints"
    has_checkpoints = folder is not None and folder.exists() and any(folder.iterdir())
    seed = read_signing_key(settings, may_be_made=may_make and not has_checkpoints)
    name = settings.origin
    if name is None:
        public = Signer("tenure", seed).verifier.key if seed else b""
        name = f"tenure-{sha256(public).hexdigest()[:12]}"
    return Signing(name, seed, folder)


class Checkpointer:
    """Signs the heads of trees; may be shared by threads and by processes of one machine."""

    def __init__(self, database: Database, signing: Signing) -> None:
        self._database = database
        self.signing = signing

    def last(self, log: SealedLog) -> tuple[Note, Checkpoint] | None:
        """The last checkpoint outside; None where there is none. Raises CheckpointRefused."""
        file = self.signing.file(log)
        if file is None:
            return None
        try:
            kept = file.last()
        except OSError as error:
            raise CheckpointRefused(log.name, "checkpoints-unreadable", str(error)) from error
        return self._trusted(log, kept)

    def sign(self, log: SealedLog) -> tuple[Note, Checkpoint]:
        """A checkpoint of all that is sealed: the last one, where nothing came since.

        Raises CheckpointRefused.
        """
        signer, file = self.signing.signer(log), self.signing.file(log)
        if signer is None:
            raise CheckpointRefused(log.name, "no-key")
        if file is None:
            raise CheckpointRefused(log.name, "no-folder")
        try:
            with file.appending() as appending:
                last = self._trusted(log, appending.last())
                checkpoint = self._continued(log, last and last[1])
                if last is not None and checkpoint == last[1]:
                    return last
                note = signer.sign(checkpoint.text())
                appending.append(note)
        except OSError as error:
            raise CheckpointRefused(log.name, "checkpoints-unreadable", str(error)) from error
        return note, checkpoint

    def check(self, log: SealedLog) -> Checkpoint | None:
        """The last checkpoint outside, which the tree continues. Raises CheckpointRefused."""
        if self.signing.seed is None:
            raise CheckpointRefused(log.name, "no-key")
        if self.signing.folder is None:
            raise CheckpointRefused(log.name, "no-folder")
        last = self.last(log)
        self._continued(log, last and last[1])
        return last and last[1]

    def _continued(self, log: SealedLog, last: Checkpoint | None) -> Checkpoint:
        """The head of the tree, which begins with the last checkpoint."""
        try:
            with self._database.transaction() as cursor:
                tree = KeptTree(cursor, log)
                head = tree.head
                if last is not None and head.size < last.size:
                    detail = f"{head.size} < {last.size}"
                    raise CheckpointRefused(log.name, "tree-shorter", detail)
                if last is not None and tree.root(last.size) != last.root:
                    raise CheckpointRefused(log.name, "fork", f"size {last.size}")
                if tree.root(head.size) != head.root:
                    raise TreeBroken(log.name, 0, head.size)
        except TreeBroken as error:
            raise CheckpointRefused(log.name, "tree-broken", str(error)) from error
        return Checkpoint(self.signing.origin(log), head.size, head.root)

    def _trusted(self, log: SealedLog, kept: Kept | None) -> tuple[Note, Checkpoint] | None:
        if kept is None:
            return None
        if kept.note is None or kept.checkpoint is None:
            raise CheckpointRefused(log.name, "checkpoints-unreadable")
        verifier = self.signing.verifier(log)
        try:
            if verifier is not None:
                verifier.verify(kept.note)
        except NoteUntrusted as error:
            raise CheckpointRefused(log.name, "foreign-checkpoint", str(error)) from error
        if kept.checkpoint.origin != self.signing.origin(log):
            raise CheckpointRefused(log.name, "foreign-checkpoint", kept.checkpoint.origin)
        return kept.note, kept.checkpoint
