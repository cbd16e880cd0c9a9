"""Checks of the ways in: every setting, token and password that lets in more than it should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from api.checks.findings import Check, Examined, failure, good, warning
from api.keys import key_sources, signing_key_source
from api.proxies import is_here

IDLE_MINUTES_MOST = 480
SESSION_HOURS_MOST = 24
ONE_TIME_DAYS_MOST = 14
PREFIX_LEAST = {4: 8, 6: 32}
NAMED_MOST = 5
_CHANGEABLE_CLAIMS = frozenset({"email", "name", "nickname", "given_name", "preferred_username"})


def check_hosts(house: Examined) -> Iterator[Check]:
    """A service knows its own names, and beyond this machine it speaks TLS."""
    settings = house.settings
    if "*" in settings.trusted_hosts:
        # On this machine alone, too: a page of any name that resolves to it could ask it.
        yield warning(
            "hosts",
            "TENURE_TRUSTED_HOSTS 为 *：请列出本服务的域名",
            "TENURE_TRUSTED_HOSTS is *: list the service's names",
        )
    if is_here(settings.host):
        yield good("hosts", f"只监听本机 {settings.host}", f"listens on {settings.host} alone")
        return
    if not (settings.behind_tls or settings.trusted_proxies):
        yield warning(
            "tls",
            f"监听 {settings.host}，且看不出前面有 TLS：密码与令牌会以明文传输；"
            "请由代理提供 TLS 并设置 TENURE_BEHIND_TLS 或 TENURE_TRUSTED_PROXIES",
            f"listens on {settings.host} and nothing says that TLS is in front: passwords and "
            "tokens would travel in the clear; let a proxy speak TLS, and set TENURE_BEHIND_TLS or "
            "TENURE_TRUSTED_PROXIES",
        )


def check_proxies(house: Examined) -> Iterator[Check]:
    """Only the proxies themselves may say where a request came from, and they do."""
    if house.settings.behind_tls and not house.settings.trusted_proxies:
        yield warning(
            "proxies",
            "TENURE_BEHIND_TLS 已设而 TENURE_TRUSTED_PROXIES 为空：所有客户端在限流、登录延迟与"
            "访问日志中都算作代理这一个",
            "TENURE_BEHIND_TLS is set and TENURE_TRUSTED_PROXIES is empty: to limits, to the "
            "slowing of sign-ins and to the access log every client is the proxy, and so is one",
        )
    for network in house.settings.trusted_proxies:
        found = ip_network(network, strict=False)
        if found.prefixlen < PREFIX_LEAST[found.version]:
            made = failure if found.prefixlen == 0 else warning
            yield made(
                "proxies",
                f"TENURE_TRUSTED_PROXIES 中的 {network} 过宽：其中任何人都能冒充任意地址",
                f"{network} in TENURE_TRUSTED_PROXIES is too broad: anybody in it can claim to be "
                "any address",
            )


def check_limits(house: Examined) -> Iterator[Check]:
    """Requests and sign-ins are limited."""
    settings = house.settings
    off = [
        f"TENURE_{name.upper()}"
        for name in (
            "client_requests_per_minute",
            "member_requests_per_minute",
            "sign_ins_per_minute",
        )
        if getattr(settings, name) == 0
    ]
    if off:
        names = ", ".join(off)
        yield warning("limits", f"未限制请求：{names} 为 0", f"no limit: {names} is 0")


def check_sessions(house: Examined) -> Iterator[Check]:
    """A browser that somebody left open is signed out the same day."""
    settings = house.settings
    long = [
        f"TENURE_{name.upper()} = {getattr(settings, name)}"
        for name, most in (
            ("session_idle_minutes", IDLE_MINUTES_MOST),
            ("session_hours", SESSION_HOURS_MOST),
            ("one_time_password_days", ONE_TIME_DAYS_MOST),
        )
        if getattr(settings, name) > most
    ]
    if long:
        names = ", ".join(long)
        yield warning("sessions", f"有效期过长：{names}", f"too long: {names}")


def check_webhooks(house: Examined) -> Iterator[Check]:
    """Webhooks go over TLS and to public addresses."""
    if house.settings.webhook_allow_http:
        yield warning(
            "webhooks",
            "TENURE_WEBHOOK_ALLOW_HTTP：事件可能以明文发出",
            "TENURE_WEBHOOK_ALLOW_HTTP: events may be sent in the clear",
        )
    if house.settings.webhook_allow_internal:
        yield warning(
            "webhooks",
            "TENURE_WEBHOOK_ALLOW_INTERNAL：管理员可让本服务访问内网",
            "TENURE_WEBHOOK_ALLOW_INTERNAL: an administrator can make this service call machines "
            "of the internal network",
        )


def check_oidc(house: Examined) -> Iterator[Check]:
    """The provider is reached over TLS, and its claim is not the user's to choose."""
    settings = house.settings
    if settings.oidc_issuer is None:
        return
    for name, url in (
        ("TENURE_OIDC_ISSUER", settings.oidc_issuer),
        ("TENURE_OIDC_REDIRECT_URL", settings.oidc_redirect_url),
    ):
        parts = urlsplit(url or "")
        if parts.scheme == "http" and not is_here(parts.hostname or ""):
            yield failure(
                "oidc",
                f"{name} 不是 https：登录可被冒充",
                f"{name} is not https: anybody between can sign in as anybody",
            )
    if settings.oidc_member_claim in _CHANGEABLE_CLAIMS:
        yield warning(
            "oidc",
            f"TENURE_OIDC_MEMBER_CLAIM 为 {settings.oidc_member_claim}：请确认用户不能自行修改它",
            f"TENURE_OIDC_MEMBER_CLAIM is {settings.oidc_member_claim}: make sure that users "
            "cannot change it themselves",
        )


def check_keys_place(house: Examined) -> Iterator[Check]:
    """Who copies the database's folder does not copy the keys along with it."""
    data = house.settings.data.absolute()
    beside = [
        str(source.file)
        for source in (*key_sources(house.settings), signing_key_source(house.settings))
        if source.file is not None
        and source.file.exists()
        and data in source.file.absolute().parents
    ]
    if house.settings.is_embedded and beside:
        names = ", ".join(beside)
        yield warning(
            "keys-place",
            f"密钥与数据库在同一目录：{names}；请移到别处并设置 TENURE_KEY_FILE、"
            "TENURE_HASH_KEY_FILE、TENURE_SIGNING_KEY_FILE",
            f"keys lie beside the database: {names}; move them elsewhere and set TENURE_KEY_FILE, "
            "TENURE_HASH_KEY_FILE and TENURE_SIGNING_KEY_FILE",
        )


def check_people(house: Examined) -> Iterator[Check]:
    """Tokens end, and administrators have passwords of their own."""
    people = _people(house)
    endless = sorted(member for member, one in people.items() if one["endless"])
    if endless:
        yield warning(
            "tokens",
            f"有永不过期的令牌：{_shown(endless)}",
            f"tokens that never expire, of {_shown(endless)}",
        )
    with house.database.autocommit() as cursor:
        cursor.execute("SELECT member FROM access.passwords WHERE is_one_time")
        unchanged = {member for (member,) in cursor.fetchall()}
    late = sorted(
        member for member in unchanged if "administrator" in people.get(member, {}).get("roles", ())
    )
    if late:
        yield warning(
            "passwords",
            f"管理员尚未更改一次性密码：{_shown(late)}",
            f"administrators who have not changed their one-time password: {_shown(late)}",
        )


def _people(house: Examined) -> dict[str, dict[str, Any]]:
    """Of each member who has not left: the roles, and the ids of tokens without an end."""
    with house.database.autocommit() as cursor:
        cursor.execute(_MEMBER_EVENTS)
        events: list[Any] = cursor.fetchall()
    streams: dict[Any, dict[str, Any]] = {}
    now = datetime.now(UTC)
    for stream, topic, state in events:
        one = streams.setdefault(stream, {"endless": set(), "has_left": False})
        one |= {name: state[name] for name in ("member", "roles") if name in state}
        if topic == "member.token_issued" and state["expires_at"] is None:
            one["endless"].add(state["token_id"])
        elif topic == "member.token_revoked":
            one["endless"].discard(state["token_id"])
        elif topic == "member.leave_arranged":
            one["has_left"] = datetime.fromisoformat(state["leaves_at"]) <= now
    return {one["member"]: one for one in streams.values() if not one["has_left"]}


_MEMBER_EVENTS = """
SELECT originator_id, topic, convert_from(state, 'UTF8')::jsonb FROM tenure.events
WHERE topic IN ('member.joined', 'member.roles_changed', 'member.token_issued',
                'member.token_revoked', 'member.leave_arranged')
ORDER BY position
"""


def _shown(names: list[str]) -> str:
    return ", ".join(names[:NAMED_MOST]) + (" …" if len(names) > NAMED_MOST else "")
