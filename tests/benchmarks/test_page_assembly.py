"""Latency of one page in one thread: 15,000 titles × 64 dimensions, in memory, without HTTP."""

import asyncio
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from infra.load import machine
from online.page.request import PageRequest
from online.service import Service, build_service
from online.settings import ServiceSettings
from shared.artifacts.memory import MemoryArtifacts
from shared.clock import SystemClock
from shared.ids import ProfileId, TitleId
from shared.log.memory import MemoryLog
from shared.log.topics import topic_specs
from shared.models.als import Als
from shared.records.blob import pack
from shared.records.digest import Digest, ExposureDigest, ProfileVector, vector_key
from shared.store.port import Store, Write
from shared.store.tables import PROFILE_EXPOSURES, PROFILE_STATE, PUBLICATIONS
from tests.online.harness import memory_store
from tests.online.samples import DAY, NOW, POSITION, digest_of, play, publish, title_of, watched

TITLES = 15_000
PROFILES = 50
PAGES = 500

pytestmark = pytest.mark.benchmark


def random_digest(rng: np.random.Generator) -> Digest:
    """A digest with 80 plays, 30 titles in progress, My List and thumbs."""
    return digest_of(
        plays=tuple(
            play(int(n), float(rng.random()), DAY * (100 - i))
            for i, n in enumerate(rng.integers(0, TITLES, 80))
        ),
        watched=tuple(
            watched(int(n), last_ms=NOW - i * DAY)
            for i, n in enumerate(rng.integers(0, TITLES, 30))
        ),
        my_list=tuple(TitleId(f"t{n}") for n in rng.integers(0, TITLES, 15)),
        thumbs={TitleId(f"t{n}"): int(rng.integers(-1, 2)) for n in rng.integers(0, TITLES, 20)},
    )


def fill(store: Store, encoder: Als, rng: np.random.Generator) -> None:
    """Store a digest, a vector and 600 seen titles for every profile."""
    for number in range(PROFILES):
        vector = np.asarray(rng.normal(size=encoder.item_vectors.shape[1]), "<f4").tobytes()
        state = {
            ("digest",): {"value": pack(random_digest(rng))},
            vector_key(encoder.encoder_id): {
                "value": pack(ProfileVector(encoder.encoder_id, POSITION, vector))
            },
        }
        seen = ExposureDigest(
            position=POSITION,
            as_of_ms=NOW,
            seen={TitleId(f"t{n}"): 3 for n in rng.integers(0, TITLES, 600)},
        )
        store.write([Write(PROFILE_STATE, (f"p{number}",), state, 1)])
        store.write(
            [Write(PROFILE_EXPOSURES, (f"p{number}",), {("digest",): {"value": pack(seen)}}, 1)]
        )


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """A replica with a generation of the benchmark's size."""
    clock = SystemClock()
    log, store, artifacts = MemoryLog(clock), memory_store(clock), MemoryArtifacts()
    log.ensure_topics(topic_specs(1))
    _, encoder = publish(
        artifacts, [title_of(number) for number in range(TITLES)], "bench", log, size=64
    )
    store.compare_and_set(PUBLICATIONS, ("main",), None, {"current": "bench", "previous": ""})
    fill(store, encoder, np.random.default_rng(0))
    service = build_service(store, log, artifacts, tmp_path, ServiceSettings(), clock)
    service.snapshots.poll_pointer()
    return service


def test_page_latency_in_process(service: Service) -> None:
    async def measure(count: int) -> list[float]:
        latencies_ms: list[float] = []
        for number in range(count):
            request = PageRequest(
                profile_id=ProfileId(f"p{number % PROFILES}"),
                request_id=f"r{number}",
                now_ms=NOW,
                device="tv",
                country="US",
                ceiling=18,
            )
            began = time.perf_counter()
            answer = await service.assembler.page(request)
            latencies_ms.append((time.perf_counter() - began) * 1000)
            assert b'"rung":"fresh"' in answer
        return latencies_ms

    asyncio.run(measure(100))
    p50, p95, p99 = np.percentile(asyncio.run(measure(PAGES)), [50, 95, 99])
    load = f"{TITLES} titles x 64, 40 x 40 laid out, 12 x 24 returned, {machine()}"
    line = f"page in process, {load}: p50 {p50:.1f} p95 {p95:.1f} p99 {p99:.1f} ms"
    sys.stdout.write(f"\n{line}\n")
