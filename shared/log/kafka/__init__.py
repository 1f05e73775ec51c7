"""The log on Kafka: the only package that uses kafka-python. Entry point: `adapter.KafkaLog`."""
