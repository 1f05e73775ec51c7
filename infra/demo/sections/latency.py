"""Page latency under an open-loop load: requests are sent at planned times."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import numpy as np
from rich.table import Table

from infra.demo.printing import PAGE_COLUMNS, PAGE_ROWS
from infra.demo.run import DemoRun
from infra.load import TimedAnswer, degradations, machine, percentiles, poisson, request_pages
from shared.errors import SetupError
from shared.ids import ProfileId

# Guesses: about twelve seconds of load, as on a small service.
REQUESTS: Final = 300
RATE: Final = 25.0
WARM_UP: Final = 30


def measure(run: DemoRun, profile_ids: Sequence[ProfileId], seed: int) -> None:
    """Request pages of random profiles and print the latencies with the load and the machine.

    Raises:
        SetupError: a request failed.
    """
    rng = np.random.default_rng(seed)
    address = f"http://127.0.0.1:{run.settings.online.port}"
    query: dict[str, str | int] = {"device": "tv", "rows": PAGE_ROWS, "columns": PAGE_COLUMNS}
    asyncio.run(request_pages(address, poisson(profile_ids, WARM_UP, RATE, rng), query))
    began_s = time.monotonic()
    responses = asyncio.run(
        request_pages(address, poisson(profile_ids, REQUESTS, RATE, rng), query)
    )
    failed = sum(not response.ok for response in responses)
    run.console.print(_table(responses, REQUESTS / (time.monotonic() - began_s)))
    if failed:
        raise SetupError(
            f"{failed} of {REQUESTS} page requests failed; see the log of online for the reason."
        )


def _table(responses: Sequence[TimedAnswer], rate: float) -> Table:
    table = Table("", "", show_header=False, title="Page requests", title_justify="left")
    for share, milliseconds in percentiles([response.latency_ms for response in responses]).items():
        table.add_row(f"p{share}", f"{milliseconds:.1f} ms")
    table.add_row("failed", f"{sum(not response.ok for response in responses)} of {len(responses)}")
    table.add_row("degraded", degradations(responses))
    kilobytes = np.median([response.size_bytes for response in responses]) / 1000
    table.add_row("response", f"{kilobytes:.0f} kB, {PAGE_ROWS} × {PAGE_COLUMNS} tiles requested")
    table.add_row(
        "load",
        f"open loop, Poisson, {RATE:.0f}/s planned, {rate:.1f}/s done; latency is measured from "
        "the planned time",
    )
    table.add_row(
        "machine", f"{machine()}; client, Kafka, Cassandra, nearline and Ray Serve run on it"
    )
    return table
