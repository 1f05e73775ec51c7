"""The log's contract on a real broker, and Kafka's own behavior."""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from shared.errors import Fenced, LogGap, SchemaMismatch
from shared.log.kafka.adapter import KafkaLog
from shared.log.kafka.settings import KafkaTuning
from shared.log.port import Log, OutgoingRecord, Partition, TopicSpec
from tests.contracts.log_contract import PLAYS, TITLES, LogContract, Member, poll_together
from tests.contracts.waiting import until
from tests.stack import TestStack

pytestmark = pytest.mark.stack


class Broker:
    """Direct access to the test broker, for operations that the platform never does."""

    def __init__(self, stack: TestStack) -> None:
        self.bootstrap = stack.settings.kafka.servers
        self.admin: Any = KafkaAdminClient(bootstrap_servers=self.bootstrap)

    @contextmanager
    def log(self, tuning: KafkaTuning | None = None) -> Iterator[KafkaLog]:
        """Yield a log with a new prefix; its topics are deleted afterwards."""
        prefix = f"contract-{uuid.uuid4().hex[:12]}-"
        log = KafkaLog(self.bootstrap, prefix, replication=1, tuning=tuning)
        try:
            yield log
        finally:
            log.close()
            self.delete([name for name in self.admin.list_topics() if name.startswith(prefix)])

    def delete(self, topics: list[str]) -> None:
        if topics:
            self.admin.delete_topics(topics)
            until(
                lambda: not set(topics) & set(self.admin.list_topics()),
                lambda: threading.Event().wait(0.05),
            )

    def outer(self, log: Log, topic: str) -> str:
        assert isinstance(log, KafkaLog)
        return log._names.outer(topic)


@pytest.fixture(scope="module")
def broker(stack: TestStack) -> Iterator[Broker]:
    broker = Broker(stack)
    yield broker
    broker.admin.close()


class TestKafkaLog(LogContract):
    broker: Broker

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _attach(cls, broker: Broker) -> None:
        cls.broker = broker

    @contextmanager
    def open_log(self) -> Iterator[KafkaLog]:
        with self.broker.log() as log:
            yield log

    def trim(self, log: Log, partition: Partition, start: int) -> None:
        where = TopicPartition(self.broker.outer(log, partition.topic), partition.index)
        self.broker.admin.delete_records({where: start})

    def recreate(self, log: Log, spec: TopicSpec) -> None:
        self.broker.delete([self.broker.outer(log, spec.topic)])
        log.ensure_topics([spec])


def test_only_the_broker_sees_the_prefix(broker: Broker) -> None:
    with broker.log() as log:
        log.ensure_topics([PLAYS])
        assert broker.outer(log, "plays") in broker.admin.list_topics()
        assert "plays" not in broker.admin.list_topics()
        assert log.topic("plays").topic == "plays"
        member = Member(log, "workers", ["plays"])
        until(lambda: bool(member.consumer.assignment()), member.poll)
        assert {partition.topic for partition in member.consumer.assignment()} == {"plays"}
        member.consumer.close()


def test_topics_are_created_with_append_time_and_their_retention(broker: Broker) -> None:
    with broker.log() as log:
        log.ensure_topics([PLAYS, TITLES])
        settings = {
            name: _settings(broker, broker.outer(log, name)) for name in ("plays", "titles")
        }
        assert {values["message.timestamp.type"] for values in settings.values()} == {
            "LogAppendTime"
        }
        assert (settings["plays"]["cleanup.policy"], settings["plays"]["retention.ms"]) == (
            "delete",
            "3600000",
        )
        assert (settings["titles"]["cleanup.policy"], settings["titles"]["retention.ms"]) == (
            "compact",
            "-1",
        )


def _alter(broker: Broker, topic: str, config: dict[str, str]) -> None:
    from kafka.admin import ConfigResource, ConfigResourceType

    broker.admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, config)])
    _wait_for_settings(broker, topic, config)


def _wait_for_settings(broker: Broker, topic: str, config: dict[str, str]) -> None:
    until(
        lambda: config.items() <= _settings(broker, topic).items(),
        lambda: threading.Event().wait(0.05),
    )


def test_a_topic_with_foreign_settings_is_refused_with_the_command_that_repairs_it(
    broker: Broker,
) -> None:
    with broker.log() as log:
        log.ensure_topics([PLAYS])
        name = broker.outer(log, "plays")
        _alter(broker, name, {"message.timestamp.type": "CreateTime", "cleanup.policy": "compact"})
        with pytest.raises(SchemaMismatch) as caught:
            log.ensure_topics([PLAYS])
        command = f"kafka-configs.sh --bootstrap-server {broker.bootstrap} --alter"
        for phrase in (
            "message.timestamp.type is CreateTime, expected LogAppendTime",
            "cleanup.policy is compact, expected delete",
            "`marquee up --alter-topics`",
            f"{command} --entity-type topics --entity-name {name} --add-config ",
        ):
            assert phrase in str(caught.value)
        log.ensure_topics([PLAYS], alter=True)
        _wait_for_settings(broker, name, {"message.timestamp.type": "LogAppendTime"})
        assert log.ensure_topics([PLAYS]) == []


def test_a_topic_with_another_replication_factor_is_refused(broker: Broker) -> None:
    with broker.log() as log:
        log.ensure_topics([PLAYS])
        three = KafkaLog(broker.bootstrap, log._names.prefix, replication=3)
        with pytest.raises(SchemaMismatch, match="1 replicas per partition, expected 3"):
            three.ensure_topics([PLAYS], alter=True)
        three.close()


def _settings(broker: Broker, topic: str) -> dict[str, str]:
    from kafka.admin import ConfigResource, ConfigResourceType

    described = broker.admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, topic, None)], config_filter="all"
    )
    return {name: str(entry["value"]) for name, entry in described["topic"][topic].items()}


def test_a_member_that_stopped_polling_is_fenced_and_may_join_again(broker: Broker) -> None:
    impatient = KafkaTuning(
        session_timeout_ms=6_000, heartbeat_interval_ms=500, max_poll_interval_ms=1_500
    )
    with broker.log(impatient) as log:
        log.ensure_topics([PLAYS])
        stuck = Member(log, "workers", ["plays"])
        until(lambda: len(stuck.consumer.assignment()) == 4, stuck.poll)
        heir = Member(log, "workers", ["plays"])
        until(lambda: len(heir.consumer.assignment()) == 4, heir.poll)
        with pytest.raises(Fenced):
            stuck.consumer.commit({Partition("plays", 0): 0})
        until(
            lambda: len(stuck.consumer.assignment()) == len(heir.consumer.assignment()) == 2,
            lambda: poll_together(stuck, heir),
        )
        assert stuck.rebalances[1] == (
            "revoked",
            frozenset(Partition("plays", index) for index in range(4)),
        )
        stuck.consumer.close()
        heir.consumer.close()


def test_reading_ends_after_the_control_records_of_a_transaction(broker: Broker) -> None:
    with broker.log() as log:
        log.ensure_topics([TITLES])
        foreign = KafkaProducer(
            bootstrap_servers=broker.bootstrap, transactional_id=uuid.uuid4().hex
        )
        foreign.init_transactions()
        foreign.begin_transaction()
        foreign.send(broker.outer(log, "titles"), b"kept", b"k")
        foreign.commit_transaction()
        foreign.begin_transaction()
        foreign.send(broker.outer(log, "titles"), b"dropped", b"k")
        foreign.flush()
        foreign.abort_transaction()
        foreign.close()
        titles = Partition("titles", 0)
        # The broker writes the control record of the abort after it has acknowledged the request.
        until(lambda: log.end_offset(titles) == 4, partial(time.sleep, 0.05))
        assert [record.value for record in log.read(titles, 0, 4)] == [b"kept"]


def test_reading_a_recreated_topic_raises_a_gap(broker: Broker) -> None:
    with broker.log() as log:
        log.ensure_topics([TITLES])
        producer = log.producer()
        producer.send(OutgoingRecord("titles", b"k", b"v")).result(10)
        producer.close()
        broker.delete([broker.outer(log, "titles")])
        log.ensure_topics([TITLES])
        with pytest.raises(LogGap):
            list(log.read(Partition("titles", 0), 0, 1))


def test_records_of_threads_that_share_a_producer_arrive_once(broker: Broker) -> None:
    with broker.log() as log:
        log.ensure_topics([PLAYS])
        producer = log.producer()
        threads = [
            threading.Thread(target=_send_many, args=(producer, str(name).encode()))
            for name in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        producer.flush(30)
        producer.close()
        for name in range(4):
            key = str(name).encode()
            values = [
                record.value
                for index in range(4)
                for record in log.read(
                    Partition("plays", index), 0, log.end_offset(Partition("plays", index))
                )
                if record.key == key
            ]
            assert values == [str(number).encode() for number in range(500)]


def _send_many(producer: Any, key: bytes) -> None:
    for number in range(500):
        producer.send(OutgoingRecord("plays", key, str(number).encode()))
