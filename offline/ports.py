"""What Spark tasks are handed: makers of connections, since a connection itself cannot travel to
another process.
"""

from typing import Protocol

from shared.artifacts.port import Artifacts
from shared.log.port import Log
from shared.store.port import Store


class OpensLog(Protocol):
    """Picklable; opens a log connection in whatever process calls it, which closes it."""

    def open(self) -> Log: ...


class OpensStore(Protocol):
    """Picklable; opens a store connection in whatever process calls it, which closes it."""

    def open(self) -> Store: ...


class OpensArtifacts(Protocol):
    """Picklable; opens the artifact store in whatever process calls it."""

    def open(self) -> Artifacts: ...
