"""The replication of the keyspace, as configured and as it is in a cluster."""

from collections.abc import Mapping

_SIMPLE = "SimpleStrategy"
_TOPOLOGY = "NetworkTopologyStrategy"


def replication_options(replication: int, local_dc: str) -> Mapping[str, str]:
    """Return the replication map of a new keyspace.

    One copy needs no topology. Several are placed in the local data center.
    """
    if replication == 1:
        return {"class": _SIMPLE, "replication_factor": "1"}
    return {"class": _TOPOLOGY, local_dc: str(replication)}


def copies_in(replication: Mapping[str, str], local_dc: str) -> int:
    """Return how many copies of each row a keyspace has in the local data center.

    `replication` is the map in `system_schema.keyspaces`. SimpleStrategy ignores data centers; its
    replication factor is returned.
    """
    if replication["class"].rpartition(".")[2] == _TOPOLOGY:
        return int(replication.get(local_dc, "0"))
    return int(replication["replication_factor"])
