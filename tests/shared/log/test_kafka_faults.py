"""Producers and consumers while a broker is killed and restarted."""

import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial

import pytest

from shared.errors import LogUnavailable
from shared.log.kafka.adapter import KafkaLog
from shared.log.kafka.settings import KafkaTuning
from shared.log.port import OutgoingRecord, Partition
from tests.contracts.log_contract import PLAYS, Member
from tests.contracts.waiting import until
from tests.stack import TestStack

pytestmark = [pytest.mark.stack, pytest.mark.faults]

SHORT_PROBES = KafkaTuning(connect_timeout_s=1.0, delivery_timeout_s=120.0, idle_probe_s=0.5)


@contextmanager
def log_on(stack: TestStack) -> Iterator[KafkaLog]:
    log = KafkaLog(
        stack.settings.kafka.servers,
        f"faults-{uuid.uuid4().hex[:12]}-",
        replication=1,
        tuning=SHORT_PROBES,
    )
    log.ensure_topics([PLAYS])
    yield log
    log.close()


def test_a_broker_killed_under_load_keeps_acknowledged_records_once(
    own_stack: TestStack,
) -> None:
    with log_on(own_stack) as log, closing(log.producer()) as producer:
        futures = []
        for number in range(3_000):
            futures.append(producer.send(OutgoingRecord("plays", b"p-1", str(number).encode())))
            if number == 1_000:
                futures[0].result(10)
                own_stack.kill("kafka")
            if number == 2_000:
                own_stack.start()
        producer.flush(120)
        acknowledged = [
            number for number, future in enumerate(futures) if future.exception() is None
        ]
        partition = futures[0].result()[0]
        stored = _values(log, partition)
        assert set(acknowledged) <= set(stored)
        assert stored == sorted(set(stored))
        assert len(acknowledged) == 3_000


def test_an_idle_member_raises_while_the_broker_is_down_and_resumes_afterwards(
    own_stack: TestStack,
) -> None:
    with log_on(own_stack) as log, closing(log.producer()) as producer:
        member = Member(log, "workers", ["plays"])
        until(lambda: len(member.consumer.assignment()) == 4, member.poll)
        own_stack.kill("kafka")
        with pytest.raises(LogUnavailable):
            until(lambda: False, member.poll)
        with pytest.raises(LogUnavailable):
            member.consumer.commit({next(iter(member.consumer.assignment())): 0})
        own_stack.start()
        producer.send(OutgoingRecord("plays", b"k", b"after", partition=2)).result(30)
        until(lambda: b"after" in member.values(), partial(_poll_through, member), deadline_s=60)
        until(
            lambda: _committed(member, Partition("plays", 2)),
            partial(_poll_through, member),
            deadline_s=60,
        )
        member.consumer.close()


def _values(log: KafkaLog, partition: Partition) -> list[int]:
    """Return the partition's values, once the broker answers this client again."""
    for _ in range(100):
        try:
            return [
                int(record.value or b"")
                for record in log.read(partition, 0, log.end_offset(partition))
            ]
        except LogUnavailable:
            time.sleep(0.1)
    raise AssertionError("the restarted broker does not answer")


def _poll_through(member: Member) -> None:
    try:
        member.poll()
    except LogUnavailable:
        time.sleep(0.05)


def _committed(member: Member, partition: Partition) -> bool:
    try:
        member.consumer.commit({partition: 1})
    except LogUnavailable:
        return False
    return True
