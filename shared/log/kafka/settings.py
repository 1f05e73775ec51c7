"""Settings of the Kafka clients, importable without kafka-python."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KafkaTuning:
    """Timeouts and sizes that may differ between machines.

    Defaults without another source are guesses. Settings that decide whether records are lost or
    repeated are fixed in `shared.log.kafka.configuration`.
    """

    connect_timeout_s: float = 5.0
    """Time limit of the first connection; after it the log counts as unavailable."""
    request_timeout_s: float = 10.0
    """Time limit of one request."""
    delivery_timeout_s: float = 30.0
    """How long a record may wait for its acknowledgement before its future fails; at least
    `request_timeout_s`.
    """
    linger_ms: int = 5
    """How long the producer waits for more records before it sends a batch."""
    batch_bytes: int = 64 * 1024
    """Largest batch of the producer, per partition."""
    buffer_bytes: int = 64 * 1024 * 1024
    """Maximum number of unacknowledged bytes; a producer with more raises Backpressure.
    kafka-python has no such limit.
    """
    max_record_bytes: int = 1024 * 1024
    """Maximum size of a record; equal to Kafka's default."""
    session_timeout_ms: int = 15_000
    """A group member that sends no heartbeat for this long loses its partitions."""
    heartbeat_interval_ms: int = 1_000
    """Time between two heartbeats; a member learns of a rebalance at the next one."""
    max_poll_interval_ms: int = 300_000
    """A group member that does not poll for this long loses its partitions, even if it sends
    heartbeats.
    """
    fetch_max_wait_ms: int = 100
    """How long the broker may delay an empty fetch response."""
    fetch_bytes: int = 4 * 1024 * 1024
    """Largest fetch per partition; `max_record_bytes` where that is larger."""
    metadata_max_age_ms: int = 30_000
    """Clients refresh the cluster's metadata at least this often."""
    idle_probe_s: float = 5.0
    """A consumer that receives nothing checks this often whether a broker answers; kafka-python's
    poll does not distinguish an idle topic from a broker that is down.
    """

    def __post_init__(self) -> None:
        """Refuse values that contradict each other.

        Raises:
            ValueError: with the two fields in its message.
        """
        if self.delivery_timeout_s < self.request_timeout_s:
            raise ValueError("delivery_timeout_s must be at least request_timeout_s")
        if 3 * self.heartbeat_interval_ms > self.session_timeout_ms:
            raise ValueError("session_timeout_ms must be at least 3 × heartbeat_interval_ms")
