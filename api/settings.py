"""Settings: one value each, from the command line, else `TENURE_…`, else a `.env` file.

    TENURE_DATABASE     libpq URL; without one an embedded PostgreSQL serves the folder TENURE_DATA
    TENURE_DATA         folder of the embedded PostgreSQL and of its keys, default ./.tenure
    TENURE_KEY          key that wraps the subjects' keys, or TENURE_KEY_FILE, a file that holds it
    TENURE_HASH_KEY     key of the keyed hashes, or TENURE_HASH_KEY_FILE
    TENURE_SIGNING_KEY  key that signs checkpoints, or TENURE_SIGNING_KEY_FILE
    TENURE_CHECKPOINTS  folder of the checkpoints, which the database's administrator cannot write

The others are fields of `Settings` under the same prefix.
"""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class SettingsInvalid(Exception):
    """A setting cannot be used. zh, en: which one, why, and what would be right."""

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class Settings(BaseSettings):
    """What a process of Tenure is told from outside."""

    model_config = SettingsConfigDict(
        env_prefix="TENURE_", env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    database: str | None = None
    data: Path = Path(".tenure")
    pool_size: int = Field(default=10, ge=1, le=1000)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    workers: int = Field(default=1, ge=1, le=256)
    worker: bool = True
    trusted_hosts: Annotated[tuple[str, ...], NoDecode] = ("*",)
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    behind_tls: bool = False
    forwarded_header: Literal["x-forwarded-for", "forwarded"] = "x-forwarded-for"
    drain_seconds: int = Field(default=30, ge=0)
    request_head_seconds: float = Field(default=10.0, gt=0, le=600)
    request_body_seconds: float = Field(default=30.0, gt=0, le=3600)
    answer_stall_seconds: float = Field(default=60.0, gt=0, le=3600)

    session_idle_minutes: int = Field(default=120, ge=1, le=43_200)
    session_hours: int = Field(default=12, ge=1, le=720)
    one_time_password_days: int = Field(default=7, ge=1, le=60)
    sign_ins_per_minute: int = Field(default=10, ge=0)
    member_requests_per_minute: int = Field(default=1200, ge=0)
    client_requests_per_minute: int = Field(default=2400, ge=0)

    oidc_issuer: str | None = Field(default=None, pattern=r"^https?://[!-~]{1,500}$")
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_redirect_url: str | None = Field(default=None, pattern=r"^https?://[!-~]{1,500}$")
    oidc_member_claim: str = "sub"
    oidc_scope: str = "openid profile email"

    event_source: str = Field(default="/tenure", pattern=r"^[!-~]{1,200}$")
    event_type_prefix: str = Field(default="", pattern=r"^([a-z0-9-]+\.){0,10}$")
    streams_max: int = Field(default=200, ge=0, le=10_000)
    stream_heartbeat_seconds: float = Field(default=15.0, gt=0, le=600)
    webhook_allow_http: bool = False
    webhook_allow_internal: bool = False
    webhook_timeout_seconds: float = Field(default=15.0, gt=0, le=60)
    webhook_failing_days: float = Field(default=5.0, gt=0, le=60)

    checkpoints: Path | None = None
    checkpoint_events: int = Field(default=10_000, ge=1)
    checkpoint_seconds: float = Field(default=60.0, gt=0)
    origin: str | None = Field(default=None, pattern=r"^[^\s+]{1,200}$")
    signing_key: SecretStr | None = None
    signing_key_file: Path | None = None

    demo: bool = False
    test_clock: Path | None = None

    key: SecretStr | None = None
    key_file: Path | None = None
    key_next: SecretStr | None = None
    key_next_file: Path | None = None
    key_old: SecretStr | None = None
    key_old_file: Path | None = None
    hash_key: SecretStr | None = None
    hash_key_file: Path | None = None

    @field_validator("trusted_hosts", "trusted_proxies", mode="before")
    @classmethod
    def _separate(cls, named: Any) -> Any:
        if isinstance(named, str):
            return tuple(one.strip() for one in named.split(",") if one.strip())
        return named

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ip_network(network, strict=False)
        return networks

    @property
    def is_embedded(self) -> bool:
        """True where no database is named, so that Tenure runs its own."""
        return self.database is None

    def environment(self) -> dict[str, str]:
        """The same settings as environment variables, for processes that this one starts."""
        named = {}
        for field in type(self).model_fields:
            value = getattr(self, field)
            if isinstance(value, SecretStr):
                value = value.get_secret_value()
            elif isinstance(value, Path):
                value = value.absolute()
            elif isinstance(value, tuple):
                value = ",".join(value)
            named[f"TENURE_{field.upper()}"] = "" if value is None else str(value)
        return named


def inherited_settings() -> Settings:
    """The settings that a parent put into the environment; its `.env` is in them already."""
    return Settings(_env_file=None)  # type: ignore[call-arg]


def read_settings(
    *, database: str | None = None, data: Path | None = None, **given: Any
) -> Settings:
    """Settings with what the command line gave on top; None means: not given.

    A folder on the command line wins over a database of the environment, because it was said
    later. Raises SettingsInvalid, also where both are given at once.
    """
    if database is not None and data is not None:
        raise SettingsInvalid(
            zh="--database 与 --data 只能给一个：前者连接已有数据库，后者使用内置数据库",
            en="give --database (a database of yours) or --data (an embedded one), not both",
        )
    told = {name: value for name, value in given.items() if value is not None}
    if database is not None:
        told["database"] = database
    if data is not None:
        told |= {"data": data, "database": None}
    try:
        return Settings(**told)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = "TENURE_" + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsInvalid(
            zh=f"设置 {name} 无效：{first['msg']}", en=f"{name}: {first['msg']}"
        ) from error
