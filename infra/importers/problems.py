"""What was wrong with a data set: counted in full, named up to a limit, never fatal."""

from dataclasses import dataclass, field

NAMED = 20


@dataclass
class Problems:
    """Malformed lines of a folder; the first `NAMED` are kept with file, line (counted from 1) and
    reason.
    """

    total: int = 0
    named: list[str] = field(default_factory=list)

    def add(self, file: str, line: int, reason: str) -> None:
        """Note one."""
        self.total += 1
        if len(self.named) < NAMED:
            self.named.append(f"{file}:{line}: {reason}")
