"""Checks of what is around the database: keys, clocks, calendar, disk."""

from __future__ import annotations

import shutil
import stat
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime

from api.checks.findings import Check, Examined, failure, good, warning
from api.keys import (
    HOW_TO_MAKE,
    KeyRing,
    KeySource,
    key_sources,
    other_sources,
    signing_key_source,
)
from api.proof.logs import LOGS
from api.proof.signing import Checkpointer, CheckpointRefused, signing_of
from domain.sealing import SealBroken, Sealer

CLOCK_SECONDS_MAX = 2.0
FREE_BYTES_LEAST = 1 << 30
LAST_QUARTER_MONTH = 11


def check_keys(house: Examined) -> Iterator[Check]:
    """Both keys are there, nobody else may read them, and the first opens what is sealed."""
    keys = []
    for source in key_sources(house.settings):
        key = source.read()
        place = str(source.file or source.name)
        keys.append(key)
        if key is None:
            yield failure(
                "keys",
                f"缺少 {place}。生成方法：{HOW_TO_MAKE}",
                f"{place} is missing. To make one: {HOW_TO_MAKE}",
            )
            continue
        yield _closed(source)
    signing = signing_key_source(house.settings)
    if signing.read() is not None:
        yield _closed(signing)
    if keys[0] is not None:
        yield from _tried_key(house)
        yield from _rotation(house)


def _closed(source: KeySource) -> Check:
    """Whether nobody else may read the key that is there."""
    place = str(source.file or source.name)
    is_value = source.value is not None or source.file is None
    mode = 0o600 if is_value or source.file is None else stat.S_IMODE(source.file.stat().st_mode)
    if mode & 0o077:
        return warning(
            "keys",
            f"{place} 权限为 {mode:o}，他人可读；请 chmod 600",
            f"{place} has mode {mode:o}, others can read it: chmod 600",
        )
    return good("keys", place, place)


def check_clock(house: Examined) -> Iterator[Check]:
    """The database's clock decides; this machine's should not differ much."""
    if house.settings.test_clock is not None:
        yield warning(
            "clock",
            f"测试时钟 {house.settings.test_clock}",
            f"test clock {house.settings.test_clock}",
        )
        return
    before = time.time()
    told: datetime = house.one("SELECT clock_timestamp()")
    difference = told.timestamp() - (before + time.time()) / 2
    made = good if abs(difference) <= CLOCK_SECONDS_MAX else warning
    yield made(
        "clock",
        f"数据库时钟与本机相差 {difference:+.3f} 秒（以数据库为准）",
        f"the database's clock is {difference:+.3f} s from this machine's (the database's counts)",
    )


def check_calendar(_: Examined) -> Iterator[Check]:
    """Working days are known for this year and, from November on, for the next."""
    import chinese_calendar

    today = datetime.now(UTC).date()
    years = [today.year, today.year + 1] if today.month > LAST_QUARTER_MONTH - 1 else [today.year]
    unknown = []
    for year in years:
        try:
            chinese_calendar.is_workday(date(year, 1, 4))
        except NotImplementedError:  # So chinese_calendar says that it does not know a year.
            unknown.append(str(year))
    if unknown:
        shown = ", ".join(unknown)
        yield warning(
            "calendar",
            f"节假日数据缺少 {shown} 年：按周一至周五计，并标为暂定；请升级 chinesecalendar",
            f"no holidays known for {shown}: Monday to Friday count, deadlines are marked "
            "provisional; upgrade chinesecalendar",
        )
    else:
        yield good("calendar", "节假日数据完整", "public holidays are known")


def check_disk(house: Examined) -> Iterator[Check]:
    """An embedded database has room to grow."""
    if not house.settings.is_embedded:
        return
    free = shutil.disk_usage(house.settings.data).free
    shown = f"{free / (1 << 30):.1f} GiB"
    made = good if free >= FREE_BYTES_LEAST else failure
    yield made(
        "disk", f"{house.settings.data} 可用 {shown}", f"{shown} free in {house.settings.data}"
    )


def check_checkpoints(house: Examined) -> Iterator[Check]:
    """Checkpoints are signed, and the trees continue the last ones outside."""
    checkpointer = Checkpointer(house.database, signing_of(house.settings, may_make=False))
    for log in LOGS.values():
        try:
            last = checkpointer.check(log)
        except CheckpointRefused as refused:
            is_chosen = refused.problem in ("no-key", "no-folder")
            made = warning if is_chosen else failure
            yield made("checkpoints", refused.zh, refused.en)
            continue
        size = 0 if last is None else last.size
        yield good(
            "checkpoints",
            f"{log.name}：库内的树延续最后一个检查点（{size}）",
            f"{log.name}: the tree continues the last checkpoint ({size})",
        )
    folder, data = checkpointer.signing.folder, house.settings.data.absolute()
    if folder is not None and house.settings.is_embedded and folder.is_relative_to(data):
        yield warning(
            "checkpoints",
            f"检查点与数据库同在 {data}：请设 TENURE_CHECKPOINTS 到别处，或在另一台机器运行见证",
            f"checkpoints lie beside the database in {data}: set TENURE_CHECKPOINTS to another "
            "place, or run a witness on another machine",
        )


def _rotation(house: Examined) -> Iterator[Check]:
    """No key that was replaced lies about longer than it is needed."""
    for source in other_sources(house.settings):
        if source.read() is not None:
            place = str(source.file or source.name)
            yield warning(
                "keys",
                f"{place} 仍在：密钥更换尚未完成；请运行 tenure keys rotate，再运行 retire",
                f"{place} is there: a change of keys is not finished. Run tenure keys rotate, then "
                "retire",
            )


def _tried_key(house: Examined) -> Iterator[Check]:
    with house.database.autocommit() as cursor:
        cursor.execute(
            "SELECT subject_id, wrapped FROM tenure_keys.subject_keys"
            " WHERE wrapped IS NOT NULL LIMIT 1"
        )
        sample = cursor.fetchone()
    if sample is None:
        return
    try:
        ring = KeyRing(house.settings)
        key = ring().current
        Sealer(key, key, random=bytes, wrapping=ring).unwrap(*sample)
    except SealBroken:
        yield failure(
            "keys", "密钥与此数据库不符", "the key does not open what this database holds"
        )
    else:
        yield good("keys", "密钥可打开已封存的字段（已试）", "the key opens what is sealed (tried)")
