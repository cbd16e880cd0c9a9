"""`tenure witness`: remembers elsewhere what a log was, and alarms where it is another."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from api.cli.options import Json
from api.cli.output import Output, Words, shown_instant
from api.cli.running import ended_like_ctrl_c, running
from api.cli.verify_logs import verifier_of

if TYPE_CHECKING:
    from api.proof.notes import Signer
    from api.proof.witness import Witness


Log = Annotated[
    str, typer.Option("--log", metavar="URL", help="Address of the service. 服务地址。")
]
Token = Annotated[
    str,
    typer.Option(
        "--token",
        metavar="TOKEN",
        envvar="TENURE_WITNESS_TOKEN",
        help="Token of a member there. 令牌。",
    ),
]
Key = Annotated[str, typer.Option("--key", metavar="VKEY", help="The log's public key. 日志公钥。")]
Keep = Annotated[
    Path, typer.Option("--keep", metavar="FILE", help="Checkpoints are kept there. 保存文件。")
]
Every = Annotated[float, typer.Option("--every", min=0.1, help="Seconds between looks. 间隔秒数。")]
MaxSilence = Annotated[
    float,
    typer.Option(
        "--max-silence",
        min=0,
        metavar="SECONDS",
        help="A log that does not answer for so long is an alarm; 0: never. 无应答告警秒数。",
    ),
]
CosignKey = Annotated[
    Path | None,
    typer.Option(
        "--cosign-key",
        metavar="FILE",
        help="Sign what was accepted with the 32 bytes in FILE. 副署密钥。",
    ),
]


def witness(
    log: Log,
    token: Token,
    key: Key,
    keep: Keep,
    every: Every = 60.0,
    once: Annotated[bool, typer.Option("--once", help="Look once. 只看一次。")] = False,
    cosign_key: CosignKey = None,
    name: Annotated[
        str, typer.Option("--name", help="Name of this witness in signatures. 见证名称。")
    ] = "witness",
    max_silence: MaxSilence = 3600.0,
    plain_http: Annotated[
        bool,
        typer.Option("--plain-http", help="http:// to another machine, too. 允许明文 http。"),
    ] = False,
    json_output: Json = False,
) -> None:
    """Keep a log's checkpoints on another machine; exit status 1 where one does not follow from the
    last, or none comes. 见证：在另一台机器保存检查点。"""
    with running(is_json=json_output) as output, ended_like_ctrl_c():
        from api.proof.keeping import CheckpointFile
        from api.proof.witness import Witness, fetch_from

        _require_private(log, is_plain_allowed=plain_http)
        watching = Witness(
            fetch_from(log, token),
            verifier_of(key),
            CheckpointFile(keep),
            now=time.time,
            cosigner=_cosigner(cosign_key, name),
        )
        if once:
            _look(watching, output)
            return
        _watch(watching, output, every, max_silence)


def _watch(watching: Witness, output: Output, every: float, max_silence: float) -> None:
    """Look until an alarm ends it. That the log does not answer is none at first: but silence is
    also what somebody would choose who has something to hide."""
    from api.proof.witness import LogUnreachable, WitnessAlarm

    answered_at = time.monotonic()
    while True:
        try:
            _look(watching, output)
            answered_at = time.monotonic()
        except LogUnreachable as error:
            silence = time.monotonic() - answered_at
            if 0 < max_silence <= silence:
                raise WitnessAlarm("silent", f"{silence:.0f} s, {error}") from error
            output.notice(Words(zh=error.zh, en=error.en))
        time.sleep(every)


def _require_private(log: str, *, is_plain_allowed: bool) -> None:
    """Raises SettingsInvalid."""
    from api.proof.witness import is_private
    from api.settings import SettingsInvalid

    if urlsplit(log).scheme == "http" and not is_plain_allowed and not is_private(log):
        raise SettingsInvalid(
            zh="--log：令牌会以明文传送；请用 https://，或加 --plain-http",
            en="--log: the token would be sent in the clear; use https://, or add --plain-http",
        )


def _look(watching: Witness, output: Output) -> None:
    from datetime import UTC, datetime

    seen = watching.look()
    checkpoint, at = seen.checkpoint, datetime.now(UTC)
    document = {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "grown": seen.grown,
        "first": seen.is_first,
        "at": at,
    }
    said = "first 首次" if seen.is_first else f"+{seen.grown}"
    output.result(
        document,
        f"{shown_instant(at)} {checkpoint.origin} {checkpoint.size} ({said}): 一致 follows",
    )


def _cosigner(path: Path | None, name: str) -> Signer | None:
    """Raises SettingsInvalid."""
    from api.keys import decoded
    from api.proof.notes import COSIGNATURE, NAME, Signer
    from api.settings import SettingsInvalid

    if path is None:
        return None
    if not NAME.fullmatch(name):
        raise SettingsInvalid(
            zh="--name 不得为空，不得含空格或加号", en="--name: no spaces, no plus, not empty"
        )
    seed = decoded(path.read_text(encoding="ascii"), "--cosign-key")
    return Signer(name, seed, kind=COSIGNATURE)
