"""The Kafka broker of the local stack."""
