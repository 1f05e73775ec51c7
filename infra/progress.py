"""A progress line for commands that write many records."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextmanager
def counting(out: Console, unit: str) -> Iterator[Callable[[int], None]]:
    """Show a spinner with a count; yield the function that sets the count."""
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} " + unit), TimeElapsedColumn())
    with Progress(*columns, console=out) as progress:
        task = progress.add_task(unit, total=None)
        yield lambda count: progress.update(task, completed=count)
