"""The online tier's metrics, one comment each; a replica's own registry, since each replica is a
process of its own.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_LATENCY_S = (0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)


class Telemetry:
    """Counters of one replica; with several replicas a scrape sees the one that the ingress chose,
    told apart by `marquee_replica`.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        # Which replica answered this scrape: counters of different replicas are different series.
        replica = Gauge(
            "marquee_replica",
            "The process that answered this scrape",
            ["process"],
            registry=registry,
        )
        replica.labels(str(os.getpid())).set(1)
        # How pages were made: fresh, stored, remembered, popular or static.
        self.pages = Counter(
            "marquee_pages", "Pages served, by rung of the ladder", ["rung"], registry=registry
        )
        # What was missing from pages, by name; one page may count several times.
        self.degraded = Counter(
            "marquee_degraded", "Pages degraded, by what was missing", ["what"], registry=registry
        )
        # From a request's arrival in the assembler to the last byte of its answer.
        self.page_seconds = Histogram(
            "marquee_page_seconds", "Time to assemble a page", buckets=_LATENCY_S, registry=registry
        )
        # Where that time goes.
        self.step_seconds = Histogram(
            "marquee_page_step_seconds",
            "Time of a step",
            ["step"],
            buckets=_LATENCY_S,
            registry=registry,
        )
        # Served pages that the log has not got: every one is a hole in what can be learned.
        self.pages_not_logged = Counter(
            "marquee_pages_not_logged", "Pages served but not logged", registry=registry
        )
        # Served pages that only the replica that made them can scroll: the write behind the answer
        # failed.
        self.pages_not_stored = Counter(
            "marquee_pages_not_stored", "Pages not written for scrolling", registry=registry
        )
        # Events taken in, by type, and refused, by reason.
        self.events = Counter(
            "marquee_events_accepted", "Events acknowledged by the log", ["type"], registry=registry
        )
        self.refused = Counter(
            "marquee_events_refused", "Events refused", ["reason"], registry=registry
        )
        # Batches answered 503 because the log did not acknowledge.
        self.events_unavailable = Counter(
            "marquee_events_unavailable", "Batches the log did not acknowledge", registry=registry
        )
        # A bug was met and a lower rung served instead: look at the log.
        self.defects = Counter(
            "marquee_defects", "Unexpected errors behind a fallback", ["where"], registry=registry
        )
        # Age of the catalog: time since the end of its topic was last reached.
        self.catalog_age = Gauge(
            "marquee_catalog_age_seconds", "Age of the catalog", registry=registry
        )
        # 1 for the generation that is served now.
        self.generation = Gauge(
            "marquee_generation", "The generation served", ["generation"], registry=registry
        )
        # 1 while the store is not being called because it fails.
        self.breaker_open = Gauge(
            "marquee_store_breaker_open", "Whether store calls are suspended", registry=registry
        )

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)
