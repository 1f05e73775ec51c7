"""Making the library's clients without leaving a network thread and its sockets behind when no broker answers."""

from collections.abc import Mapping
from typing import Any

from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient


def make_client(kind: Any, config: Mapping[str, Any]) -> Any:
    """A `KafkaProducer`, `KafkaConsumer` or `KafkaAdminClient`.

    Their constructors wait for a broker, and if none comes they forget what they had opened; who retries every second would
    run out of threads. The hook that makes the network client is therefore used to remember it.
    """
    opened: list[Any] = []

    def remember(*args: Any, **settings: Any) -> Any:
        opened.append(KafkaNetClient(*args, **settings))
        return opened[-1]

    try:
        return kind(**config, kafka_client=remember)
    except KafkaError:
        for client in opened:
            client.close()
        raise
