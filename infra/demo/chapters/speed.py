"""Three hundred page requests, sent at times that do not wait for answers."""

import asyncio
import os
import platform
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import numpy as np
from rich.table import Table

from infra.demo.screen import ASKED_COLUMNS, ASKED_ROWS
from infra.demo.service import REQUEST_TIMEOUT_S, decode_page
from infra.demo.stage import Stage
from shared.errors import SetupError
from shared.ids import ProfileId

REQUESTS = 300
RATE = 25.0
WARM_UP = 30


@dataclass(frozen=True, slots=True)
class Request:
    """One request: when it should have been sent, counted from the beginning, and who asks."""

    at_s: float
    profile_id: ProfileId


@dataclass(frozen=True, slots=True)
class Answer:
    """`took_ms` counts from the moment planned, so that a queue on the client's side counts too. `size` is 0 for a failure."""

    took_ms: float
    size: int
    degraded: tuple[str, ...]


def measure(stage: Stage, profile_ids: Sequence[ProfileId], seed: int) -> None:
    """Ask for 300 pages of random profiles, open loop, and print the latencies with the load and the machine.

    Raises:
        SetupError: a request failed.
    """
    rng = np.random.default_rng(seed)
    address = f"http://127.0.0.1:{stage.settings.online.port}"
    asyncio.run(_ask_all(address, plan(profile_ids, WARM_UP, RATE, rng)))
    began = time.monotonic()
    answers = asyncio.run(_ask_all(address, plan(profile_ids, REQUESTS, RATE, rng)))
    failed = sum(answer.size == 0 for answer in answers)
    stage.console.print(_table(answers, REQUESTS / (time.monotonic() - began)))
    if failed:
        raise SetupError(f"{failed} of {REQUESTS} page requests failed; the log of online says why.")


def plan(profile_ids: Sequence[ProfileId], count: int, rate: float, rng: np.random.Generator) -> list[Request]:
    """Poisson arrivals of random profiles."""
    times = np.cumsum(rng.exponential(1 / rate, size=count))
    return [Request(float(at), profile_ids[int(who)]) for at, who in zip(times, rng.integers(len(profile_ids), size=count), strict=True)]


async def _ask_all(address: str, requests: Sequence[Request]) -> list[Answer]:
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(base_url=address, timeout=REQUEST_TIMEOUT_S, limits=limits) as http:
        began = time.perf_counter()
        return await asyncio.gather(*(_ask(http, request, began) for request in requests))


async def _ask(http: httpx.AsyncClient, request: Request, began: float) -> Answer:
    await asyncio.sleep(max(0.0, began + request.at_s - time.perf_counter()))
    query: dict[str, str | int] = {"device": "tv", "rows": ASKED_ROWS, "columns": ASKED_COLUMNS}
    try:
        answer = await http.get(f"/v1/profiles/{request.profile_id}/page", params=query)
    except httpx.HTTPError:
        return Answer((time.perf_counter() - began - request.at_s) * 1000, 0, ())
    took_ms = (time.perf_counter() - began - request.at_s) * 1000
    return Answer(took_ms, len(answer.content), decode_page(answer.content).degraded) if answer.is_success else Answer(took_ms, 0, ())


def _table(answers: Sequence[Answer], rate: float) -> Table:
    times = np.array([answer.took_ms for answer in answers])
    degraded = Counter(word for answer in answers for word in answer.degraded)
    table = Table("", "", show_header=False, title="Page requests", title_justify="left")
    for name, quantile in (("p50", 50), ("p95", 95), ("p99", 99)):
        table.add_row(name, f"{np.percentile(times, quantile):.1f} ms")
    table.add_row("failed", f"{sum(answer.size == 0 for answer in answers)} of {len(answers)}")
    table.add_row("degraded", ", ".join(f"{word} {count}" for word, count in degraded.most_common()) or "none")
    kilobytes = np.median([answer.size for answer in answers]) / 1000
    table.add_row("answer", f"{kilobytes:.0f} kB, {ASKED_ROWS} × {ASKED_COLUMNS} tiles asked for")
    table.add_row("load", f"open loop, Poisson, {RATE:.0f}/s planned, {rate:.1f}/s done; latency counts from the planned moment")
    table.add_row("machine", f"{os.cpu_count()} cores, {platform.machine()}; client, Kafka, Cassandra, nearline and Ray Serve all on it")
    return table
