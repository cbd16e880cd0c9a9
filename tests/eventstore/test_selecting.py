"""Reading many streams at once."""

from uuid import uuid4

from eventsourcing.persistence import StoredEvent

from eventstore.recorders import ApplicationRecorder
from tests.eventstore.making import events


def test_many_streams_are_read_in_one_trip_each_in_its_order(
    recorder: ApplicationRecorder,
) -> None:
    streams = sorted(uuid4() for _ in range(3))
    for stream in reversed(streams):
        recorder.insert_events(events(3, stream))
    asked = [streams[2], uuid4(), streams[0]]
    found = recorder.streams(asked)
    assert [(event.originator_id, event.originator_version) for event in found] == [
        (stream, version) for stream in (streams[0], streams[2]) for version in (1, 2, 3)
    ]
    assert recorder.streams([]) == []


def test_topics_may_be_left_out(recorder: ApplicationRecorder) -> None:
    stream = uuid4()
    noted = StoredEvent(stream, 2, "test.noted", b"{}")
    recorder.insert_events([*events(1, stream), noted, *events(1, stream, first_version=3)])
    found = recorder.streams([stream], without=["test.noted"])
    assert [event.originator_version for event in found] == [1, 3]
    assert recorder.streams([stream], without=["test.noted", "test.happened"]) == []
