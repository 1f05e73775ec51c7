"""The Cassandra node of the local stack: its configuration and its tables."""
