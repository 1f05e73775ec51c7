"""The metrics of the nearline tier, one comment each; one registry per worker."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

_WRITE_BUCKETS_S: Final = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
)  # fmt: skip
_FRESHNESS_BUCKETS_S: Final = (
    0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 60.0, 600.0,
)  # fmt: skip


class WorkerMetrics:
    """The metrics of one worker. Counters get the suffix `_total` when they are exposed."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        # Valid events by type, including duplicates and replays.
        self.events = self._counter("events", "Valid events read", "type")
        # Events with an id that was folded before: a producer sent them twice.
        self.duplicates = self._counter("duplicate_events", "Events sent twice")
        # Records that stored rows include already: they were read twice, after a failure.
        self.replays = self._counter("replayed_events", "Events read again and skipped")
        # Event types that no handler folds, erasure requests among them.
        self.unhandled = self._counter("unhandled_events", "Events without a handler", "type")
        # Records that could not be handled. The reason handler_error is a bug in a handler.
        self.dead_letters = self._counter("dead_letter_records", "Rejected records", "reason")
        # Records in a partition that does not match their key: a producer uses another hash.
        self.misrouted = self._counter("misrouted_records", "Records sent to the right partition")
        # Records that handlers and rerouting wrote to the log.
        self.outgoing = self._counter("outgoing_records", "Records written to the log", "topic")
        # Parts that were not read because their handler has a newer version or does not exist.
        # If not zero, parts are incomplete until a shadow fold has filled them.
        self.skipped_parts = self._counter(
            "skipped_parts", "Loaded parts of other handler versions", "handler"
        )
        # Positive counter deltas for a bucket that was closed already.
        self.late_deltas = self._counter("late_deltas", "Deltas dropped as too late", "counter")
        # Time of writing the rows of one batch.
        self.write_seconds = self._histogram(
            "write_seconds", "Time to write a batch", _WRITE_BUCKETS_S
        )
        # Per event, from receipt by the gateway (without one: from append) to the stored row.
        self.freshness_seconds = self._histogram(
            "freshness_seconds", "Time from receipt to store", _FRESHNESS_BUCKETS_S
        )
        # Records that are not folded yet, updated about every second.
        self.lag = self._gauge("lag_records", "Records behind the log's end", "topic", "partition")
        # Partitions with lag and a position that does not advance; alert if not zero.
        self.stuck = self._gauge("stuck_partitions", "Partitions that do not advance")
        self.cached = self._gauge("cached_profiles", "Profiles in memory")
        # Failures of log or store after which the worker tried again; nothing is lost.
        self.retries = self._counter("retries", "Failures that were retried", "error")
        # 1 for the encoder in use; absent while no generation is published.
        self.encoder = self._gauge("encoder_info", "The encoder in use", "encoder_id")
        # Encoders that could not be loaded, and batches that could not be encoded.
        self.encoder_failures = self._counter("encoder_failures", "Encoder failures", "step")

    def serve(self, port: int) -> None:
        """Answer GET /metrics on loopback in a new thread."""
        start_http_server(port, addr="127.0.0.1", registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"marquee_nearline_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"marquee_nearline_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"marquee_nearline_{name}", text, buckets=buckets, registry=self.registry)
