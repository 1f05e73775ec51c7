"""Checks of TCP ports."""

import socket
import time

from infra.settings.fields import variable_of
from shared.errors import SetupError

HOST = "127.0.0.1"
CONNECT_TIMEOUT_S = 1.0
"""A guess: loopback connects in less than a millisecond."""
POLL_S = 0.1


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


def check_port(program: str, port: int, setting: str, *, grace_s: float = 0.0) -> None:
    """Refuse to start a program whose port is in use after `grace_s`.

    Raises:
        SetupError: with the port and the setting that changes it.
    """
    deadline = time.monotonic() + grace_s
    while not is_free(port):
        if time.monotonic() >= deadline:
            raise SetupError(
                f"{program} needs port {port}, which another program uses: stop that program, or "
                f"set {setting} ({variable_of(setting)})."
            )
        time.sleep(POLL_S)


def accepts_connections(host: str, port: int) -> bool:
    """Whether a server accepts connections at the address."""
    try:
        with socket.create_connection((host, port), timeout=CONNECT_TIMEOUT_S):
            return True
    except OSError:
        return False
