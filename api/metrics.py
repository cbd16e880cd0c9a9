"""Prometheus metrics: requests, latency, commands by outcome, the views' lag, the pool's use.

A registry an application, so that two of them in one process (or in the tests) do not meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

Gauges = Callable[[], Iterable[tuple[str, str, Mapping[str, str], float]]]
"""Read at every scrape: name, meaning, labels and value of each gauge."""


class Metrics:
    """What one application counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "tenure_http_requests",
            "Requests answered, by route and status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "tenure_http_request_seconds",
            "Time from the request's head to the answer's end, by route.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._commands = Counter(
            "tenure_commands",
            "Commands answered, by command and outcome: done, or the slug of the problem.",
            ("command", "outcome"),
            registry=self.registry,
        )

        # Finding a sample by its labels costs more than counting on it.
        self._request_samples = lru_cache(maxsize=4_096)(self._requests.labels)
        self._second_samples = lru_cache(maxsize=1_024)(self._seconds.labels)
        self._command_samples = lru_cache(maxsize=1_024)(self._commands.labels)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answered request. route: its template, never the path that was sent."""
        self._request_samples(method, route, str(status)).inc()
        self._second_samples(method, route).observe(seconds)

    def count_command(self, command: str, outcome: str) -> None:
        """One answered command."""
        self._command_samples(command, outcome).inc()

    def add_gauges(self, read: Gauges) -> None:
        """Gauges that are read when somebody looks."""
        self.registry.register(_ReadAtScrape(read))

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)


class _ReadAtScrape(Collector):
    def __init__(self, read: Gauges) -> None:
        self._read = read

    def describe(self) -> Iterable[Metric]:
        """Nothing is read at registration: the database may not be up yet."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """One family a name, with a sample for each set of labels."""
        families: dict[str, GaugeMetricFamily] = {}
        for name, meaning, labels, value in self._read():
            family = families.get(name)
            if family is None:
                family = families[name] = GaugeMetricFamily(name, meaning, labels=list(labels))
            family.add_metric(list(labels.values()), value)
        return families.values()
