"""The connection to Cassandra: made in the background, mended by itself, and never waited for once
it is known to be down.
"""

import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cassandra import ConsistencyLevel, ProtocolVersion
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.policies import (
    ConstantReconnectionPolicy,
    DCAwareRoundRobinPolicy,
    FallthroughRetryPolicy,
    NoSpeculativeExecutionPolicy,
    RetryPolicy,
    TokenAwarePolicy,
)
from cassandra.query import tuple_factory

from shared.errors import StoreUnavailable
from shared.store.cassandra.errors import DRIVER_ERRORS, translate

PLAIN = EXEC_PROFILE_DEFAULT
COMPARE_AND_SET = "compare-and-set"
SERIAL_READ = "serial-read"

_RETRY_EVERY_S = 1.0


class OnceMore(RetryPolicy):  # type: ignore[misc]
    """Repeat a plain read or write once; both may be, because reads change nothing and writes carry
    their timestamp.

    The driver passes the arguments by name, so they are called what its own policy calls them.
    """

    def on_read_timeout(
        self,
        query: Any,
        consistency: Any,
        required_responses: int,
        received_responses: int,
        data_retrieved: bool,
        retry_num: int,
    ) -> tuple[int, Any]:
        del query, required_responses, received_responses, data_retrieved
        return (self.RETRY, consistency) if retry_num == 0 else (self.RETHROW, None)

    def on_write_timeout(
        self,
        query: Any,
        consistency: Any,
        write_type: Any,
        required_responses: int,
        received_responses: int,
        retry_num: int,
    ) -> tuple[int, Any]:
        del query, write_type, required_responses, received_responses
        return (self.RETRY, consistency) if retry_num == 0 else (self.RETHROW, None)

    def on_unavailable(
        self,
        query: Any,
        consistency: Any,
        required_replicas: int,
        alive_replicas: int,
        retry_num: int,
    ) -> tuple[int, Any]:
        del query, required_replicas, alive_replicas
        return (self.RETRY_NEXT_HOST, consistency) if retry_num == 0 else (self.RETHROW, None)

    def on_request_error(
        self, query: Any, consistency: Any, error: Any, retry_num: int
    ) -> tuple[int, Any]:
        del query, error
        return (self.RETRY_NEXT_HOST, consistency) if retry_num == 0 else (self.RETHROW, None)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the cluster is: contact points, port, and the data center whose replicas answer."""

    hosts: Sequence[str]
    port: int
    local_dc: str

    def __str__(self) -> str:
        return f"{','.join(self.hosts)}:{self.port}"


def make_cluster(address: Address, request_timeout_s: float) -> Any:
    """A cluster object with nothing left to the driver's defaults that decides what is lost,
    repeated or waited for.
    """

    def profile(consistency: int, retry: RetryPolicy) -> ExecutionProfile:
        return ExecutionProfile(
            load_balancing_policy=TokenAwarePolicy(
                DCAwareRoundRobinPolicy(local_dc=address.local_dc)
            ),
            retry_policy=retry,
            consistency_level=consistency,
            serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL,
            request_timeout=request_timeout_s,
            row_factory=tuple_factory,
            speculative_execution_policy=NoSpeculativeExecutionPolicy(),
        )

    return Cluster(
        contact_points=list(address.hosts),
        port=address.port,
        protocol_version=ProtocolVersion.V5,
        execution_profiles={
            PLAIN: profile(ConsistencyLevel.LOCAL_QUORUM, OnceMore()),
            # A repeated compare-and-set would find its own first attempt in the way and report that
            # it lost.
            COMPARE_AND_SET: profile(ConsistencyLevel.LOCAL_QUORUM, FallthroughRetryPolicy()),
            SERIAL_READ: profile(ConsistencyLevel.LOCAL_SERIAL, OnceMore()),
        },
        reconnection_policy=ConstantReconnectionPolicy(_RETRY_EVERY_S, max_attempts=None),
        connect_timeout=2.0,
        control_connection_timeout=2.0,
        max_schema_agreement_wait=10,
        # Without it a request of more than one segment waits for a delayed acknowledgement: 44 ms
        # instead of one.
        sockopts=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        idle_heartbeat_interval=5,
        idle_heartbeat_timeout=3,
        compression=False,
    )


class Connection:
    """One driver session, connected by a background thread that tries every second until it
    succeeds.

    From then on the driver itself reconnects. Callers wait for the outcome of the *first* attempt
    only: afterwards an absent cluster is told at once, so that a page is not held up by a store
    that is down.
    """

    def __init__(self, address: Address, request_timeout_s: float) -> None:
        self.address = address
        self._request_timeout_s = request_timeout_s
        self._tried = threading.Event()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._cluster: Any = None
        self._session: Any = None
        self._failure = "no attempt has ended yet"
        self._thread = threading.Thread(target=self._connect, name="cassandra-connect", daemon=True)
        self._thread.start()

    def tried(self, timeout_s: float) -> bool:
        """Wait until the first attempt has succeeded or failed; false if it is still under way."""
        return self._tried.wait(timeout_s)

    def settled(self) -> bool:
        """Whether the first attempt is over, so that `session` would not wait."""
        return self._tried.is_set()

    def session(self) -> Any:
        """The driver's session.

        Raises:
            StoreUnavailable: there is none (yet).
        """
        self._tried.wait(self._request_timeout_s)
        if self._session is None:
            state = "closed" if self._closed.is_set() else f"not connected: {self._failure}"
            raise StoreUnavailable(f"Cassandra at {self.address} is {state}")
        return self._session

    def _connect(self) -> None:
        while not self._closed.is_set():
            if self._attempt():
                return
            self._closed.wait(_RETRY_EVERY_S)

    def _attempt(self) -> bool:
        cluster = make_cluster(self.address, self._request_timeout_s)
        try:
            session = cluster.connect()
        except DRIVER_ERRORS as error:
            self._failure = str(translate(error, "connect"))
            cluster.shutdown()
            self._tried.set()
            return False
        with self._lock:
            if not self._closed.is_set():
                self._cluster, self._session = cluster, session
                self._tried.set()
                return True
        cluster.shutdown()
        self._tried.set()
        return True

    def close(self) -> None:
        """Stop trying, and let go of the session."""
        self._closed.set()
        with self._lock:
            cluster, self._cluster, self._session = self._cluster, None, None
        if cluster is not None:
            cluster.shutdown()
        self._thread.join(self._request_timeout_s)
