"""Checks of TCP ports."""

import socket

HOST = "127.0.0.1"
CONNECT_TIMEOUT_S = 1.0
"""A guess: loopback connects in less than a millisecond."""


def is_free(port: int) -> bool:
    """Whether a server could listen on a loopback port now.

    The check uses SO_REUSEADDR as the JVM does, so that a port in TIME_WAIT counts as free.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def accepts_connections(host: str, port: int) -> bool:
    """Whether a server accepts connections at the address."""
    try:
        with socket.create_connection((host, port), timeout=CONNECT_TIMEOUT_S):
            return True
    except OSError:
        return False
