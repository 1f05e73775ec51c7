"""What every Kafka client of the platform is told, in full: the library's defaults lose or repeat
records.
"""

from dataclasses import dataclass
from typing import Any

from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.partitioner import DefaultPartitioner


@dataclass(frozen=True, slots=True)
class KafkaTuning:
    """Times and sizes that may differ between machines; what is needed for correctness is not here
    but below.
    """

    connect_timeout_s: float = 5.0
    """How long a first contact may take before the log counts as unavailable."""
    request_timeout_s: float = 10.0
    """How long one request may stay unanswered."""
    delivery_timeout_s: float = 30.0
    """How long a record may wait for its acknowledgement before its future fails; longer than a
    request.
    """
    linger_ms: int = 5
    """How long the producer waits for company before it sends a batch."""
    buffer_bytes: int = 64 * 1024 * 1024
    """Unacknowledged bytes a producer holds before it answers Backpressure; kafka-python itself
    knows no bound.
    """
    max_record_bytes: int = 1024 * 1024
    """The largest record, as Kafka's own default."""
    session_timeout_ms: int = 15_000
    """A silent member loses its partitions after this long."""
    heartbeat_interval_ms: int = 1_000
    """How often a member shows itself, and so how soon it hears that the group is dividing anew."""
    max_poll_interval_ms: int = 300_000
    """A member that does not poll for this long loses its partitions, however well it heartbeats."""
    fetch_max_wait_ms: int = 100
    """How long the broker holds back an empty answer."""
    idle_probe_s: float = 5.0
    """An idle consumer asks this often whether a broker is there at all: kafka-python's poll cannot
    tell silence from absence.
    """


def _common(bootstrap: str, client_id: str, tuning: KafkaTuning) -> dict[str, Any]:
    return {
        "bootstrap_servers": bootstrap.split(","),
        "client_id": client_id,
        "bootstrap_timeout_ms": int(tuning.connect_timeout_s * 1000),
        "request_timeout_ms": int(tuning.request_timeout_s * 1000),
        "reconnect_backoff_ms": 50,
        "reconnect_backoff_max_ms": 1_000,
        "retry_backoff_ms": 100,
        "metadata_max_age_ms": 30_000,
    }


def admin_config(bootstrap: str, client_id: str, tuning: KafkaTuning) -> dict[str, Any]:
    """For the shared client that asks about topics and offsets."""
    return _common(bootstrap, client_id, tuning)


def producer_config(bootstrap: str, client_id: str, tuning: KafkaTuning) -> dict[str, Any]:
    """Every record once, in order, on all in-sync replicas; idempotence by name, so that a
    conflicting setting raises.
    """
    return _common(bootstrap, client_id, tuning) | {
        "enable_idempotence": True,
        "acks": "all",
        "max_in_flight_requests_per_connection": 5,
        "delivery_timeout_ms": int(tuning.delivery_timeout_s * 1000),
        "max_block_ms": int(tuning.connect_timeout_s * 1000),
        "linger_ms": tuning.linger_ms,
        "batch_size": 64 * 1024,
        "max_request_size": tuning.max_record_bytes,
        "compression_type": None,
        "partitioner": DefaultPartitioner(),
        "allow_auto_create_topics": False,
        "metrics_enabled": False,
    }


def reader_config(bootstrap: str, client_id: str, tuning: KafkaTuning) -> dict[str, Any]:
    """For a consumer outside any group: it commits nothing, skips nothing and sees committed
    records only.
    """
    return _common(bootstrap, client_id, tuning) | {
        "group_id": None,
        "enable_auto_commit": False,
        "auto_offset_reset": "none",
        "isolation_level": "read_committed",
        "allow_auto_create_topics": False,
        "check_crcs": True,
        "fetch_max_wait_ms": tuning.fetch_max_wait_ms,
        "max_partition_fetch_bytes": max(4 * 1024 * 1024, tuning.max_record_bytes),
        "metrics_enabled": False,
    }


def member_config(
    bootstrap: str, client_id: str, group: str, tuning: KafkaTuning
) -> dict[str, Any]:
    """For a member of a consumer group; ranges, so that one member owns the same index of every
    topic.
    """
    return reader_config(bootstrap, client_id, tuning) | {
        "group_id": group,
        "session_timeout_ms": tuning.session_timeout_ms,
        "heartbeat_interval_ms": tuning.heartbeat_interval_ms,
        "max_poll_interval_ms": tuning.max_poll_interval_ms,
        "partition_assignment_strategy": [RangePartitionAssignor()],
    }


def topic_config(retention_ms: int | None, compacted: bool, replication: int) -> dict[str, str]:
    """Append time is the only "now" of the platform, so the broker sets it, not the producer."""
    return {
        "message.timestamp.type": "LogAppendTime",
        "cleanup.policy": "compact" if compacted else "delete",
        "retention.ms": "-1" if retention_ms is None else str(retention_ms),
        "retention.bytes": "-1",
        "delete.retention.ms": str(7 * 86_400_000),
        "min.insync.replicas": str(max(1, replication - 1)),
        "unclean.leader.election.enable": "false",
    }
