"""The log: topics of ordered, partitioned records, and the adapters for memory and Kafka."""
