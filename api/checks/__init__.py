"""What `tenure doctor` looks at: each check says how it stands, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg2
from eventsourcing.persistence import PersistenceError

from api.checks import database, entrances, personal_data, secrecy, surroundings
from api.checks.findings import Check, Examined, Standing, failure, warning
from api.settings import SettingsInvalid

CHECKS: tuple[Callable[[Examined], Iterator[Check]], ...] = (
    database.check_version,
    database.check_durability,
    database.check_schema,
    database.check_append_only,
    database.check_access_log,
    database.check_privileges,
    database.check_auditor,
    database.check_connections,
    database.check_transport,
    database.check_views,
    entrances.check_hosts,
    entrances.check_proxies,
    entrances.check_limits,
    entrances.check_sessions,
    entrances.check_webhooks,
    entrances.check_oidc,
    entrances.check_people,
    entrances.check_keys_place,
    secrecy.check_disclosure,
    secrecy.check_demonstration,
    surroundings.check_keys,
    personal_data.check_erasures,
    personal_data.check_kept_backups,
    surroundings.check_checkpoints,
    surroundings.check_clock,
    surroundings.check_calendar,
    surroundings.check_disk,
)


def checks_of(house: Examined) -> Iterator[Check]:
    """Every check, one after the other; one that cannot be made is a failure of its own."""
    for check in CHECKS:
        name = check.__name__.removeprefix("check_").replace("_", "-")
        try:
            yield from check(house)
        except (PersistenceError, psycopg2.Error, SettingsInvalid, OSError) as error:
            reason = " ".join(str(error).split())
            yield failure(name, f"无法检查：{reason}", f"could not be checked: {reason}")


__all__ = ["CHECKS", "Check", "Examined", "Standing", "checks_of", "warning"]
