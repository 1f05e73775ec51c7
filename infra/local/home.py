"""Where the local stack keeps what: one folder, so that several stacks can live side by side."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The folders and files below a stack's home."""

    root: Path

    def data(self, service: str) -> Path:
        """What the service must not lose."""
        return self.root / "data" / service

    def conf(self, service: str) -> Path:
        """Configuration, written anew at every start."""
        return self.root / "conf" / service

    def log(self, service: str) -> Path:
        """The service's own log; what the JVM prints besides goes to the same name ending in .out."""
        return self.root / "logs" / f"{service}.log"

    def pid_file(self, service: str) -> Path:
        """Which process runs the service."""
        return self.root / "run" / f"{service}.json"

    @property
    def lock(self) -> Path:
        """Held by the command that starts or stops services."""
        return self.root / "run" / "lock"
