"""The protocol of connection factories, which can be sent to other processes."""

from typing import Protocol, TypeVar

Connection_co = TypeVar("Connection_co", covariant=True)


class ConnectionFactory(Protocol[Connection_co]):
    """A small picklable object that opens a connection in the process that calls it.

    Spark tasks and Ray replicas receive factories, because a connection cannot be pickled.
    """

    def open(self) -> Connection_co:
        """Return a new connection, which may connect on first use. The caller closes it."""
        ...
