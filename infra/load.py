"""Open-loop load on the page API: requests go out at times planned beforehand, whether or not
earlier ones were answered.

By aiohttp, the lighter client, for it shares the cores with what it measures.
"""

import asyncio
import os
import platform
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp
import msgspec
import numpy as np
import psutil

from shared.ids import ProfileId

TIMEOUT_S = 5.0
CONNECTIONS = 64
PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Planned:
    """One request: when it should be sent, counted from the beginning, and for whom."""

    at_s: float
    profile_id: ProfileId


@dataclass(frozen=True, slots=True)
class Answer:
    """`took_ms` counts from the moment planned, so that a queue on the client's side counts too.
    `status` is 0 without an answer.
    """

    took_ms: float
    status: int
    size: int
    degraded: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether a page came."""
        return self.status == HTTPStatus.OK


class _Degraded(msgspec.Struct, frozen=True):
    degraded: tuple[str, ...] = ()


def poisson(
    profile_ids: Sequence[ProfileId], count: int, rate: float, rng: np.random.Generator
) -> list[Planned]:
    """Requests of random profiles with exponential gaps, `rate` a second on average."""
    times = np.cumsum(rng.exponential(1 / rate, size=count))
    return [
        Planned(float(at), profile_ids[int(who)])
        for at, who in zip(times, rng.integers(len(profile_ids), size=count), strict=True)
    ]


async def ask_pages(
    address: str, planned: Sequence[Planned], query: Mapping[str, str | int]
) -> list[Answer]:
    """Ask for every page at its time, and return the answers in the order planned. A failure is an
    answer too.
    """
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(
        address, timeout=timeout, connector=aiohttp.TCPConnector(limit=CONNECTIONS)
    ) as http:
        began = time.perf_counter()
        return await asyncio.gather(*(_ask(http, request, began, query) for request in planned))


async def _ask(
    http: aiohttp.ClientSession, request: Planned, began: float, query: Mapping[str, str | int]
) -> Answer:
    await asyncio.sleep(max(0.0, began + request.at_s - time.perf_counter()))
    try:
        async with http.get(f"/v1/profiles/{request.profile_id}/page", params=query) as answer:
            body = await answer.read()
    except (aiohttp.ClientError, TimeoutError):
        return Answer(_since(began, request), 0, 0, ())
    took_ms = _since(began, request)
    degraded = msgspec.json.decode(body, type=_Degraded).degraded if answer.ok else ()
    return Answer(took_ms, answer.status, len(body), degraded)


def _since(began: float, request: Planned) -> float:
    """Milliseconds since the moment planned."""
    return (time.perf_counter() - began - request.at_s) * 1000


def percentiles(values_ms: Sequence[float]) -> dict[int, float]:
    """p50, p95 and p99."""
    return {share: float(np.percentile(np.asarray(values_ms), share)) for share in PERCENTILES}


def degradations(answers: Sequence[Answer]) -> str:
    """What the pages had to do without, counted, in words."""
    counts = Counter(word for answer in answers for word in answer.degraded)
    return ", ".join(f"{word} {count}" for word, count in counts.most_common()) or "none"


def machine() -> str:
    """The machine and how busy it is, in words: no figure means anything without."""
    memory_gb = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores ({platform.machine()}), {memory_gb:.0f} GiB, load average {os.getloadavg()[0]:.1f}"
