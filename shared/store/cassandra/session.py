"""The connection to Cassandra: opened in the background, and reopened after a failure.

Callers never wait for a cluster that is known to be down.
"""

import socket
import threading
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
from shared.store.cassandra.settings import Address, CassandraTuning

PLAIN = EXEC_PROFILE_DEFAULT
COMPARE_AND_SET = "compare-and-set"
SERIAL_READ = "serial-read"


class RetryOnce(RetryPolicy):  # type: ignore[misc]
    """Repeat a plain read or write once. Both are idempotent: every write carries its timestamp.

    The driver passes the arguments by name, so the parameters have the names of its RetryPolicy.
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


def make_cluster(address: Address, tuning: CassandraTuning) -> Any:
    """Create the driver's cluster object.

    Every setting that decides whether writes are lost, repeated or waited for is set explicitly.
    """

    def profile(consistency: int, retry: RetryPolicy) -> ExecutionProfile:
        return ExecutionProfile(
            load_balancing_policy=TokenAwarePolicy(
                DCAwareRoundRobinPolicy(local_dc=address.local_dc)
            ),
            retry_policy=retry,
            consistency_level=consistency,
            serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL,
            request_timeout=tuning.request_timeout_s,
            row_factory=tuple_factory,
            speculative_execution_policy=NoSpeculativeExecutionPolicy(),
        )

    return Cluster(
        contact_points=list(address.hosts),
        port=address.port,
        protocol_version=ProtocolVersion.V5,
        execution_profiles={
            PLAIN: profile(ConsistencyLevel.LOCAL_QUORUM, RetryOnce()),
            # A repeated compare-and-set would see the result of the first attempt and report
            # a failure.
            COMPARE_AND_SET: profile(ConsistencyLevel.LOCAL_QUORUM, FallthroughRetryPolicy()),
            SERIAL_READ: profile(ConsistencyLevel.LOCAL_SERIAL, RetryOnce()),
        },
        reconnection_policy=ConstantReconnectionPolicy(tuning.reconnect_every_s, max_attempts=None),
        connect_timeout=tuning.connect_timeout_s,
        control_connection_timeout=tuning.connect_timeout_s,
        max_schema_agreement_wait=tuning.schema_agreement_timeout_s,
        # Without TCP_NODELAY a request of several segments waits for a delayed acknowledgement:
        # 44 ms instead of 1 ms, measured with `make bench`.
        sockopts=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        idle_heartbeat_interval=tuning.heartbeat_interval_s,
        idle_heartbeat_timeout=tuning.heartbeat_timeout_s,
        compression=False,
    )


class Connection:
    """One driver session, opened by a background thread that tries until it succeeds.

    Afterwards the driver reconnects by itself. Callers wait for the first attempt only. Later calls
    raise at once while the cluster is down, so that a page never waits for it.
    """

    def __init__(self, address: Address, tuning: CassandraTuning) -> None:
        self.address = address
        self._tuning = tuning
        self._first_attempt_done = threading.Event()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._cluster: Any = None
        self._session: Any = None
        self._failure = "the first attempt has not ended"
        self._thread = threading.Thread(target=self._connect, name="cassandra-connect", daemon=True)
        self._thread.start()

    def wait_first_attempt(self, timeout_s: float) -> bool:
        """Wait until the first attempt has succeeded or failed; False if it is still running."""
        return self._first_attempt_done.wait(timeout_s)

    def first_attempt_done(self) -> bool:
        """Whether the first attempt has ended, so that `session` would not wait."""
        return self._first_attempt_done.is_set()

    def session(self) -> Any:
        """Return the driver's session.

        Raises:
            StoreUnavailable: no session is open.
        """
        self._first_attempt_done.wait(self._tuning.request_timeout_s)
        if self._session is None:
            if self._closed.is_set():
                raise StoreUnavailable(f"the connection to Cassandra at {self.address} is closed")
            raise StoreUnavailable(
                f"Cassandra at {self.address} cannot be reached: {self._failure}; "
                "`marquee status` shows whether it runs"
            )
        return self._session

    def _connect(self) -> None:
        while not self._closed.is_set():
            if self._attempt():
                return
            self._closed.wait(self._tuning.reconnect_every_s)

    def _attempt(self) -> bool:
        cluster = make_cluster(self.address, self._tuning)
        try:
            session = cluster.connect()
        except DRIVER_ERRORS as error:
            self._failure = str(translate(error, "connect"))
            cluster.shutdown()
            self._first_attempt_done.set()
            return False
        with self._lock:
            if not self._closed.is_set():
                self._cluster, self._session = cluster, session
                self._first_attempt_done.set()
                return True
        cluster.shutdown()
        self._first_attempt_done.set()
        return True

    def close(self) -> None:
        """Stop connecting and close the session."""
        self._closed.set()
        with self._lock:
            cluster, self._cluster, self._session = self._cluster, None, None
        if cluster is not None:
            cluster.shutdown()
        self._thread.join(self._tuning.request_timeout_s)
