"""What leaves the house is a CloudEvent 1.0, and nothing that is sealed, hashed or secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from api.outside.cloud_events import House, ping, told
from domain import permissions
from domain.telling import Topics, is_told, told_topics
from tests.event_catalogue import event_classes
from tests.stored_events import Sample, samples

AT = datetime(2026, 3, 5, 6, 3, 0, 123, tzinfo=UTC)
HOUSE = House("/tenure", "cn.example.tenure.")
SECRETS = {"box", "digest", "phone_hash"}
EVERY_SAMPLE = [
    pytest.param(sample, id=f"{sample.topic}.v{sample.class_version}") for sample in samples()
]


def cloud_event(sample: Sample, position: int = 4711) -> dict[str, Any]:
    recorded = SimpleNamespace(position=position, topic=sample.topic, recorded_at=AT)
    made: dict[str, Any] = json.loads(told(HOUSE, recorded, sample.event()).body(sees_details=True))
    return made


def secrets_in(node: Any, kind: str | None = None) -> Iterator[str]:
    """Ciphertext, digests of tokens, keyed hashes, wherever they stand."""
    if isinstance(node, dict):
        kind = node.get("kind", kind)
        for name, value in node.items():
            is_hash = name == "key" and kind == "phone"
            if isinstance(value, str) and (name in SECRETS or is_hash):
                yield value
            else:
                yield from secrets_in(value, kind)
    elif isinstance(node, list):
        for item in node:
            yield from secrets_in(item, kind)


def test_the_samples_hold_secrets_of_every_kind_that_must_not_leave() -> None:
    held = {sample.topic for sample in samples() if list(secrets_in(sample.state))}
    assert {"customer.registered", "customer.duplicate_absorbed", "member.token_issued"} <= held


@pytest.mark.parametrize("sample", EVERY_SAMPLE)
def test_nothing_sealed_hashed_or_secret_is_in_any_cloud_event(sample: Sample) -> None:
    text = json.dumps(cloud_event(sample), ensure_ascii=False)
    for secret in secrets_in(sample.state):
        assert secret not in text
    assert not re.search(r"\b[0-9a-f]{64}\b", text)
    assert not SECRETS & set(re.findall(r'"(\w+)":', text))


@pytest.mark.parametrize("sample", EVERY_SAMPLE)
def test_every_event_is_told_as_a_cloud_event(sample: Sample) -> None:
    made = cloud_event(sample)
    assert made["specversion"] == "1.0"
    assert (made["id"], made["source"]) == ("4711", "/tenure")
    assert made["type"] == f"cn.example.tenure.{sample.topic}"
    assert datetime.fromisoformat(made["time"]).utcoffset() == timedelta(0)
    assert made["recordedtime"] == "2026-03-05T06:03:00.000123Z"
    for name, value in made.items():
        assert re.fullmatch(r"[a-z0-9]{1,20}", name)
        assert value is not None
        if name != "data":
            assert isinstance(value, str) or -(2**31) <= value < 2**31
            assert value != ""
    assert made["data"].keys() == {"facts", "words"}
    assert all(made["data"]["words"].values())


def test_a_position_beyond_what_an_integer_holds_there_is_told_whole() -> None:
    sample = next(iter(samples()))
    assert cloud_event(sample, 2**53 + 1)["position"] == str(2**53 + 1)


def test_identities_and_parties_stay_in_the_house_and_everything_else_is_told() -> None:
    kept = {topic for topic in event_classes() if not is_told(topic)}
    assert kept == {
        topic for topic in event_classes() if topic.partition(".")[0] in {"identity", "party"}
    }
    assert told_topics() == event_classes().keys() - kept


def test_no_choice_of_topics_lets_an_identity_out() -> None:
    assert not Topics().matches("identity.reserved")
    assert not Topics(frozenset({"identity.*", "identity.reserved"})).matches("identity.reserved")


def test_a_ping_is_a_cloud_event_without_facts() -> None:
    made = json.loads(ping(HOUSE, "ping_1", AT))
    assert made["type"] == "cn.example.tenure.webhook.ping"
    assert made["data"]["facts"] == {}


def test_whoever_follows_may_read_the_whole_audit_anyway() -> None:
    assert set(permissions.needs("follow-events")) <= set(permissions.needs("see-audit"))
