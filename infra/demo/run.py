"""The running demo: terminal output, settings, clock, started tiers, and section times."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from infra.local.tiers import RunningTier, Tier, start_tier
from infra.settings.sections import Settings
from shared.clock import Clock
from shared.errors import SetupError

POLL_S: Final = 0.2
"""A guess: short for a person who waits, long for the CPU."""


@dataclass
class DemoRun:
    """The state of the demo, shared by all sections.

    Sections print through `print`, start tiers through `start`, and wait through `wait`, which
    fails when a tier ends.
    """

    console: Console
    settings: Settings
    clock: Clock
    tiers: list[RunningTier] = field(default_factory=list)
    section_times: list[tuple[str, float]] = field(default_factory=list)
    began_s: float = field(default_factory=time.monotonic)

    @contextmanager
    def section(self, title: str) -> Iterator[None]:
        """Print a heading; afterwards print and store the time that the section took."""
        self.console.print()
        self.console.rule(f"[bold]{len(self.section_times) + 1}. {title}[/bold]", align="left")
        began_s = time.monotonic()
        yield
        seconds = time.monotonic() - began_s
        self.section_times.append((title, seconds))
        self.console.print(f"[dim]{seconds:.1f} s, {self.elapsed()} since the start[/dim]")

    def print(self, text: str) -> None:
        """Print one line with markup."""
        self.console.print(text)

    def elapsed(self) -> str:
        """Time since the start of the demo, as minutes and seconds."""
        return str(timedelta(seconds=round(time.monotonic() - self.began_s)))[2:]

    def start(
        self, tier: Tier, settings: Settings | None = None, instance: str | None = None
    ) -> RunningTier:
        """Start a tier; `check` and `wait` watch it from now on."""
        running = start_tier(tier, settings or self.settings, instance)
        self.tiers.append(running)
        return running

    def check(self) -> None:
        """Check that every tier still runs.

        Raises:
            TierEnded: a tier has ended.
        """
        for tier in self.tiers:
            tier.check()

    def wait(self, label: str, remaining: Callable[[], int], timeout_s: float) -> None:
        """Show a progress bar until `remaining()` is 0.

        Raises:
            SetupError: it is not 0 in time.
            TierEnded: a tier has ended.
        """
        deadline = time.monotonic() + timeout_s
        count = total = remaining()
        with self.progress() as progress:
            task = progress.add_task(label, total=max(total, 1))
            while count > 0:
                self.check()
                if time.monotonic() > deadline:
                    raise SetupError(f"{label}: {count} remaining after {timeout_s:.0f} s.")
                time.sleep(POLL_S)
                count = remaining()
                total = max(total, count)
                progress.update(task, total=max(total, 1), completed=total - count)
            progress.update(task, completed=max(total, 1))

    def progress(self) -> Progress:
        """A progress display on this console."""
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        return Progress(*columns, console=self.console)

    def summary(self) -> Table:
        """The sections and their times."""
        table = Table("section", "seconds", title="Time per section", title_justify="left")
        table.columns[1].justify = "right"
        for title, seconds in self.section_times:
            table.add_row(title, f"{seconds:.1f}")
        table.add_section()
        table.add_row("total", f"{time.monotonic() - self.began_s:.1f}")
        return table
