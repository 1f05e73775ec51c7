"""Malformed lines of a data set. They are counted and reported, and never stop an import."""

from dataclasses import dataclass, field
from typing import Final

MAX_EXAMPLES: Final = 20


@dataclass
class Problems:
    """The number of malformed lines, and the first of them with file, line (from 1) and reason."""

    total: int = 0
    examples: list[str] = field(default_factory=list)
    """At most `MAX_EXAMPLES`."""

    def add(self, file: str, line: int, reason: str) -> None:
        """Count one malformed line."""
        self.total += 1
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(f"{file}:{line}: {reason}")
