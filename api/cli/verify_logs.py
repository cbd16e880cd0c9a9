"""The part of `tenure verify` that holds the logs against their trees and their checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.output import Output, Words, table

if TYPE_CHECKING:
    from api.cli.stages import Tell
    from api.proof.findings import Verified
    from api.proof.notes import Verifier
    from api.settings import Settings
    from projections.stretches import Source

Checkpoints = Annotated[
    list[Path] | None,
    typer.Option(
        "--checkpoints",
        metavar="FILE",
        help="Also against the checkpoints in this file or folder, such as a witness's; "
        "may repeat. 库外检查点。",
        show_default=False,
    ),
]
Keys = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        metavar="VKEY",
        help="Public key that signed them (GET /v1/audit/key); may repeat. 验证公钥。",
        show_default=False,
    ),
]


def verified_logs(
    source: Source,
    settings: Settings,
    files: Sequence[Path] | None,
    keys: Sequence[str] | None,
    tell: Tell,
) -> list[Verified]:
    """Both logs against their trees, and these against every checkpoint outside."""
    from api.proof.anchors import read_anchors
    from api.proof.logs import LOGS
    from api.proof.signing import signing_of
    from api.proof.verifying import LogVerification

    signing = signing_of(settings, may_make=False)
    verifiers = [verifier_of(key) for key in keys or ()]
    found = []
    for log in LOGS.values():
        outside = read_anchors(log, signing, files or (), verifiers)
        verification = LogVerification(
            source.database,
            log,
            outside.anchors,
            tell=lambda _, done, total, name=log.name: tell(name, done, total),
        )
        verified = verification.run()
        for finding in outside.findings:
            verified.add(finding)
        found.append(verified)
    return found


def shown_logs(logs: Sequence[Verified]) -> list[Any]:
    """For people: a table, and each finding with its place."""
    if not logs:
        return []
    rows = [
        (
            log.log,
            log.size,
            log.position,
            log.unsealed,
            log.checkpoints,
            "as sealed 与封存一致"
            if log.is_sound
            else f"{len(log.findings) + log.left_out} findings 处异常",
        )
        for log in logs
    ]
    headings = (
        "log 日志",
        "sealed 已封存",
        "position 位置",
        "unsealed 未封存",
        "checkpoints 检查点",
        "found 结果",
    )
    is_sound = all(log.is_sound for log in logs)
    title = "the logs are what was sealed 日志未被改写" if is_sound else "the logs differ 日志异常"
    shown: list[Any] = [table(title, headings, rows)]
    for log in logs:
        shown += [finding.line() for finding in log.findings]
        if log.left_out:
            shown.append(f"{log.log}: {log.left_out} more findings 另有 {log.left_out} 处异常")
    return shown


def notice_logs(logs: Sequence[Verified], output: Output) -> None:
    """What is no fault, and should be known."""
    for log in logs:
        if not log.checkpoints:
            output.notice(
                Words(
                    zh=f"{log.log}：没有可比对的库外检查点，库内的树可与日志一同被改写",
                    en=f"{log.log}: compared with no checkpoint outside; the tree inside could "
                    "have been rewritten together with the log",
                )
            )
        if log.unsealed:
            output.notice(
                Words(
                    zh=f"{log.log}：{log.unsealed} 条尚未封存，未校验",
                    en=f"{log.log}: {log.unsealed} are not sealed yet and were not verified",
                )
            )


def verifier_of(key: str) -> Verifier:
    """The public key that `--key` gives. Raises SettingsInvalid."""
    from api.proof.notes import NoteMalformed, read_verifier
    from api.settings import SettingsInvalid

    try:
        return read_verifier(key)
    except NoteMalformed as error:
        raise SettingsInvalid(zh=f"--key：{error}", en=f"--key: {error}") from error
