"""The metrics of the online tier, one comment each.

Every replica is a process with its own registry. A scrape reads the replica that the ingress chose;
`marquee_online_replica_info` identifies it.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_LATENCY_S = (0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)


class Telemetry:
    """Counters, gauges and histograms of one replica."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        # The process that answers the scrape: counters of different replicas are different series.
        self._gauge("replica_info", "The process that answered this scrape", "process").labels(
            str(os.getpid())
        ).set(1)
        # How pages were made: the rung of the ladder.
        self.pages = self._counter("pages", "Pages served, by rung of the ladder", "rung")
        # Missing inputs and failed steps by name; one page may count under several names.
        self.degraded = self._counter("degraded_pages", "Pages with something missing", "cause")
        # From a request's arrival in the assembler to the last byte of its answer.
        self.page_seconds = self._histogram("page_seconds", "Time to assemble a page")
        # The same time by step.
        self.step_seconds = self._histogram("step_seconds", "Time of a step", "step")
        # A step or a part of one that raised: a defect, see the log.
        self.step_failures = self._counter("step_failures", "Steps that raised", "step")
        # A step or a part of one that took longer than its budget.
        self.step_overruns = self._counter("step_overruns", "Steps over their budget", "step")
        # Precomputed rows of kinds that are not registered.
        self.unknown_kinds = self._counter("unknown_row_kinds", "Stored rows dropped", "kind")
        # Served pages that are missing from the log, and so from what can be learned.
        self.pages_not_logged = self._counter("unlogged_pages", "Pages served but not logged")
        # Served pages that only the replica that made them can scroll: the later write failed.
        self.pages_not_stored = self._counter("unstored_pages", "Pages not stored for scrolling")
        # Events that the log acknowledged, by type.
        self.events = self._counter("accepted_events", "Events acknowledged by the log", "type")
        # Events that can never be accepted, by reason.
        self.refused = self._counter("refused_events", "Events refused", "reason")
        # Batches answered 503 because the log did not acknowledge.
        self.events_unavailable = self._counter(
            "unavailable_batches", "Batches the log did not acknowledge"
        )
        # Time since the end of the catalog's topic was last reached; −1 before the first time.
        self.catalog_age = self._gauge("catalog_age_seconds", "Age of the catalog")
        # 1 for the generation that is served now.
        self.generation = self._gauge("generation_info", "The generation served", "generation")
        # 1 while the store is not called because it fails.
        self.breaker_open = self._gauge("store_breaker_open", "Whether store calls are suspended")

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"marquee_online_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"marquee_online_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(
            f"marquee_online_{name}", text, labels, buckets=_LATENCY_S, registry=self.registry
        )
