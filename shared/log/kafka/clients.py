"""Creation of kafka-python's clients without socket and thread leaks when no broker answers."""

import socket as sockets
from collections.abc import Mapping
from typing import Any

from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket


class _ClosingSocket(KafkaNetSocket):  # type: ignore[misc]
    """A plain connection that closes its socket when it fails; the library's own class leaves a
    refused socket to the garbage collector.

    The library chooses the class by the scheme of `proxy_url`.
    """

    SCHEMES = ("plain",)

    def socket(self, *kind: int) -> sockets.socket:
        opened: sockets.socket = super().socket(*kind)
        self._opened = opened
        return opened

    async def connect(self, *args: Any, **settings: Any) -> sockets.socket:
        connected = False
        try:
            connection: sockets.socket = await super().connect(*args, **settings)
            connected = True
            return connection
        finally:
            if not connected:
                self._opened.close()


def make_client(kind: Any, config: Mapping[str, Any]) -> Any:
    """Create a `KafkaProducer`, `KafkaConsumer` or `KafkaAdminClient`.

    Their constructors wait for a broker. If none answers they do not close the network client, so
    that a retry every second would exhaust the threads. The `kafka_client` hook keeps a reference
    to it for that case.

    Raises:
        KafkaError: no broker answers, or the configuration contradicts itself.
    """
    opened: list[Any] = []

    def open_client(*args: Any, **settings: Any) -> Any:
        opened.append(KafkaNetClient(*args, **settings))
        return opened[-1]

    try:
        return kind(**config, proxy_url=f"{_ClosingSocket.SCHEMES[0]}://", kafka_client=open_client)
    except KafkaError:
        for client in opened:
            client.close()
        raise
