"""Passes results from the driver's thread to a future of an asyncio loop, which may be closed."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from shared.store.cassandra.errors import DRIVER_ERRORS, translate

Rows = list[tuple[Any, ...]]


async def await_rows(session: Any, bound: Any, timeout_s: float, doing: str) -> Rows:
    """Run a statement and await all its pages.

    The driver drops the request after `timeout_s`, also when the caller was cancelled.

    Raises:
        MarqueeError: the platform's error for an exception of the driver.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Rows] = loop.create_future()
    rows: Rows = []

    def publish(outcome: Rows | Exception) -> None:
        # A closed loop raises RuntimeError; nothing waits for the result then.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, done, outcome)

    def on_page(page: Sequence[tuple[Any, ...]] | None) -> None:
        rows.extend(page or ())
        if request.has_more_pages:
            request.start_fetching_next_page()
        else:
            publish(rows)

    request = session.execute_async(bound, timeout=timeout_s)
    request.add_callbacks(on_page, publish)
    try:
        return await done
    except DRIVER_ERRORS as error:
        raise translate(error, doing) from error


def _settle(done: "asyncio.Future[Rows]", outcome: Rows | Exception) -> None:
    """Set the outcome of a future unless it was cancelled."""
    if done.done():
        return
    if isinstance(outcome, Exception):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)
