"""The log on Kafka; the only place that speaks to a broker."""

from shared.log.kafka.adapter import KafkaLog
from shared.log.kafka.settings import KafkaTuning

__all__ = ["KafkaLog", "KafkaTuning"]
