"""A real Kafka and a real Cassandra on this machine, as child processes on loopback."""
