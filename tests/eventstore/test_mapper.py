"""Events become plain JSON and the same events again."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec
import pytest
from eventsourcing.compressor import ZlibCompressor
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import (
    DatetimeAsISO,
    JSONTranscoder,
    MapperDeserialisationError,
    StoredEvent,
    UUIDAsHex,
)
from eventsourcing.utils import get_topic
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstore.mapper import Mapper

NOON = datetime(2026, 3, 5, 12, 0, 0, 123456, tzinfo=UTC)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Part:
    id: UUID
    colour: Colour
    weighed_at: datetime | None


@dataclass(frozen=True)
class Whole:
    parts: list[Part]
    by_name: dict[str, Part]


class Assembled(Aggregate.Event):
    TOPIC = "mapper_test.assembled"

    name: str
    count: int
    weight: Decimal
    is_new: bool
    made_on: date
    took: timedelta
    colour: Colour
    kind: Literal["big", "small"]
    part_id: UUID
    whole: Whole
    spare: Part | None
    tags: frozenset[str]
    pair: tuple[int, str]
    facts: dict[str, Any]
    due_at: datetime


class Grown(Aggregate.Event):
    TOPIC = "mapper_test.grown"

    name: str
    nickname: str | None = None
    toys: list[str] = field(default_factory=list)


class Moved(Aggregate.Event):
    TOPIC = "mapper_test.moved"
    class_version = 3

    to: UUID
    at_speed: int
    by: Colour

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """v2 named the speed's unit."""
        state["at_speed"] = state.pop("speed")

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        """v3 added who moved it; before it was red alone."""
        state["by"] = "red"


for _event_class in (Assembled, Grown, Moved):
    get_topic(_event_class)

instants = st.datetimes(
    min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)
)
texts = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=8,
)
parts = st.builds(Part, st.uuids(), st.sampled_from(Colour), st.none() | instants)
assembled = st.builds(
    Assembled,
    originator_id=st.uuids(),
    originator_version=st.integers(1, 2**40),
    timestamp=instants,
    name=texts,
    count=st.integers(-(2**63), 2**63 - 1),
    weight=st.decimals(allow_nan=False, allow_infinity=False),
    is_new=st.booleans(),
    made_on=st.dates(),
    took=st.timedeltas(),
    colour=st.sampled_from(Colour),
    kind=st.sampled_from(["big", "small"]),
    part_id=st.uuids(),
    whole=st.builds(Whole, st.lists(parts, max_size=3), st.dictionaries(texts, parts, max_size=3)),
    spare=st.none() | parts,
    tags=st.frozensets(texts, max_size=3),
    pair=st.tuples(st.integers(-9, 9), texts),
    facts=st.dictionaries(texts, json_values, max_size=3),
    due_at=instants,
)


@pytest.fixture(scope="module")
def mapper() -> Mapper[UUID]:
    return Mapper(JSONTranscoder())


def stored(topic: str, **state: object) -> StoredEvent:
    return StoredEvent(uuid4(), 3, topic, msgspec.json.encode({"timestamp": NOON, **state}))


@settings(deadline=None)
@given(event=assembled)
def test_every_event_comes_back_as_it_was(mapper: Mapper[UUID], event: Assembled) -> None:
    copy = mapper.to_domain_event(mapper.to_stored_event(event))
    assert type(copy) is Assembled
    assert vars(copy) == vars(event)
    assert all(type(value) is type(vars(event)[name]) for name, value in vars(copy).items())


@settings(deadline=None)
@given(event=assembled)
def test_a_stored_state_is_the_same_text_each_time(mapper: Mapper[UUID], event: Assembled) -> None:
    # Sets have no order, so theirs may differ.
    first = mapper.to_stored_event(replace(event, tags=frozenset()))
    assert mapper.to_stored_event(mapper.to_domain_event(first)) == first


def test_stored_json_is_plain(mapper: Mapper[UUID]) -> None:
    stream, part = uuid4(), uuid4()
    event = Moved(stream, 7, NOON, part, 5, Colour.BLUE)
    assert mapper.to_stored_event(event) == StoredEvent(
        stream,
        7,
        "mapper_test.moved",
        b'{"timestamp":"2026-03-05T12:00:00.123456Z","to":"%s","at_speed":5,"by":"blue",'
        b'"class_version":3}' % str(part).encode(),
    )


@pytest.mark.parametrize(
    "state",
    [
        {"speed": 5},
        {"class_version": 1, "speed": 5},
        {"class_version": 2, "at_speed": 5},
        {"class_version": 3, "at_speed": 5, "by": "red"},
        {"class_version": 4, "at_speed": 5, "by": "red", "unheard_of": [1]},
    ],
)
def test_every_version_is_read_as_the_present_one(
    mapper: Mapper[UUID], state: dict[str, object]
) -> None:
    to = uuid4()
    old = stored("mapper_test.moved", to=to, **state)
    assert mapper.to_domain_event(old) == Moved(old.originator_id, 3, NOON, to, 5, Colour.RED)


def test_fields_that_an_old_event_lacks_have_their_defaults(mapper: Mapper[UUID]) -> None:
    old = stored("mapper_test.grown", name="Ann")
    first, second = mapper.to_domain_event(old), mapper.to_domain_event(old)
    assert vars(first)["nickname"] is None
    assert vars(first)["toys"] == []
    assert vars(first)["toys"] is not vars(second)["toys"]


def test_fields_that_a_newer_release_added_are_passed_over(mapper: Mapper[UUID]) -> None:
    new = stored("mapper_test.grown", name="Ann", nickname="A", toys=[], hat="green")
    assert mapper.to_domain_event(new) == Grown(new.originator_id, 3, NOON, "Ann", "A", [])


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b'{"timestamp":"2026-03-05T12:00:00Z"}',
        b'{"timestamp":"2026-03-05T12:00:00Z","name":5}',
        b'{"timestamp":"yesterday","name":"Ann"}',
    ],
)
def test_a_state_that_cannot_be_read_names_the_event(mapper: Mapper[UUID], state: bytes) -> None:
    broken = StoredEvent(uuid4(), 3, "mapper_test.grown", state)
    with pytest.raises(MapperDeserialisationError, match=f"grown.*3.*{broken.originator_id}"):
        mapper.to_domain_event(broken)


def test_a_value_that_json_has_no_form_for_is_refused(mapper: Mapper[UUID]) -> None:
    with pytest.raises(TypeError):
        mapper.to_stored_event(Grown(uuid4(), 1, NOON, "Ann", None, [object()]))  # type: ignore[list-item]


def test_instants_of_other_zones_are_the_same_instants(mapper: Mapper[UUID]) -> None:
    there = NOON.astimezone(timezone(timedelta(hours=8)))
    event = mapper.to_domain_event(mapper.to_stored_event(Grown(uuid4(), 1, there, "Ann")))
    assert event.timestamp == NOON


def test_states_may_be_compressed() -> None:
    mapper = Mapper[UUID](JSONTranscoder(), compressor=ZlibCompressor())
    event = Grown(uuid4(), 1, NOON, "Ann" * 100)
    compressed = mapper.to_stored_event(event)
    assert len(compressed.state) < 100
    assert mapper.to_domain_event(compressed) == event


class Robot(Aggregate):
    def __init__(self, built_at: datetime, parts: list[UUID]) -> None:
        self.built_at = built_at
        self.parts = parts


def test_snapshots_keep_the_state_of_any_aggregate() -> None:
    transcoder = JSONTranscoder()
    transcoder.register(UUIDAsHex())
    transcoder.register(DatetimeAsISO())
    mapper = Mapper[UUID](transcoder)
    robot = Robot(NOON, [uuid4()])
    robot.collect_events()
    snapshot = Robot.Snapshot.take(robot)
    copy = mapper.to_domain_event(mapper.to_stored_event(snapshot))
    assert copy.mutate(None) == robot
