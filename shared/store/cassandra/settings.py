"""Settings of the Cassandra client, importable without the driver."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """The address of the cluster: contact points, native port, and the local data center."""

    hosts: tuple[str, ...]
    port: int
    local_dc: str

    def __str__(self) -> str:
        return f"{','.join(self.hosts)}:{self.port}"


@dataclass(frozen=True, slots=True)
class CassandraTuning:
    """Timeouts and sizes that may differ between machines; guesses."""

    request_timeout_s: float = 5.0
    """How long a call waits for a response, unless the caller sets its own deadline."""
    connect_timeout_s: float = 2.0
    """How long one connection attempt may take, for data and for control connections."""
    reconnect_every_s: float = 1.0
    """Time between two attempts to reach a cluster or a node that is down."""
    heartbeat_interval_s: float = 5.0
    """Time between two heartbeats on an idle connection."""
    heartbeat_timeout_s: float = 3.0
    """A connection without a response to a heartbeat for this long is closed."""
    schema_agreement_timeout_s: float = 10.0
    """How long a schema change waits until all nodes agree on it."""
    concurrent_writes: int = 128
    """Maximum number of writes of one `write` call in flight."""
