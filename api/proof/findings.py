"""What a verification finds wrong with a log, its tree or its checkpoints, and where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import UUID

from api.proof.logs import Name

FINDINGS_MAX: Final = 200
"""So many findings of a log are told one by one; the others are counted."""
Kind = Literal[
    "changed",
    "swapped",
    "deleted",
    "inserted",
    "copy-differs",
    "count-differs",
    "tile-edited",
    "tree-edited",
    "checkpoint-malformed",
    "checkpoint-untrusted",
    "checkpoint-beyond",
    "checkpoint-forked",
]
MEANINGS: Final[dict[Kind, tuple[str, str]]] = {
    "changed": ("与封存时不同", "is not what was sealed"),
    "swapped": ("内容与另一条互换", "holds what was sealed at another position"),
    "deleted": ("已封存，但已不在日志中", "was sealed and is not in the log any more"),
    "inserted": ("未曾封存，而其后的已封存", "was never sealed, though later ones were"),
    "copy-differs": ("检索列与封存内容不符", "a column does not say what the sealed entry says"),
    "count-differs": ("每日计数与访问记录不符", "a day's count is not that of the entries"),
    "tile-edited": ("树的数据块被改动或缺失", "a tile of the tree was edited or is missing"),
    "tree-edited": ("树的记录与其数据块不符", "the tree's head is not that of its tiles"),
    "checkpoint-malformed": ("检查点记录无法读取", "a record of the checkpoints cannot be read"),
    "checkpoint-untrusted": (
        "检查点不是用已知密钥签署的",
        "a checkpoint is not signed with a known key",
    ),
    "checkpoint-beyond": (
        "检查点超出库内的树：尾部被截断，或恢复了旧备份",
        "a checkpoint goes beyond the tree: the end was cut off, or an old backup was restored",
    ),
    "checkpoint-forked": (
        "库内的树与检查点不一致：历史被改写",
        "the tree does not continue a checkpoint: history was rewritten",
    ),
}
"""What each kind of finding means, in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    leaf: which leaf of the tree, from 0. position, position_max: its place in the log, or between
    which two it lies. stream, version, topic: of the event that stands there. detail: file and
    number of a checkpoint, tile, column, position of the other one.
    """

    log: Name
    kind: Kind
    leaf: int | None = None
    position: int | None = None
    position_max: int | None = None
    stream: UUID | None = None
    version: int | None = None
    topic: str | None = None
    detail: str | None = None

    def document(self) -> dict[str, Any]:
        """As JSON."""
        zh, en = MEANINGS[self.kind]
        return {
            "log": self.log,
            "kind": self.kind,
            "leaf": self.leaf,
            "position": self.position,
            "position_max": self.position_max,
            "stream": self.stream,
            "version": self.version,
            "topic": self.topic,
            "detail": self.detail,
            "zh": zh,
            "en": en,
        }

    def line(self) -> str:
        """For people."""
        place = []
        if self.position is not None:
            upto = f"–{self.position_max}" if self.position_max not in (None, self.position) else ""
            place.append(f"position 位置 {self.position}{upto}")
        if self.leaf is not None:
            place.append(f"leaf 叶 {self.leaf}")
        if self.stream is not None:
            place.append(f"stream 流 {self.stream} version 版本 {self.version} {self.topic}")
        if self.detail is not None:
            place.append(self.detail)
        zh, en = MEANINGS[self.kind]
        return f"{self.log}: {self.kind}: {', '.join(place)}: {zh} {en}"


@dataclass(slots=True)
class Verified:
    """One log as of its seal. leaves: that were recomputed from its rows. unsealed: rows behind the
    seal, which is no fault. checkpoints: that were compared. left_out: findings that are not
    listed."""

    log: Name
    size: int = 0
    position: int = 0
    leaves: int = 0
    unsealed: int = 0
    checkpoints: int = 0
    findings: list[Finding] = field(default_factory=list)
    left_out: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether the log is what was sealed and what was signed."""
        return not self.findings

    def add(self, finding: Finding) -> None:
        """Tell it, or count it where too many are told already."""
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(finding)
        else:
            self.left_out += 1

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "log": self.log,
            "sound": self.is_sound,
            "size": self.size,
            "position": self.position,
            "leaves": self.leaves,
            "unsealed": self.unsealed,
            "checkpoints": self.checkpoints,
            "findings": [finding.document() for finding in self.findings],
            "findings_left_out": self.left_out,
        }
