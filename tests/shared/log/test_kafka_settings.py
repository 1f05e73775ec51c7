"""The settings and the errors of real client objects, without a broker."""

import pkgutil
import socket
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import kafka
import kafka.errors
import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import KafkaConfigurationError, KafkaError
from kafka.partitioner import DefaultPartitioner

from shared.errors import Backpressure, Fenced, LogGap, LogUnavailable, RequestRejected
from shared.log.kafka.adapter import KafkaLog
from shared.log.kafka.clients import make_client
from shared.log.kafka.configuration import (
    member_config,
    producer_config,
    reader_config,
    topic_config,
)
from shared.log.kafka.errors import MEANINGS, translate
from shared.log.kafka.settings import KafkaTuning
from shared.log.port import OutgoingRecord

SHORT_TIMEOUTS = KafkaTuning(connect_timeout_s=0.3, request_timeout_s=0.2, delivery_timeout_s=0.6)
KNOWN_BROKER: dict[str, Any] = {"api_version": (3, 9)}


@pytest.fixture
def closed_address() -> Iterator[str]:
    """An address that refuses connections; the bound socket reserves its port."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


def test_a_consumer_reads_committed_records_only_and_never_resets_its_position(
    closed_address: str,
) -> None:
    for config in (
        reader_config(closed_address, "test", SHORT_TIMEOUTS),
        member_config(closed_address, "test", "workers", SHORT_TIMEOUTS),
    ):
        client = make_client(KafkaConsumer, config | KNOWN_BROKER)
        config_in_use = client.config
        client.close(timeout_ms=100)
        assert config_in_use["enable_auto_commit"] is False
        assert config_in_use["auto_offset_reset"] == "none"
        assert config_in_use["isolation_level"] == "read_committed"
        assert config_in_use["allow_auto_create_topics"] is False
        assert config_in_use["check_crcs"] is True


def test_a_member_has_explicit_timeouts_and_the_range_assignor(closed_address: str) -> None:
    client = make_client(
        KafkaConsumer,
        member_config(closed_address, "test", "workers", KafkaTuning()) | KNOWN_BROKER,
    )
    config_in_use = client.config
    client.close(timeout_ms=100)
    assert (
        config_in_use["group_id"],
        config_in_use["session_timeout_ms"],
        config_in_use["heartbeat_interval_ms"],
    ) == (
        "workers",
        15_000,
        1_000,
    )
    assert config_in_use["max_poll_interval_ms"] == 300_000
    assert [type(assignor) for assignor in config_in_use["partition_assignment_strategy"]] == [
        RangePartitionAssignor
    ]


def test_a_producer_is_explicitly_idempotent_and_waits_for_all_replicas(
    closed_address: str,
) -> None:
    client = make_client(
        KafkaProducer, producer_config(closed_address, "test", SHORT_TIMEOUTS) | KNOWN_BROKER
    )
    config_in_use = client.config
    client.close(timeout=1)
    assert config_in_use["enable_idempotence"] is True
    assert config_in_use["acks"] == -1
    assert config_in_use["retries"] == float("inf")
    assert config_in_use["max_in_flight_requests_per_connection"] == 5
    assert config_in_use["compression_type"] is None
    assert config_in_use["allow_auto_create_topics"] is False
    assert isinstance(config_in_use["partitioner"], DefaultPartitioner)
    assert config_in_use["linger_ms"] == 5


@pytest.mark.parametrize(
    "conflict", [{"acks": 1}, {"retries": 0}, {"max_in_flight_requests_per_connection": 6}]
)
def test_a_setting_that_contradicts_idempotence_raises(
    closed_address: str, conflict: dict[str, int]
) -> None:
    config = producer_config(closed_address, "test", SHORT_TIMEOUTS) | KNOWN_BROKER | conflict
    with pytest.raises(KafkaConfigurationError):
        make_client(KafkaProducer, config)


def test_a_replicated_topic_requires_two_in_sync_replicas() -> None:
    assert topic_config(None, compacted=True, replication=3)["min.insync.replicas"] == "2"
    assert topic_config(None, compacted=True, replication=1)["min.insync.replicas"] == "1"
    assert (
        topic_config(None, compacted=True, replication=3)["unclean.leader.election.enable"]
        == "false"
    )


def _driver_exceptions() -> set[type[Exception]]:
    """Return every exception class of the library, without its command line and benchmarks."""
    exceptions: set[type[Exception]] = set()
    for module in pkgutil.walk_packages(kafka.__path__, "kafka."):
        if not {"cli", "benchmarks", "vendor", "__main__", "generate_stubs"} & set(
            module.name.split(".")
        ):
            loaded = import_module(module.name)
            exceptions |= {
                kind
                for kind in vars(loaded).values()
                if isinstance(kind, type) and issubclass(kind, KafkaError)
            }
    return exceptions


def test_every_exception_of_the_client_is_mapped() -> None:
    unmapped = sorted(kind.__name__ for kind in _driver_exceptions() if kind not in MEANINGS)
    assert unmapped == []


def test_exceptions_are_translated_by_what_a_caller_can_do() -> None:
    assert isinstance(translate(kafka.errors.NotEnoughReplicasError(), "write"), LogUnavailable)
    assert isinstance(
        translate(kafka.errors.OutOfOrderSequenceNumberError(), "write"), LogUnavailable
    )
    assert isinstance(translate(kafka.errors.CommitFailedError(), "commit"), Fenced)
    assert isinstance(translate(kafka.errors.OffsetOutOfRangeError(), "poll"), LogGap)
    assert isinstance(translate(kafka.errors.MessageSizeTooLargeError(), "write"), RequestRejected)


def test_an_unknown_error_code_counts_as_unavailable() -> None:
    assert isinstance(translate(kafka.errors.for_code(9_999)(), "write"), LogUnavailable)


def test_without_a_broker_every_call_fails_soon_with_the_address(closed_address: str) -> None:
    log = KafkaLog(closed_address, replication=1, tuning=SHORT_TIMEOUTS)
    began = time.monotonic()
    with pytest.raises(LogUnavailable, match=closed_address):
        log.topic("plays")
    with pytest.raises(LogUnavailable, match=closed_address):
        log.consumer("workers", ["plays"], lambda _: None, lambda _: None)
    assert time.monotonic() - began < 5
    log.close()


def test_a_producer_without_a_broker_fails_its_records_in_time(closed_address: str) -> None:
    producer = KafkaLog(closed_address, replication=1, tuning=SHORT_TIMEOUTS).producer()
    began = time.monotonic()
    future = producer.send(OutgoingRecord("plays", b"k", b"v"))
    assert time.monotonic() - began < 0.1
    with pytest.raises(LogUnavailable, match=closed_address):
        producer.flush(0)
    with pytest.raises(LogUnavailable):
        future.result(5)
    producer.flush(1)
    producer.close()


def test_a_full_buffer_raises_backpressure(closed_address: str) -> None:
    tuning = KafkaTuning(
        connect_timeout_s=0.3, request_timeout_s=0.2, delivery_timeout_s=0.6, buffer_bytes=2_000
    )
    producer = KafkaLog(closed_address, replication=1, tuning=tuning).producer()
    waiting = producer.send(OutgoingRecord("plays", b"k", b"v" * 1_000))
    with pytest.raises(Backpressure):
        producer.send(OutgoingRecord("plays", b"k", b"v" * 1_000))
    with pytest.raises(LogUnavailable):
        waiting.result(5)
    room = producer.send(OutgoingRecord("plays", b"k", b"v" * 1_000))
    with pytest.raises(LogUnavailable):
        room.result(5)
    producer.close()
