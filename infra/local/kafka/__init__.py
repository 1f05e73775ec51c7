"""The Kafka broker of the local stack: its configuration, its storage and its topics."""
