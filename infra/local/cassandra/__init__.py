"""The Cassandra node of the local stack."""
