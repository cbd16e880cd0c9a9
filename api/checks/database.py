"""Checks of the database: version, durability, schema, what nobody may change, connections."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, suppress

from eventsourcing.persistence import PersistenceError
from psycopg2.extensions import parse_dsn

from api.checks.findings import Check, Examined, failure, good, warning
from api.proxies import is_here
from eventstore.factory import LEDGER, MIGRATIONS
from eventstore.migrating import missing_migrations
from eventstore.recorders import ApplicationRecorder
from projections.engine import Engine

VERSION_PROMISED = 180000
VERSION_LEAST = 150000
LAG_EVENTS_MAX = 10_000


def check_version(house: Examined) -> Iterator[Check]:
    """PostgreSQL 18 is promised; older ones lack something."""
    number = int(house.one("SELECT current_setting('server_version_num')"))
    encoding = house.one("SELECT current_setting('server_encoding')")
    shown = f"PostgreSQL {number // 10000}.{number % 10000}"
    if number >= VERSION_PROMISED:
        yield good("version", shown, shown)
    elif number >= VERSION_LEAST:
        yield warning(
            "version",
            f"{shown} 早于 18：未经测试，缺少 uuidv7() 与时态主键，数据校验和并非默认开启",
            f"{shown} is older than 18: untested; it lacks uuidv7() and temporal keys, and data "
            "checksums are not on by default",
        )
    else:
        yield failure("version", f"{shown} 过旧，须为 18", f"{shown} is too old, 18 is needed")
    if encoding != "UTF8":
        yield failure(
            "encoding", f"数据库编码为 {encoding}，须为 UTF8", f"{encoding}, must be UTF8"
        )


def check_durability(house: Examined) -> Iterator[Check]:
    """What was answered must survive a power cut."""
    wanted = {"fsync": "on", "full_page_writes": "on", "data_checksums": "on"}
    found = {name: house.one("SELECT current_setting(%s)", name) for name in wanted}
    commits = house.one("SELECT current_setting('synchronous_commit')")
    off = [name for name, value in found.items() if value != wanted[name]]
    if commits == "off":
        off.append("synchronous_commit")
    if not off:
        yield good("durability", "已提交的事件断电不失", "what is committed survives a power cut")
        return
    is_lossy = off != ["data_checksums"]
    made = failure if is_lossy else warning
    yield made("durability", f"未开启：{'、'.join(off)}", f"switched off: {', '.join(off)}")


def check_schema(house: Examined) -> Iterator[Check]:
    """Every migration of this release has run."""
    with closing(house.database.connect()) as connection:
        missing = missing_migrations(connection, MIGRATIONS, ledger=LEDGER)
    if missing:
        names = ", ".join(migration.name for migration in missing)
        yield failure(
            "schema",
            f"请运行 tenure migrate；缺少：{names}",
            f"run tenure migrate; missing: {names}",
        )
    else:
        yield good("schema", "表结构为最新", "up to date")


def check_transport(house: Examined) -> Iterator[Check]:
    """What is read from a database on another machine comes from that one, and is read by nobody
    between."""
    if house.settings.database is None:
        return
    named = parse_dsn(house.settings.database)
    hosts = (named.get("hostaddr") or named.get("host") or os.environ.get("PGHOST", "")).split(",")
    away = [
        host for host in hosts if host and not host.startswith(("/", "@")) and not is_here(host)
    ]
    mode = named.get("sslmode") or os.environ.get("PGSSLMODE") or "prefer"
    if away and mode not in ("verify-full", "verify-ca"):
        yield warning(
            "transport",
            f"数据库在另一台机器 {', '.join(away)}，而 sslmode 为 {mode}：中间人可读取或冒充；"
            "请在 TENURE_DATABASE 中设 sslmode=verify-full",
            f"the database is on another machine, {', '.join(away)}, with sslmode {mode}: somebody "
            "between could read everything or stand in for it; set sslmode=verify-full in "
            "TENURE_DATABASE",
        )


def check_append_only(house: Examined) -> Iterator[Check]:
    """Recorded events cannot be changed: the trigger is there, always fires, and was tried."""
    mode = house.one(
        "SELECT tgenabled::text FROM pg_trigger"
        " WHERE tgrelid = 'tenure.events'::regclass AND tgname = 'refuse_change'",
    )
    if mode != "A":
        yield failure(
            "append-only",
            "tenure.events 上的触发器 refuse_change 缺失或被停用：事件可能被改动",
            "the trigger refuse_change on tenure.events is missing or disabled: "
            "recorded events could be changed",
        )
        return
    try:
        with house.database.transaction() as cursor:
            cursor.execute("DELETE FROM tenure.events WHERE false")
    except PersistenceError:
        yield good("append-only", "改动事件被拒绝（已试）", "changes are refused (tried)")
        return
    yield failure("append-only", "删除语句未被拒绝", "a DELETE was not refused")


def check_access_log(house: Examined) -> Iterator[Check]:
    """A look can be kept, and what is kept cannot be changed: both are tried."""
    mode = house.one(
        "SELECT tgenabled::text FROM pg_trigger"
        " WHERE tgrelid = 'access.entries'::regclass AND tgname = 'refuse_change'",
    )
    if mode != "A":
        yield failure(
            "access-log",
            "access.entries 上的触发器 refuse_change 缺失或被停用：访问记录可能被改动",
            "the trigger refuse_change on access.entries is missing or disabled: "
            "what is kept could be changed",
        )
        return
    try:
        with suppress(_Tried), house.database.transaction() as cursor:
            cursor.execute(_LOOK)
            raise _Tried
    except PersistenceError as error:
        reason = " ".join(str(error).split())
        yield failure(
            "access-log",
            f"无法写入访问日志，因此不会显示任何客户详情：{reason}",
            f"the access log cannot be written, so nothing with details is shown: {reason}",
        )
        return
    yield good("access-log", "访问日志可写入（已试）", "the access log can be written (tried)")


class _Tried(Exception):
    """Ends a transaction that was only a trial."""


_LOOK = """SELECT access.record(ARRAY[now()], ARRAY['signed-out'], ARRAY[NULL], ARRAY[NULL::uuid],
    ARRAY['{}'::bytea], '{}', '{}', ARRAY[NULL::integer])"""


def check_privileges(house: Examined) -> Iterator[Check]:
    """The service may do what it must, and no more."""
    needed = {
        "tenure.events": ("SELECT", "INSERT"),
        "tenure.commands": ("SELECT", "INSERT", "DELETE"),
        "tenure_keys.subject_keys": ("SELECT", "INSERT"),
    }
    missing = [
        f"{privilege} {table}"
        for table, privileges in needed.items()
        for privilege in privileges
        if not house.one("SELECT has_table_privilege(%s, %s)", table, privilege)
    ]
    user = house.one("SELECT current_user")
    if missing:
        names = ", ".join(missing)
        yield failure("privileges", f"{user} 缺少权限：{names}", f"{user} may not: {names}")
    elif house.one("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        yield warning(
            "privileges",
            f"以超级用户 {user} 连接；服务应使用 tenure_app",
            f"connected as the superuser {user}; the service should be tenure_app",
        )
    else:
        yield good("privileges", f"以 {user} 连接", f"connected as {user}")


def check_auditor(house: Examined) -> Iterator[Check]:
    """The auditor reads the log and no keys."""
    reads_keys = house.one(
        "SELECT bool_or(has_table_privilege(rolname, 'tenure_keys.subject_keys', 'SELECT'))"
        " FROM pg_roles WHERE rolname = 'tenure_auditor'",
    )
    if reads_keys:
        yield failure(
            "auditor",
            "tenure_auditor 可以读取数据密钥",
            "tenure_auditor can read the subjects' keys",
        )
    elif reads_keys is None:
        yield warning(
            "auditor",
            "没有角色 tenure_auditor，tenure psql 无法以审计身份连接",
            "there is no role tenure_auditor, so tenure psql cannot connect as one",
        )


def check_connections(house: Examined) -> Iterator[Check]:
    """The pools of all processes fit into the server's connections."""
    limit = int(house.one("SELECT current_setting('max_connections')"))
    kept = int(house.one("SELECT current_setting('superuser_reserved_connections')"))
    processes = house.settings.workers + (
        1 if house.settings.workers > 1 and house.settings.worker else 0
    )
    # Beside its pool a worker holds connections for leadership.
    wanted = processes * (house.settings.pool_size + 2)
    made = good if wanted <= limit - kept else failure
    yield made(
        "connections",
        f"{processes} 个进程最多用 {wanted} 个连接，服务器允许 {limit - kept} 个",
        f"{processes} processes use up to {wanted} connections, the server has {limit - kept}",
    )


def check_views(house: Examined) -> Iterator[Check]:
    """Every view is followed and none was set aside."""
    log = ApplicationRecorder(house.database)
    views = Engine(house.database, log, lambda event: event).lag()
    for name, view in views.items():
        if view.failed is not None:
            place = f"{view.failed.topic} @ {view.failed.position}: {view.failed.error}"
            yield failure("views", f"{name} 已搁置：{place}", f"{name} was set aside: {place}")
        elif not view.is_current:
            yield failure(
                "views",
                f"{name} 的表属于另一版本：tenure migrate 会在旁重建它",
                f"{name} has tables of another version: tenure migrate rebuilds it beside them",
            )
    lag = max((view.lag for view in views.values()), default=0)
    if lag > LAG_EVENTS_MAX:
        yield warning(
            "views",
            f"落后 {lag} 个事件；tenure worker 在运行吗？",
            f"{lag} events behind; is a tenure worker running?",
        )
    elif all(view.failed is None and view.is_current for view in views.values()):
        names = ", ".join(views)
        yield good(
            "views", f"{names}：最多落后 {lag} 个事件", f"{names}: at most {lag} events behind"
        )
