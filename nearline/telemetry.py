"""The nearline tier's metrics, one comment each; one registry a worker."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_FRESHNESS_S = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 60.0, 600.0)


class Telemetry:
    """What a worker counts; every name a dashboard may use stands here."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        # Valid events by type, whatever became of them.
        self.events = Counter(
            "marquee_nearline_events", "Valid events read", ["type"], registry=registry
        )
        # Events that were known already: sent twice by a producer, or read twice after a failure.
        self.duplicates = Counter(
            "marquee_nearline_duplicates", "Events sent twice", registry=registry
        )
        self.replays = Counter(
            "marquee_nearline_replays", "Events read again and skipped", registry=registry
        )
        # Types that no handler wants; erasure requests are among them until one does.
        self.unhandled = Counter(
            "marquee_nearline_unhandled", "Events without a handler", ["type"], registry=registry
        )
        # Records that could not be handled, by reason; handler_error is a bug: look at the dead
        # letter.
        self.dead_letters = Counter(
            "marquee_nearline_dead_letters", "Records given up", ["reason"], registry=registry
        )
        # Records that stood in a partition which their key does not belong to; a producer hashes
        # keys its own way.
        self.misrouted = Counter(
            "marquee_nearline_misrouted", "Records put into the right partition", registry=registry
        )
        # Counted starts that came too late for what trends.
        self.late = Counter(
            "marquee_nearline_late_starts", "Starts too late for the tally", registry=registry
        )
        # Time of writing one batch's rows.
        self.write_seconds = Histogram(
            "marquee_nearline_write_seconds",
            "Time to write a batch",
            buckets=_SECONDS,
            registry=registry,
        )
        # From the gateway's receipt (a producer's own records: from append) to stored, per event.
        self.freshness_seconds = Histogram(
            "marquee_nearline_freshness_seconds",
            "From received to stored",
            buckets=_FRESHNESS_S,
            registry=registry,
        )
        # Records not folded yet; set when a partition is assigned and about every second after.
        self.lag = Gauge(
            "marquee_nearline_lag_records",
            "Records behind the log's end",
            ["topic", "partition"],
            registry=registry,
        )
        # Partitions with lag whose position does not move: a person should look.
        self.stuck = Gauge(
            "marquee_nearline_stuck_partitions", "Partitions that do not move", registry=registry
        )
        # Profiles in memory.
        self.cached = Gauge(
            "marquee_nearline_profiles_cached", "Profiles in memory", registry=registry
        )
        # Failures of log or store that were waited out; nothing is lost by one.
        self.retries = Counter(
            "marquee_nearline_retries",
            "Batches rewound after a failure",
            ["error"],
            registry=registry,
        )
        # 1 for the encoder in use; none while no generation is published.
        self.encoder = Gauge(
            "marquee_nearline_encoder", "The encoder in use", ["encoder_id"], registry=registry
        )
        # Encoders that could not be loaded, and batches of embeddings that could not be computed.
        self.encoder_failures = Counter(
            "marquee_nearline_encoder_failures",
            "Embeddings that failed",
            ["step"],
            registry=registry,
        )

    def serve(self, port: int) -> None:
        """Answer GET /metrics on loopback, on a thread of its own."""
        start_http_server(port, addr="127.0.0.1", registry=self.registry)
