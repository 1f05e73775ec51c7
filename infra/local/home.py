"""The home folder of a local stack; several stacks with different homes can run at once."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below a stack's home."""

    root: Path

    def data(self, service: str) -> Path:
        """Folder of the service's data."""
        return self.root / "data" / service

    def conf(self, service: str) -> Path:
        """Folder of the service's configuration, which every start writes."""
        return self.root / "conf" / service

    def log(self, service: str) -> Path:
        """The service's log; output of its process is in the same name with the suffix .out."""
        return self.root / "logs" / f"{service}.log"

    def pid_file(self, service: str) -> Path:
        """File with the process id of the service."""
        return self.root / "run" / f"{service}.json"

    @property
    def lock(self) -> Path:
        """File that a command locks while it starts or stops services."""
        return self.root / "run" / "lock"
