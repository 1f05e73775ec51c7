"""Three hundred page requests, sent at times that do not wait for answers."""

import asyncio
import time
from collections.abc import Sequence

import numpy as np
from rich.table import Table

from infra.demo.screen import ASKED_COLUMNS, ASKED_ROWS
from infra.demo.stage import Stage
from infra.load import Answer, ask_pages, degradations, machine, percentiles, poisson
from shared.errors import SetupError
from shared.ids import ProfileId

REQUESTS = 300
RATE = 25.0
WARM_UP = 30


def measure(stage: Stage, profile_ids: Sequence[ProfileId], seed: int) -> None:
    """Ask for 300 pages of random profiles, open loop, and print the latencies with the load and
    the machine.

    Raises:
        SetupError: a request failed.
    """
    rng = np.random.default_rng(seed)
    address = f"http://127.0.0.1:{stage.settings.online.port}"
    query: dict[str, str | int] = {"device": "tv", "rows": ASKED_ROWS, "columns": ASKED_COLUMNS}
    asyncio.run(ask_pages(address, poisson(profile_ids, WARM_UP, RATE, rng), query))
    began = time.monotonic()
    answers = asyncio.run(ask_pages(address, poisson(profile_ids, REQUESTS, RATE, rng), query))
    failed = sum(not answer.ok for answer in answers)
    stage.console.print(_table(answers, REQUESTS / (time.monotonic() - began)))
    if failed:
        raise SetupError(
            f"{failed} of {REQUESTS} page requests failed; the log of online says why."
        )


def _table(answers: Sequence[Answer], rate: float) -> Table:
    table = Table("", "", show_header=False, title="Page requests", title_justify="left")
    for share, milliseconds in percentiles([answer.took_ms for answer in answers]).items():
        table.add_row(f"p{share}", f"{milliseconds:.1f} ms")
    table.add_row("failed", f"{sum(not answer.ok for answer in answers)} of {len(answers)}")
    table.add_row("degraded", degradations(answers))
    kilobytes = np.median([answer.size for answer in answers]) / 1000
    table.add_row("answer", f"{kilobytes:.0f} kB, {ASKED_ROWS} × {ASKED_COLUMNS} tiles asked for")
    table.add_row(
        "load",
        f"open loop, Poisson, {RATE:.0f}/s planned, {rate:.1f}/s done; latency counts from the planned moment",
    )
    table.add_row(
        "machine", f"{machine()}; client, Kafka, Cassandra, nearline and Ray Serve all on it"
    )
    return table
