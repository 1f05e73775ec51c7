"""Open-loop load on the page API: every request is sent at its planned time.

Uses aiohttp, which needs less CPU than httpx: the client shares the machine with the server.
"""

import asyncio
import os
import platform
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec
import numpy as np
import psutil

from shared.api.page import PageAnswer
from shared.ids import ProfileId

TIMEOUT_S: Final = 5.0
"""Time limit of one request."""
MAX_CONNECTIONS: Final = 64
"""A guess, far above the requests in flight at the planned rates."""
PERCENTILES: Final = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One page request; `at_s` counts from the start of the load."""

    at_s: float
    profile_id: ProfileId


@dataclass(frozen=True, slots=True)
class TimedAnswer:
    """The answer to a planned request; `status` is 0 if there was none.

    `latency_ms` counts from the planned time, so it includes queueing in the client.
    """

    latency_ms: float
    status: int
    size_bytes: int
    degraded: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the answer is a page."""
        return self.status == HTTPStatus.OK


def poisson(
    profile_ids: Sequence[ProfileId], count: int, rate: float, rng: np.random.Generator
) -> list[PlannedRequest]:
    """Plan requests of random profiles with exponential gaps, `rate` per second on average."""
    times_s = np.cumsum(rng.exponential(1 / rate, size=count))
    profiles = rng.integers(len(profile_ids), size=count)
    return [
        PlannedRequest(float(at_s), profile_ids[int(number)])
        for at_s, number in zip(times_s, profiles, strict=True)
    ]


async def request_pages(
    address: str, planned: Sequence[PlannedRequest], query: Mapping[str, str | int]
) -> list[TimedAnswer]:
    """Send every request at its time; return the answers in the planned order.

    A failed request is an answer too; nothing is raised for it.
    """
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    connector = aiohttp.TCPConnector(limit=MAX_CONNECTIONS)
    async with aiohttp.ClientSession(address, timeout=timeout, connector=connector) as http:
        started_s = time.perf_counter()
        return await asyncio.gather(
            *(_request(http, request, started_s, query) for request in planned)
        )


async def _request(
    http: aiohttp.ClientSession,
    request: PlannedRequest,
    started_s: float,
    query: Mapping[str, str | int],
) -> TimedAnswer:
    planned_s = started_s + request.at_s
    await asyncio.sleep(max(0.0, planned_s - time.perf_counter()))
    try:
        async with http.get(f"/v1/profiles/{request.profile_id}/page", params=query) as response:
            body = await response.read()
    except (aiohttp.ClientError, TimeoutError):
        return TimedAnswer(_since_ms(planned_s), 0, 0, ())
    latency_ms = _since_ms(planned_s)
    degraded: tuple[str, ...] = ()
    if response.status == HTTPStatus.OK:
        degraded = msgspec.json.decode(body, type=PageAnswer).degraded
    return TimedAnswer(latency_ms, response.status, len(body), degraded)


def _since_ms(time_s: float) -> float:
    return (time.perf_counter() - time_s) * 1000


def percentiles(values_ms: Sequence[float]) -> dict[int, float]:
    """Return p50, p95 and p99."""
    return {share: float(np.percentile(np.asarray(values_ms), share)) for share in PERCENTILES}


def degradations(answers: Sequence[TimedAnswer]) -> str:
    """Return the counted causes of degraded pages as text."""
    counts = Counter(cause for answer in answers for cause in answer.degraded)
    return ", ".join(f"{cause} {count}" for cause, count in counts.most_common()) or "none"


def machine() -> str:
    """Return the machine and its load average as text, to print with every measurement."""
    memory_gib = psutil.virtual_memory().total / 2**30
    cores = f"{os.cpu_count()} cores ({platform.machine()})"
    return f"{cores}, {memory_gib:.0f} GiB, load average {os.getloadavg()[0]:.1f}"
