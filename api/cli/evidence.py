"""`tenure evidence`: one customer's history with everything that proves it, as a zip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli.options import Data, Database, Json
from api.cli.running import opened, running, settings_of

if TYPE_CHECKING:
    from api.composition import Service
    from api.proof.notes import Checkpoint, Note

Out = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="The zip; nothing is written over. 输出文件。")
]
Dispute = Annotated[
    int | None, typer.Option("--dispute", help="Number of the case. 争议编号。", show_default=False)
]
Earlier = Annotated[
    Path | None,
    typer.Option(
        "--from-checkpoint",
        metavar="FILE",
        help="A checkpoint that the receiver holds already. 对方已有的检查点。",
        show_default=False,
    ),
]


def evidence(
    customer: Annotated[UUID, typer.Argument(help="The customer's id. 客户编号。")],
    out: Out,
    dispute: Dispute = None,
    from_checkpoint: Earlier = None,
    database: Database = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Write a customer's evidence; `verify.py` in it needs Python alone. 导出证据包。"""
    with running(is_json=json_output) as output, opened(settings_of(database, data)) as service:
        from api.access.entries import Entry
        from api.proof.evidence.bundle import make_bundle

        _seal(service)
        earlier = _earlier(from_checkpoint)
        bundle = make_bundle(service, customer, dispute=dispute, earlier=earlier)
        facts = {"view": "evidence", "events": bundle.events, "size": bundle.size}
        service.access_log.record(
            Entry("exported", "console", "make-evidence", customer_id=customer, facts=facts)
        )
        with out.open("xb") as file:
            file.write(bundle.content)
        document = {"file": out, "events": bundle.events, "size": bundle.size}
        shown = f"{out}: {bundle.events} events 个事件, log 日志 {bundle.size}"
        output.result(document, shown)


def _seal(service: Service) -> None:
    """What was written just now is in it, unless a worker leads, which then seals it."""
    from contextlib import closing

    from api.proof.sealing import LogSealer

    with closing(LogSealer(service)) as sealer:
        while sealer.step():
            pass


def _earlier(path: Path | None) -> tuple[Note, Checkpoint] | None:
    """The last checkpoint of a file. Raises SettingsInvalid."""
    from api.proof.keeping import CheckpointFile
    from api.settings import SettingsInvalid

    if path is None:
        return None
    kept = CheckpointFile(path).last()
    if kept is None or kept.note is None or kept.checkpoint is None:
        raise SettingsInvalid(
            zh=f"--from-checkpoint：{path} 中没有检查点",
            en=f"--from-checkpoint: there is no checkpoint in {path}",
        )
    return kept.note, kept.checkpoint
