"""The store's contract on a real Cassandra, and Cassandra's own behavior."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from shared.errors import RequestRejected, SchemaMismatch, StoreUnavailable
from shared.store.cassandra.adapter import CassandraStore
from shared.store.port import Cells, Key, Table, Write
from tests.contracts.store_contract import StoreContract
from tests.contracts.store_tables import (
    PARTS,
    POINTERS,
    SINGLES,
    TABLES,
    fresh_key,
    part,
    pointer,
    values,
)
from tests.contracts.waiting import until
from tests.stack import TestStack

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def keyspace() -> str:
    return f"contract_{fresh_key()}"


@pytest.fixture(scope="module")
def store(stack: TestStack, keyspace: str) -> Iterator[CassandraStore]:
    store = CassandraStore(stack.settings.cassandra.address, keyspace, replication=1)
    store.migrate(TABLES)
    yield store
    store._run(f"DROP KEYSPACE {keyspace}")
    store.close()


class TestCassandraStore(StoreContract):
    store: CassandraStore

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _attach(cls, store: CassandraStore) -> None:
        cls.store = store

    @contextmanager
    def open_store(self) -> Iterator[CassandraStore]:
        yield self.store

    def wait_a_little(self) -> None:
        time.sleep(0.05)


def test_statements_are_idempotent_unless_they_compare_and_set(store: CassandraStore) -> None:
    store.write([part(fresh_key(), "a", b"v", 1)])
    store.compare_and_set(POINTERS, (fresh_key(),), None, {"current": "g", "number": 1})
    assert {
        statement.is_idempotent for text, statement in store._prepared.items() if " IF " not in text
    } == {True}
    assert {
        statement.is_idempotent for text, statement in store._prepared.items() if " IF " in text
    } == {False}


def test_rows_of_a_partition_are_one_unlogged_batch_with_its_routing_key(
    store: CassandraStore,
) -> None:
    key = fresh_key()
    write = Write(PARTS, (key,), {(name,): {"value": b"v"} for name in "abc"}, 5)
    batch = store._bound(store._inserts(write))
    assert batch.batch_type.name == "UNLOGGED"
    assert batch.is_idempotent
    assert batch.routing_key == key.encode()
    assert all("USING TIMESTAMP" in text for text, _ in store._inserts(write))


def test_a_keyspace_with_another_replication_is_refused_with_the_commands_that_repair_it(
    stack: TestStack, store: CassandraStore, keyspace: str
) -> None:
    del store
    address = stack.settings.cassandra.address
    three = CassandraStore(address, keyspace, replication=3)
    with pytest.raises(SchemaMismatch) as caught:
        three.migrate(TABLES)
    three.close()
    options = "{'class': 'NetworkTopologyStrategy', 'datacenter1': '3'}"
    for phrase in (
        "stores each row 1 times in data center datacenter1",
        f"ALTER KEYSPACE {keyspace} WITH replication = {options};",
        f"nodetool repair --full {keyspace}",
    ):
        assert phrase in str(caught.value)


class Undecided(CassandraStore):
    """Loses the requests or the responses of its first proposals, as `lose` lists them."""

    lose: list[str]

    def _propose(self, table: Table, partition: Key, expected: Cells | None, new: Cells) -> bool:
        what = self.lose.pop(0) if self.lose else "nothing"
        if what != "request":
            applied = super()._propose(table, partition, expected, new)
        if what != "nothing":
            raise StoreUnavailable(f"the {what} was lost")
        return applied


@pytest.fixture
def undecided(stack: TestStack, store: CassandraStore, keyspace: str) -> Iterator[Undecided]:
    del store
    broken = Undecided(stack.settings.cassandra.address, keyspace, replication=1)
    yield broken
    broken.close()


def test_a_compare_and_set_with_a_lost_response_is_found_to_be_applied(
    undecided: Undecided,
) -> None:
    name, cells = (fresh_key(),), pointer("g1", 1)
    undecided.lose = ["response"]
    assert undecided.compare_and_set(POINTERS, name, None, cells)
    undecided.lose = ["response"]
    assert undecided.compare_and_set(POINTERS, name, cells, pointer("g2", 2))
    assert undecided.read(POINTERS, name) == {(): pointer("g2", 2)}


def test_a_compare_and_set_with_a_lost_request_is_proposed_again(undecided: Undecided) -> None:
    name, cells = (fresh_key(),), pointer("g1", 1)
    undecided.lose = ["request", "request"]
    assert undecided.compare_and_set(POINTERS, name, None, cells)
    assert undecided.read(POINTERS, name) == {(): cells}


def test_a_refused_compare_and_set_with_a_lost_response_returns_false(
    undecided: Undecided,
) -> None:
    name, mine, theirs = (fresh_key(),), pointer("g1", 1), pointer("g9", 9)
    undecided.lose = []
    assert undecided.compare_and_set(POINTERS, name, None, theirs)
    undecided.lose = ["response"]
    assert not undecided.compare_and_set(POINTERS, name, None, mine)


def test_a_compare_and_set_without_a_known_outcome_raises(undecided: Undecided) -> None:
    undecided.lose = ["request"] * 3
    with pytest.raises(StoreUnavailable, match="settle"):
        undecided.compare_and_set(POINTERS, (fresh_key(),), None, pointer("g1", 1))


def test_a_read_ends_at_its_deadline(store: CassandraStore) -> None:
    key = fresh_key()
    for start in range(0, 12_000, 3_000):
        store.write(
            [
                Write(
                    PARTS,
                    (key,),
                    {
                        (str(number),): {"value": b"v" * 500}
                        for number in range(start, start + 3_000)
                    },
                    1,
                )
            ]
        )

    async def read() -> float:
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            await store.read_async(PARTS, (key,), timeout_s=0.002)
        return time.monotonic() - began

    assert asyncio.run(read()) < 1
    assert len(values(store, key)) == 12_000


def test_a_cancelled_caller_and_a_closed_loop_do_no_harm(store: CassandraStore) -> None:
    async def leave() -> None:
        task = asyncio.create_task(store.read_async(SINGLES, (fresh_key(),), timeout_s=5))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    for _ in range(20):
        asyncio.run(leave())
    assert asyncio.run(store.read_async(SINGLES, (fresh_key(),), timeout_s=5)) == {}


def test_a_value_of_the_wrong_type_is_rejected(store: CassandraStore) -> None:
    with pytest.raises(RequestRejected):
        store.write([Write(SINGLES, (fresh_key(),), {(): {"total": "many"}}, 1)])


def test_calls_fail_at_once_while_cassandra_is_down_and_succeed_afterwards(
    own_stack: TestStack, store: CassandraStore, keyspace: str
) -> None:
    key = fresh_key()
    store.write([part(key, "a", b"1", 1)])
    own_stack.kill("cassandra")
    with pytest.raises(StoreUnavailable):
        until(lambda: False, lambda: values(store, key))
    assert asyncio.run(_refused_after_s(store, key)) < 0.5
    address = own_stack.settings.cassandra.address
    later_store = CassandraStore(address, keyspace, replication=1)
    with pytest.raises(StoreUnavailable, match=str(address.port)):
        values(later_store, key)
    own_stack.start()
    for connected in (store, later_store):
        until(partial(_is_readable, connected, key), partial(time.sleep, 0.1), deadline_s=60)
        assert values(connected, key) == {"a": b"1"}
    later_store.close()


async def _refused_after_s(store: CassandraStore, key: str) -> float:
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await store.read_async(PARTS, (key,), timeout_s=5)
    return time.monotonic() - began


def _is_readable(store: CassandraStore, key: str) -> bool:
    try:
        store.read(PARTS, (key,))
    except StoreUnavailable:
        return False
    return True
