"""From the driver's callbacks, which run on its own thread, to a future of an asyncio loop that may
be gone by then.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from shared.store.cassandra.errors import DRIVER_ERRORS, translate

Rows = list[tuple[Any, ...]]


async def await_rows(session: Any, bound: Any, timeout_s: float, doing: str) -> Rows:
    """Run a statement and await all its pages; the driver forgets the request after `timeout_s`,
    whoever still waits.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Rows] = loop.create_future()
    rows: Rows = []

    def tell(outcome: Rows | Exception) -> None:
        # A loop that has been closed raises RuntimeError: nobody is left to be told.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, done, outcome)

    def on_page(page: Sequence[tuple[Any, ...]] | None) -> None:
        rows.extend(page or ())
        if request.has_more_pages:
            request.start_fetching_next_page()
        else:
            tell(rows)

    request = session.execute_async(bound, timeout=timeout_s)
    request.add_callbacks(on_page, tell)
    try:
        return await done
    except DRIVER_ERRORS as error:
        raise translate(error, doing) from error


def _settle(done: "asyncio.Future[Rows]", outcome: Rows | Exception) -> None:
    """Settle a future unless its waiter has given up."""
    if done.done():
        return
    if isinstance(outcome, Exception):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)
