"""Making the library's clients without leaving sockets and threads behind where no broker answers."""

import socket as sockets
from collections.abc import Mapping
from typing import Any

from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket


class _ClosingSocket(KafkaNetSocket):  # type: ignore[misc]
    """A plain connection that closes its socket when it fails; the library's own leaves refused
    ones to the garbage collector.

    Registered for a scheme of its own, which is the library's way of choosing how to connect.
    """

    SCHEMES = ("plain",)

    def socket(self, *kind: int) -> sockets.socket:
        made: sockets.socket = super().socket(*kind)
        self._made = made
        return made

    async def connect(self, *args: Any, **settings: Any) -> sockets.socket:
        connected = False
        try:
            made: sockets.socket = await super().connect(*args, **settings)
            connected = True
            return made
        finally:
            if not connected:
                self._made.close()


def make_client(kind: Any, config: Mapping[str, Any]) -> Any:
    """A `KafkaProducer`, `KafkaConsumer` or `KafkaAdminClient`.

    Their constructors wait for a broker, and if none comes they forget what they had opened; who
    retries every second would run out of threads. The hook that makes the network client is
    therefore used to remember it.
    """
    opened: list[Any] = []

    def remember(*args: Any, **settings: Any) -> Any:
        opened.append(KafkaNetClient(*args, **settings))
        return opened[-1]

    try:
        return kind(**config, proxy_url=f"{_ClosingSocket.SCHEMES[0]}://", kafka_client=remember)
    except KafkaError:
        for client in opened:
            client.close()
        raise
