from collections.abc import Iterator
from contextlib import contextmanager

from shared.artifacts.memory import MemoryArtifacts
from tests.contracts.artifacts_contract import ArtifactsContract


class TestMemoryArtifacts(ArtifactsContract):
    @contextmanager
    def open_artifacts(self) -> Iterator[MemoryArtifacts]:
        yield MemoryArtifacts()
