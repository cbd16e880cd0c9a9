"""What may go wrong with views on the command line, in words."""

from __future__ import annotations

from api.cli.output import Words
from api.rebuilds import LaneFailed
from projections.following import FoldFailed
from projections.shadow import AlreadyRebuilding, NewerVersion, SwapBlocked

SLUGS = {
    AlreadyRebuilding: "already-rebuilding",
    NewerVersion: "newer-version",
    SwapBlocked: "swap-blocked",
    FoldFailed: "fold-failed",
    LaneFailed: "rebuild-failed",
}


def words_of(error: Exception) -> Words:
    """How to tell a user of one of `SLUGS`."""
    match error:
        case AlreadyRebuilding():
            return Words(
                zh=f"视图 {error.view} 正由另一个进程重建；请等它结束",
                en=f"{error.view} is being rebuilt by another process: wait until it has ended",
            )
        case NewerVersion():
            return Words(
                zh=f"视图 {error.view} 属于更新的版本，此版本不改动它",
                en=f"{error.view} belongs to a newer release, which this one leaves alone",
            )
        case SwapBlocked():
            readers = ", ".join(map(str, error.blockers))
            return Words(
                zh=f"视图 {error.view} 一直被数据库进程 {readers} 读取，未能替换；原视图未变",
                en=f"{error.view} is read without end by process {readers} of the database, so it "
                "was not swapped; the live view is as it was",
            )
        case FoldFailed():
            place = f"{error.entry.topic} @ {error.entry.position}"
            return Words(
                zh=f"视图 {error.view} 无法折叠事件 {place}：{error.__cause__}；原视图未变",
                en=f"{error.view} cannot fold {place}: {error.__cause__}; "
                "the live view is as it was",
            )
    return Words(
        zh=f"重建中断：{error}；原视图未变", en=f"{error}; the live views are as they were"
    )
