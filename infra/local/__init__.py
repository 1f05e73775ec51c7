"""Kafka and Cassandra on this machine, as child processes on loopback."""
