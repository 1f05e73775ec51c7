"""The configuration of every Kafka client of the platform, without the library's defaults where
those could lose or repeat records.
"""

from typing import Any

from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.partitioner import DefaultPartitioner

from shared.clock import DAY_MS
from shared.log.kafka.settings import KafkaTuning


def _common(bootstrap: str, client_id: str, tuning: KafkaTuning) -> dict[str, Any]:
    return {
        "bootstrap_servers": bootstrap.split(","),
        "client_id": client_id,
        "bootstrap_timeout_ms": int(tuning.connect_timeout_s * 1000),
        "request_timeout_ms": int(tuning.request_timeout_s * 1000),
        "reconnect_backoff_ms": 50,
        "reconnect_backoff_max_ms": 1_000,
        "retry_backoff_ms": 100,
        "metadata_max_age_ms": tuning.metadata_max_age_ms,
    }


def admin_config(bootstrap: str, client_id: str, tuning: KafkaTuning) -> dict[str, Any]:
    """Configure the admin client, which describes topics and offsets."""
    return _common(bootstrap, client_id, tuning)


def producer_config(bootstrap: str, client_id: str, tuning: KafkaTuning) -> dict[str, Any]:
    """Configure a producer that writes each record once, in order, to all in-sync replicas.

    Idempotence is switched on explicitly, so that a setting that contradicts it raises.
    """
    return _common(bootstrap, client_id, tuning) | {
        "enable_idempotence": True,
        "acks": "all",
        "max_in_flight_requests_per_connection": 5,
        "delivery_timeout_ms": int(tuning.delivery_timeout_s * 1000),
        "max_block_ms": int(tuning.connect_timeout_s * 1000),
        "linger_ms": tuning.linger_ms,
        "batch_size": tuning.batch_bytes,
        "max_request_size": tuning.max_record_bytes,
        "compression_type": None,
        "partitioner": DefaultPartitioner(),
        "allow_auto_create_topics": False,
        "metrics_enabled": False,
    }


def reader_config(bootstrap: str, client_id: str, tuning: KafkaTuning) -> dict[str, Any]:
    """Configure a consumer outside any group; it reads committed records only, commits no offset
    and never resets its position.
    """
    return _common(bootstrap, client_id, tuning) | {
        "group_id": None,
        "enable_auto_commit": False,
        "auto_offset_reset": "none",
        "isolation_level": "read_committed",
        "allow_auto_create_topics": False,
        "check_crcs": True,
        "fetch_max_wait_ms": tuning.fetch_max_wait_ms,
        "max_partition_fetch_bytes": max(tuning.fetch_bytes, tuning.max_record_bytes),
        "metrics_enabled": False,
    }


def member_config(
    bootstrap: str, client_id: str, group: str, tuning: KafkaTuning
) -> dict[str, Any]:
    """Configure a member of a consumer group.

    The range assignor gives one member the partitions of equal index of every topic.
    """
    return reader_config(bootstrap, client_id, tuning) | {
        "group_id": group,
        "session_timeout_ms": tuning.session_timeout_ms,
        "heartbeat_interval_ms": tuning.heartbeat_interval_ms,
        "max_poll_interval_ms": tuning.max_poll_interval_ms,
        "partition_assignment_strategy": [RangePartitionAssignor()],
    }


def topic_config(retention_ms: int | None, compacted: bool, replication: int) -> dict[str, str]:
    """Configure a topic. Record times are append times, set by the broker; the nearline fold uses
    no other clock.
    """
    return {
        "message.timestamp.type": "LogAppendTime",
        "cleanup.policy": "compact" if compacted else "delete",
        "retention.ms": "-1" if retention_ms is None else str(retention_ms),
        "retention.bytes": "-1",
        "delete.retention.ms": str(7 * DAY_MS),
        "min.insync.replicas": str(max(1, replication - 1)),
        "unclean.leader.election.enable": "false",
    }
