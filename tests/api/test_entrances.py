"""Rules of what `tenure doctor` says of the ways in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from api.checks import checks_of, database, entrances, secrecy, surroundings
from api.checks.findings import Check, Examined, Standing
from api.composition import Service, open_service
from api.keys import signing_key_source
from api.settings import Settings
from api.sign_in.passwords import Origin
from domain.orders import CONSOLE, Order
from domain.rulebook import default_text

KEYS = {"key": os.urandom(32).hex(), "hash_key": os.urandom(32).hex()}
SETTINGS_CHECKS = (
    entrances.check_hosts,
    entrances.check_proxies,
    entrances.check_limits,
    entrances.check_sessions,
    entrances.check_webhooks,
    entrances.check_oidc,
    database.check_transport,
    secrecy.check_demonstration,
)
ELSEWHERE = "postgresql://tenure_app@db.example/tenure"


def told(**settings: Any) -> list[Check]:
    """What is said of these settings, beside what is well; the service's name is known."""
    named = {"trusted_hosts": "tenure.example", **settings}
    house = Examined(Settings(_env_file=None, **named), None)  # type: ignore[arg-type]
    found = [check for made in SETTINGS_CHECKS for check in made(house)]
    return [check for check in found if check.standing is not Standing.GOOD]


def test_the_settings_as_they_come_are_safe_but_for_the_names_that_nobody_has_given() -> None:
    assert told() == []
    assert [check.name for check in told(trusted_hosts="*")] == ["hosts"]


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"trusted_hosts": "*"}, ["hosts"]),
        ({"host": "0.0.0.0", "trusted_hosts": "*"}, ["hosts", "tls"]),
        ({"host": "0.0.0.0", "trusted_hosts": "tenure.example"}, ["tls"]),
        ({"host": "::", "trusted_hosts": "a", "behind_tls": True}, ["proxies"]),
        ({"behind_tls": True}, ["proxies"]),
        ({"behind_tls": True, "trusted_proxies": "127.0.0.1/32"}, []),
        ({"database": ELSEWHERE}, ["transport"]),
        ({"database": f"{ELSEWHERE}?sslmode=require"}, ["transport"]),
        ({"database": f"{ELSEWHERE}?sslmode=verify-full"}, []),
        ({"database": f"{ELSEWHERE}?sslmode=verify-ca"}, []),
        ({"database": "host=localhost,10.0.0.7 dbname=tenure"}, ["transport"]),
        ({"database": "hostaddr=10.0.0.7 host=localhost dbname=tenure"}, ["transport"]),
        ({"database": "postgresql://tenure_app@127.0.0.1/tenure"}, []),
        ({"database": "host=/run/postgresql dbname=tenure"}, []),
        ({"database": "dbname=tenure"}, []),
        ({"demo": True}, ["demonstration"]),
        ({"host": "10.0.0.5", "trusted_hosts": "a", "trusted_proxies": "10.0.0.1/32"}, []),
        ({"trusted_proxies": "10.0.0.0/7"}, ["proxies"]),
        ({"trusted_proxies": "0.0.0.0/0, ::/0"}, ["proxies", "proxies"]),
        ({"sign_ins_per_minute": 0}, ["limits"]),
        ({"client_requests_per_minute": 0, "member_requests_per_minute": 0}, ["limits"]),
        ({"session_hours": 25}, ["sessions"]),
        ({"session_idle_minutes": 481}, ["sessions"]),
        ({"one_time_password_days": 15}, ["sessions"]),
        ({"webhook_allow_http": True, "webhook_allow_internal": True}, ["webhooks"] * 2),
        ({"oidc_issuer": "http://id.example"}, ["oidc"]),
        ({"oidc_issuer": "http://localhost:9400"}, []),
        ({"oidc_issuer": "https://id.example", "oidc_redirect_url": "http://t.example/"}, ["oidc"]),
        ({"oidc_issuer": "https://id.example", "oidc_member_claim": "email"}, ["oidc"]),
    ],
)
def test_every_unsafe_setting_is_named(settings: dict[str, Any], names: list[str]) -> None:
    found = told(**settings)
    assert [check.name for check in found] == names
    for check in found:
        assert check.zh != check.en
        assert "TENURE_" in check.en


@pytest.fixture
def service(own_url: str) -> Iterator[Service]:
    settings = Settings(_env_file=None, database=own_url, **KEYS)  # type: ignore[arg-type]
    with closing(open_service(settings)) as made:
        yield made


def people_of(service: Service) -> dict[str, str]:
    house = Examined(service.settings, service.database)
    return {check.name: check.en for check in entrances.check_people(house)}


def test_endless_tokens_and_administrators_one_time_passwords_are_named(service: Service) -> None:
    application, console = service.application, Order(CONSOLE)
    assert people_of(service) == {}
    for member, role in (("li", "seller"), ("root", "administrator"), ("wang", "manager")):
        application.add_member(console, member=member, name=member, roles=[role], department="一部")
    soon = application.now() + timedelta(days=1)
    application.issue_token(console, "wang", expires_at=soon)
    issued = application.issue_token(console, "li")
    endless = UUID(issued.extra["token_id"])
    for member in ("li", "root"):
        service.sign_in.set_one_time(member, by=CONSOLE.member, origin=Origin())
    told = people_of(service)
    assert told["tokens"].endswith("of li")
    assert told["passwords"].endswith(": root")
    application.revoke_token(console, "li", endless)
    application.change_member(console, "root", roles=["seller"])
    assert people_of(service) == {}


def test_a_signing_key_that_others_read_or_that_lies_beside_the_database_is_named(
    tmp_path: Path,
) -> None:
    settings = Settings(_env_file=None, data=tmp_path, **KEYS)  # type: ignore[arg-type]
    house = Examined(settings, None)  # type: ignore[arg-type]
    assert list(entrances.check_keys_place(house)) == []
    key = signing_key_source(settings)
    key.make()
    assert key.file is not None
    (beside,) = entrances.check_keys_place(house)
    assert "checkpoints.key" in beside.en
    assert beside.standing is Standing.WARNING
    for mode, standing in ((0o600, Standing.GOOD), (0o640, Standing.WARNING)):
        key.file.chmod(mode)
        checks = {check.standing for check in told_of_keys(house) if "checkpoints.key" in check.en}
        assert checks == {standing}


def told_of_keys(house: Examined) -> list[Check]:
    """What is said of the keys, before one of them is tried on the database."""
    return list(islice(surroundings.check_keys(house), 3))


def test_rules_that_tell_strangers_instants_and_no_cap_on_details_are_named(
    service: Service,
) -> None:
    house = Examined(service.settings, service.database)

    def found() -> list[tuple[Standing, str]]:
        return [(check.standing, check.en) for check in secrecy.check_disclosure(house)]

    (days, advice) = found()
    assert (days[0], advice[0]) == (Standing.GOOD, Standing.WARNING)
    assert advice[1].startswith("advice: the rules in force, 2026-1, set no daily cap")
    text = default_text().replace('version = "2026-1"', 'version = "2026-open"')
    text = text.replace('deadline_to_strangers = "day"', 'deadline_to_strangers = "instant"')
    text = text.replace("# details_a_day =", "details_a_day =")
    service.application.adopt_rulebook(
        Order(CONSOLE), toml=text, effective_from=None, reason="内部公开"
    )
    ((standing, words),) = found()
    assert standing is Standing.WARNING
    assert "2026-open, tell strangers deadlines to the instant" in words


def test_every_check_of_the_doctor_can_be_made(service: Service) -> None:
    house = Examined(service.settings, service.database)
    assert not [check for check in checks_of(house) if "could not be checked" in check.en]
