"""The settings that the client objects really hold, and the errors that they really raise; no
broker is needed.
"""

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

HASTY = KafkaTuning(connect_timeout_s=0.3, request_timeout_s=0.2, delivery_timeout_s=0.6)
KNOWN_BROKER: dict[str, Any] = {"api_version": (3, 9)}


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address at which connections are refused, held so that nothing else can listen there."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


def test_a_consumer_commits_nothing_skips_nothing_and_sees_committed_records_only(
    nobody: str,
) -> None:
    for config in (
        reader_config(nobody, "test", HASTY),
        member_config(nobody, "test", "workers", HASTY),
    ):
        client = make_client(KafkaConsumer, config | KNOWN_BROKER)
        held = client.config
        client.close(timeout_ms=100)
        assert held["enable_auto_commit"] is False
        assert held["auto_offset_reset"] == "none"
        assert held["isolation_level"] == "read_committed"
        assert held["allow_auto_create_topics"] is False
        assert held["check_crcs"] is True


def test_a_member_says_how_long_it_may_be_silent_and_how_partitions_are_shared(nobody: str) -> None:
    client = make_client(
        KafkaConsumer, member_config(nobody, "test", "workers", KafkaTuning()) | KNOWN_BROKER
    )
    held = client.config
    client.close(timeout_ms=100)
    assert (held["group_id"], held["session_timeout_ms"], held["heartbeat_interval_ms"]) == (
        "workers",
        15_000,
        1_000,
    )
    assert held["max_poll_interval_ms"] == 300_000
    assert [type(assignor) for assignor in held["partition_assignment_strategy"]] == [
        RangePartitionAssignor
    ]


def test_a_producer_is_idempotent_by_name_and_waits_for_all_replicas(nobody: str) -> None:
    client = make_client(KafkaProducer, producer_config(nobody, "test", HASTY) | KNOWN_BROKER)
    held = client.config
    client.close(timeout=1)
    assert held["enable_idempotence"] is True
    assert held["acks"] == -1
    assert held["retries"] == float("inf")
    assert held["max_in_flight_requests_per_connection"] == 5
    assert held["compression_type"] is None
    assert held["allow_auto_create_topics"] is False
    assert isinstance(held["partitioner"], DefaultPartitioner)
    assert held["linger_ms"] == 5


@pytest.mark.parametrize(
    "conflict", [{"acks": 1}, {"retries": 0}, {"max_in_flight_requests_per_connection": 6}]
)
def test_a_setting_that_would_switch_idempotence_off_raises(
    nobody: str, conflict: dict[str, int]
) -> None:
    config = producer_config(nobody, "test", HASTY) | KNOWN_BROKER | conflict
    with pytest.raises(KafkaConfigurationError):
        make_client(KafkaProducer, config)


def test_a_replicated_topic_refuses_writes_that_only_one_copy_would_hold() -> None:
    assert topic_config(None, compacted=True, replication=3)["min.insync.replicas"] == "2"
    assert topic_config(None, compacted=True, replication=1)["min.insync.replicas"] == "1"
    assert (
        topic_config(None, compacted=True, replication=3)["unclean.leader.election.enable"]
        == "false"
    )


def _driver_exceptions() -> set[type[Exception]]:
    """Every exception class of the library, wherever it is defined; its command line and benchmarks
    are not the library.
    """
    found: set[type[Exception]] = set()
    for module in pkgutil.walk_packages(kafka.__path__, "kafka."):
        if not {"cli", "benchmarks", "vendor", "__main__", "generate_stubs"} & set(
            module.name.split(".")
        ):
            loaded = import_module(module.name)
            found |= {
                kind
                for kind in vars(loaded).values()
                if isinstance(kind, type) and issubclass(kind, KafkaError)
            }
    return found


def test_every_exception_of_the_driver_has_a_meaning() -> None:
    unmapped = sorted(kind.__name__ for kind in _driver_exceptions() if kind not in MEANINGS)
    assert unmapped == []


def test_an_error_says_what_to_do_next_by_its_class() -> None:
    assert isinstance(translate(kafka.errors.NotEnoughReplicasError(), "write"), LogUnavailable)
    assert isinstance(
        translate(kafka.errors.OutOfOrderSequenceNumberError(), "write"), LogUnavailable
    )
    assert isinstance(translate(kafka.errors.CommitFailedError(), "commit"), Fenced)
    assert isinstance(translate(kafka.errors.OffsetOutOfRangeError(), "poll"), LogGap)
    assert isinstance(translate(kafka.errors.MessageSizeTooLargeError(), "write"), RequestRejected)


def test_a_code_that_the_library_does_not_know_counts_as_no_answer() -> None:
    assert isinstance(translate(kafka.errors.for_code(9_999)(), "write"), LogUnavailable)


def test_without_a_broker_every_question_fails_soon_and_names_the_address(nobody: str) -> None:
    log = KafkaLog(nobody, replication=1, tuning=HASTY)
    began = time.monotonic()
    with pytest.raises(LogUnavailable, match=nobody):
        log.topic("plays")
    with pytest.raises(LogUnavailable, match=nobody):
        log.consumer("workers", ["plays"], lambda _: None, lambda _: None)
    assert time.monotonic() - began < 5
    log.close()


def test_a_producer_can_be_made_without_a_broker_and_fails_its_records_in_time(nobody: str) -> None:
    producer = KafkaLog(nobody, replication=1, tuning=HASTY).producer()
    began = time.monotonic()
    future = producer.send(OutgoingRecord("plays", b"k", b"v"))
    assert time.monotonic() - began < 0.1
    with pytest.raises(LogUnavailable, match=nobody):
        producer.flush(0)
    with pytest.raises(LogUnavailable):
        future.result(5)
    producer.flush(1)
    producer.close()


def test_a_full_buffer_asks_the_sender_to_slow_down(nobody: str) -> None:
    tuning = KafkaTuning(
        connect_timeout_s=0.3, request_timeout_s=0.2, delivery_timeout_s=0.6, buffer_bytes=2_000
    )
    producer = KafkaLog(nobody, replication=1, tuning=tuning).producer()
    waiting = producer.send(OutgoingRecord("plays", b"k", b"v" * 1_000))
    with pytest.raises(Backpressure):
        producer.send(OutgoingRecord("plays", b"k", b"v" * 1_000))
    with pytest.raises(LogUnavailable):
        waiting.result(5)
    room = producer.send(OutgoingRecord("plays", b"k", b"v" * 1_000))
    with pytest.raises(LogUnavailable):
        room.result(5)
    producer.close()
