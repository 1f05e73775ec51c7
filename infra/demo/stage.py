"""What all chapters share: the terminal, the settings, the clock, the tiers that were started, and
how long each chapter took.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

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

POLL_S = 0.2


@dataclass
class Stage:
    """The running demo. Chapters speak through `say`, start tiers through `start`, and wait through
    `wait`, which sees a tier die.
    """

    console: Console
    settings: Settings
    clock: Clock
    tiers: list[RunningTier] = field(default_factory=list)
    timings: list[tuple[str, float]] = field(default_factory=list)
    began_s: float = field(default_factory=time.monotonic)

    @contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        """Print the heading, and afterwards remember how long the chapter took."""
        self.console.print()
        self.console.rule(f"[bold]{len(self.timings) + 1}. {title}[/bold]", align="left")
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        self.timings.append((title, took))
        self.console.print(f"[dim]{took:.1f} s, {self.elapsed()} since the beginning[/dim]")

    def say(self, text: str) -> None:
        """One sentence to the reader."""
        self.console.print(text)

    def elapsed(self) -> str:
        """How long the demo has run, as minutes and seconds."""
        return str(timedelta(seconds=round(time.monotonic() - self.began_s)))[2:]

    def start(
        self, tier: Tier, settings: Settings | None = None, instance: str | None = None
    ) -> RunningTier:
        """Start a tier and keep an eye on it."""
        running = start_tier(tier, settings or self.settings, instance)
        self.tiers.append(running)
        return running

    def check(self) -> None:
        """Make sure that every tier still runs.

        Raises:
            TierEnded: one ended by itself.
        """
        for tier in self.tiers:
            tier.check()

    def wait(self, what: str, left: Callable[[], int], timeout_s: float) -> None:
        """Show a bar until `left` is 0.

        Raises:
            SetupError: it is not 0 in time.
            TierEnded: a tier died meanwhile.
        """
        deadline = time.monotonic() + timeout_s
        remaining = total = left()
        with self.progress() as progress:
            task = progress.add_task(what, total=max(total, 1))
            while remaining > 0:
                self.check()
                if time.monotonic() > deadline:
                    raise SetupError(f"{what}: {remaining} still to go after {timeout_s:.0f} s.")
                time.sleep(POLL_S)
                remaining = left()
                total = max(total, remaining)
                progress.update(task, total=max(total, 1), completed=total - remaining)
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
        """Chapters and their times."""
        table = Table(
            "chapter", "seconds", title="How long each chapter took", title_justify="left"
        )
        table.columns[1].justify = "right"
        for title, took in self.timings:
            table.add_row(title, f"{took:.1f}")
        table.add_section()
        table.add_row("in all", f"{time.monotonic() - self.began_s:.1f}")
        return table
