"""The store passes the suites that the library ships for its own persistence modules."""

from typing import Any
from unittest import TestCase

import pytest
from eventsourcing.persistence import Tracking
from eventsourcing.tests import application as application_suites
from eventsourcing.tests import persistence as suites
from eventsourcing.utils import Environment

from eventstore import Factory
from eventstore.connections import Database
from eventstore.recorders import (
    AggregateRecorder,
    ApplicationRecorder,
    ProcessRecorder,
    SnapshotRecorder,
)
from eventstore.tracking import TrackingRecorder


class OnFreshDatabase(TestCase):
    """Gives each test of a suite a database of its own."""

    database: Database

    @pytest.fixture(autouse=True)
    def _database(self, fresh: Database) -> None:
        self.database = fresh


class TestAggregateRecorder(OnFreshDatabase, suites.AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        return AggregateRecorder(self.database)


class TestSnapshotRecorder(OnFreshDatabase, suites.AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        return SnapshotRecorder(self.database)


class TestApplicationRecorder(
    OnFreshDatabase, suites.ApplicationRecorderTestCase[ApplicationRecorder]
):
    def create_recorder(self) -> ApplicationRecorder:
        return ApplicationRecorder(self.database)

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestTrackingRecorder(OnFreshDatabase, suites.TrackingRecorderTestCase):
    def create_recorder(self) -> TrackingRecorder:
        return TrackingRecorder(self.database)


class TestProcessRecorder(OnFreshDatabase, suites.ProcessRecorderTestCase):
    def create_recorder(self) -> ProcessRecorder:
        return ProcessRecorder(self.database)


class TestProcessRecorderAsApplicationRecorder(
    OnFreshDatabase, suites.ApplicationRecorderTestCase[ProcessRecorder]
):
    def create_recorder(self) -> ProcessRecorder:
        return ProcessRecorder(self.database)

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestNonInterleaving(OnFreshDatabase, suites.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> ApplicationRecorder:
        return ApplicationRecorder(self.database)


class CountingTrackingRecorder(TrackingRecorder):
    """As a view's recorder would be: more than the tracking alone."""

    def count(self, application_name: str) -> None:
        self.insert_tracking(Tracking(application_name, 1))


class TestFactory(suites.InfrastructureFactoryTestCase[Factory]):
    @pytest.fixture(autouse=True)
    def _environment(self, fresh_url: str) -> None:
        self.env = Environment(
            "Tenure", {"PERSISTENCE_MODULE": "eventstore", "TENURE_DATABASE": fresh_url}
        )

    def expected_factory_class(self) -> type[Factory]:
        return Factory

    def expected_aggregate_recorder_class(self) -> type[AggregateRecorder]:
        return AggregateRecorder

    def expected_application_recorder_class(self) -> type[ApplicationRecorder]:
        return ApplicationRecorder

    def expected_tracking_recorder_class(self) -> type[TrackingRecorder]:
        return TrackingRecorder

    def tracking_recorder_subclass(self) -> type[TrackingRecorder]:
        return CountingTrackingRecorder

    def expected_process_recorder_class(self) -> type[ProcessRecorder]:
        return ProcessRecorder


class TestExampleApplication(application_suites.ExampleApplicationTestCase):
    """With the library's own mapper, since its example stores what its annotations deny."""

    expected_factory_topic = "eventstore.factory:Factory"

    @pytest.fixture(autouse=True)
    def _environment(self, fresh_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.setenv("PERSISTENCE_MODULE", "eventstore")
        monkeypatch.setenv("TENURE_DATABASE", fresh_url)
        monkeypatch.setenv("MAPPER_TOPIC", "eventsourcing.persistence:Mapper")
