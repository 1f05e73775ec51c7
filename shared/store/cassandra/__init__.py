"""The store on Cassandra; the only place that speaks to it."""

from shared.store.cassandra.adapter import CassandraStore

__all__ = ["CassandraStore"]
