"""The settings and the errors of real driver objects, without a Cassandra."""

import ast
import asyncio
import inspect
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import cassandra
import cassandra.cluster
import cassandra.connection
import cassandra.pool
import cassandra.protocol
import cassandra.query
import pytest
from cassandra import ConsistencyLevel, ProtocolVersion, WriteTimeout, WriteType
from cassandra.io.libevreactor import LibevConnection
from cassandra.policies import (
    ConstantReconnectionPolicy,
    DCAwareRoundRobinPolicy,
    FallthroughRetryPolicy,
    NoSpeculativeExecutionPolicy,
    RetryPolicy,
    TokenAwarePolicy,
)
from cassandra.query import tuple_factory

import shared.store
from shared.errors import RequestRejected, SchemaMismatch, StoreUnavailable
from shared.store.cassandra import statements
from shared.store.cassandra.adapter import CassandraStore
from shared.store.cassandra.errors import MEANINGS, translate
from shared.store.cassandra.keyspace import copies_in, replication_options
from shared.store.cassandra.session import (
    COMPARE_AND_SET,
    PLAIN,
    SERIAL_READ,
    RetryOnce,
    make_cluster,
)
from shared.store.cassandra.settings import Address, CassandraTuning
from shared.store.tables import ALL_TABLES, PAGES

ADDRESS = Address(("127.0.0.1",), 9, "dc-here")


def loopback(port: int) -> Address:
    return Address(("127.0.0.1",), port, "datacenter1")


def test_every_request_uses_a_local_quorum_and_a_timeout() -> None:
    cluster = make_cluster(ADDRESS, CassandraTuning(request_timeout_s=1.25))
    profiles = {
        name: cluster.profile_manager.profiles[name]
        for name in (PLAIN, COMPARE_AND_SET, SERIAL_READ)
    }
    assert {name: profile.consistency_level for name, profile in profiles.items()} == {
        PLAIN: ConsistencyLevel.LOCAL_QUORUM,
        COMPARE_AND_SET: ConsistencyLevel.LOCAL_QUORUM,
        SERIAL_READ: ConsistencyLevel.LOCAL_SERIAL,
    }
    for profile in profiles.values():
        assert profile.serial_consistency_level == ConsistencyLevel.LOCAL_SERIAL
        assert profile.request_timeout == 1.25
        assert profile.row_factory is tuple_factory
        assert isinstance(profile.load_balancing_policy, TokenAwarePolicy)
        assert isinstance(profile.load_balancing_policy._child_policy, DCAwareRoundRobinPolicy)
        assert profile.load_balancing_policy._child_policy.local_dc == "dc-here"
        assert isinstance(profile.speculative_execution_policy, NoSpeculativeExecutionPolicy)
    assert isinstance(profiles[PLAIN].retry_policy, RetryOnce)
    assert isinstance(profiles[SERIAL_READ].retry_policy, RetryOnce)
    assert isinstance(profiles[COMPARE_AND_SET].retry_policy, FallthroughRetryPolicy)


def test_a_lost_cluster_is_reconnected_every_second_without_limit() -> None:
    cluster = make_cluster(ADDRESS, CassandraTuning())
    assert isinstance(cluster.reconnection_policy, ConstantReconnectionPolicy)
    assert (cluster.reconnection_policy.delay, cluster.reconnection_policy.max_attempts) == (
        1.0,
        None,
    )
    assert (cluster.connect_timeout, cluster.control_connection_timeout) == (2.0, 2.0)
    assert (cluster.idle_heartbeat_interval, cluster.idle_heartbeat_timeout) == (5, 3)


def test_protocol_and_reactor_are_the_measured_ones() -> None:
    cluster = make_cluster(ADDRESS, CassandraTuning())
    assert cluster.protocol_version == ProtocolVersion.V5
    assert cluster.connection_class is LibevConnection


def test_plain_requests_are_retried_once() -> None:
    policy, level = RetryOnce(), ConsistencyLevel.LOCAL_QUORUM
    retry, next_host, rethrow = (
        (RetryPolicy.RETRY, level),
        (RetryPolicy.RETRY_NEXT_HOST, level),
        (RetryPolicy.RETHROW, None),
    )
    for attempt, same_host, other_host in ((0, retry, next_host), (1, rethrow, rethrow)):
        assert policy.on_read_timeout(None, level, 2, 1, False, attempt) == same_host
        assert (
            policy.on_write_timeout(None, level, WriteType.UNLOGGED_BATCH, 2, 1, attempt)
            == same_host
        )
        assert policy.on_unavailable(None, level, 2, 1, attempt) == other_host
        assert policy.on_request_error(None, level, OSError(), attempt) == other_host


@pytest.mark.parametrize(
    "method", ["on_read_timeout", "on_write_timeout", "on_unavailable", "on_request_error"]
)
def test_the_retry_policy_has_the_parameter_names_of_the_driver(
    method: str,
) -> None:
    ours, theirs = (inspect.signature(getattr(kind, method)) for kind in (RetryOnce, RetryPolicy))
    assert list(ours.parameters) == list(theirs.parameters)


def _driver_exceptions() -> set[type[Exception]]:
    modules: tuple[ModuleType, ...] = (
        cassandra,
        cassandra.cluster,
        cassandra.connection,
        cassandra.pool,
        cassandra.protocol,
        cassandra.query,
    )
    return {
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, Exception)
        and kind.__module__.startswith("cassandra")
    }


def test_every_exception_of_the_driver_is_mapped() -> None:
    assert sorted(kind.__name__ for kind in _driver_exceptions() if kind not in MEANINGS) == []


def test_exceptions_are_translated_by_what_a_caller_can_do() -> None:
    assert isinstance(
        translate(WriteTimeout("slow", write_type=WriteType.SIMPLE), "write"), StoreUnavailable
    )
    assert isinstance(translate(cassandra.OperationTimedOut(), "read"), StoreUnavailable)
    assert isinstance(translate(ConnectionResetError(), "read"), StoreUnavailable)
    assert isinstance(translate(cassandra.AlreadyExists("ks", "t"), "migrate"), SchemaMismatch)
    assert isinstance(translate(cassandra.InvalidRequest("too large"), "write"), RequestRejected)
    assert isinstance(translate(TypeError("not bytes"), "write"), RequestRejected)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses connections; the bound socket reserves it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never responds."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_without_cassandra_the_constructor_returns_and_calls_fail_at_once(
    closed_port: int,
) -> None:
    began = time.monotonic()
    store = CassandraStore(loopback(closed_port), "nowhere", replication=1)
    assert time.monotonic() - began < 0.5
    for _ in range(3):
        with pytest.raises(StoreUnavailable, match=f"127.0.0.1:{closed_port}"):
            store.read(PAGES, ("page",))
    assert time.monotonic() - began < 3
    store.close()


def test_calls_to_a_silent_cassandra_end_at_their_deadline(silent_port: int) -> None:
    store = CassandraStore(
        loopback(silent_port),
        "nowhere",
        replication=1,
        tuning=CassandraTuning(request_timeout_s=1.0),
    )

    async def read() -> float:
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            await store.read_async(PAGES, ("page",), timeout_s=0.1)
        return time.monotonic() - began

    loop = asyncio.new_event_loop()
    assert loop.run_until_complete(read()) < 0.5
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        store.read(PAGES, ("page",))


# Appends, counters, server-side clocks and nulls: none of them can be replayed.
FORBIDDEN = re.compile(
    r"\bcounter\b|\bnow\s*\(|\buuid\s*\(|\bcurrenttime|\bnull\b|\blist\s*<|\bset\s*<|\bmap\s*<|\+\s*\?|=\s*\w+\s*\+|LOGGED",
    re.I,
)
CQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|BATCH)\b")


def _all_statements() -> list[str]:
    cql = [
        statements.create_keyspace("ks", replication_options(1, "dc")),
        statements.create_keyspace("ks", replication_options(3, "dc")),
        statements.alter_keyspace("ks", replication_options(3, "dc")),
        statements.READ_REPLICATION,
        statements.READ_COLUMNS,
    ]
    makers = (
        statements.create_table, statements.select_partition, statements.select_keys,
        statements.newest_timestamps, statements.delete_partition, statements.delete_pointer,
        statements.insert_if_absent, statements.update_if_equal,
    )  # fmt: skip
    for table in ALL_TABLES:
        cql += [maker("ks", table) for maker in makers]
        cql += [statements.insert("ks", table, table.cells, with_ttl) for with_ttl in (False, True)]
        cql += [statements.select_rows("ks", table)] if table.clustering else []
    return cql


def test_every_statement_can_be_replayed() -> None:
    assert [statement for statement in _all_statements() if FORBIDDEN.search(statement)] == []


def test_every_plain_write_has_an_explicit_timestamp() -> None:
    plain = [
        text
        for text in _all_statements()
        if text.startswith(("INSERT", "UPDATE", "DELETE")) and " IF " not in text
    ]
    assert plain
    assert [text for text in plain if "USING TIMESTAMP ?" not in text] == []


def test_only_one_module_contains_cql() -> None:
    folder = Path(shared.store.__file__).parent
    modules = {
        path.name
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CQL.search(node.value)
    }
    assert modules == {"statements.py"}


def test_several_copies_are_placed_in_the_local_data_center() -> None:
    assert statements.create_keyspace("ks", replication_options(3, "dc")).endswith(
        "WITH replication = {'class': 'NetworkTopologyStrategy', 'dc': '3'}"
    )
    assert statements.create_keyspace("ks", replication_options(1, "dc")).endswith(
        "WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '1'}"
    )


@pytest.mark.parametrize(
    ("replication", "copies"),
    [
        ({"class": "org.apache.cassandra.locator.SimpleStrategy", "replication_factor": "1"}, 1),
        ({"class": "org.apache.cassandra.locator.NetworkTopologyStrategy", "dc": "3"}, 3),
        ({"class": "org.apache.cassandra.locator.NetworkTopologyStrategy", "far": "3"}, 0),
    ],
)
def test_copies_are_counted_in_the_local_data_center(
    replication: dict[str, str], copies: int
) -> None:
    assert copies_in(replication, "dc") == copies
