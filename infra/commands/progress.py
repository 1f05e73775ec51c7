"""A line that counts, for commands that write many records."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextmanager
def counting(out: Console, what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show how many there are so far; the function that is given takes the count."""
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} " + what), TimeElapsedColumn())
    with Progress(*columns, console=out) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)
