"""The log: ordered, partitioned records that every tier reads and writes."""
