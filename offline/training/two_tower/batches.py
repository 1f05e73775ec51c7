"""Batches for one process: drawn from (seed, epoch, rank) alone, made ahead by a thread, so that
the processor rarely waits.
"""

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from offline.training.two_tower.examples import Catalog, Examples
from offline.training.two_tower.module import Batch
from offline.training.two_tower.task import BatchSettings


@dataclass(frozen=True)
class Share:
    """Which part of the examples is this process's own."""

    rank: int
    world_size: int


def steps_per_epoch(examples: int, settings: BatchSettings, world_size: int) -> int:
    """Alike for every process; the few examples that would make the last step uneven wait for the
    next epoch's shuffle.
    """
    return max(1, examples // (settings.batch_size * world_size))


def batches(
    examples: Examples,
    catalog: Catalog,
    settings: BatchSettings,
    *,
    seed: int,
    epoch: int,
    share: Share,
) -> Iterator[Batch]:
    """The batches of one epoch."""
    order = np.random.default_rng((seed, epoch)).permutation(len(examples))
    own = order[share.rank :: share.world_size]
    rng = np.random.default_rng((seed, epoch, share.rank + 1))
    probability = catalog.counts / max(int(catalog.counts.sum()), 1)
    for step in range(steps_per_epoch(len(examples), settings, share.world_size)):
        rows = np.sort(own[step * settings.batch_size : (step + 1) * settings.batch_size])
        yield _batch(examples, rows, probability, settings, rng)


def _batch(
    examples: Examples,
    rows: npt.NDArray[np.int64],
    probability: npt.NDArray[np.float64],
    settings: BatchSettings,
    rng: np.random.Generator,
) -> Batch:
    titles = len(probability)
    target = examples.target[rows].astype(np.int64)
    columns = np.concatenate([target, rng.integers(0, titles, settings.uniform_negatives)])
    expected = len(rows) * probability[columns] + settings.uniform_negatives / titles
    kept = _forgetful(examples.strength[rows], settings.forget, rng)
    return Batch(
        target=torch.from_numpy(target),
        weight=torch.from_numpy(np.array(examples.weight[rows])),
        context=torch.from_numpy(np.array(examples.context[rows])),
        history=torch.from_numpy(examples.history[rows].astype(np.int64)),
        age=torch.from_numpy(examples.age[rows].astype(np.int64)),
        strength=torch.from_numpy(kept),
        columns=torch.from_numpy(columns),
        log_expected=torch.from_numpy(np.log(expected).astype(np.float32)),
        hidden_ids=torch.from_numpy(rng.random(titles) < settings.hide_id),
    )


def _forgetful(
    strengths: npt.NDArray[np.float32], share: float, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    length = strengths.shape[1]
    remembered = np.where(
        rng.random(len(strengths)) < share, rng.integers(0, 6, len(strengths)), length
    )
    return np.where(np.arange(length)[::-1] < remembered[:, None], strengths, np.float32(0))


class Prefetched:
    """Batches made ahead by one thread, in order; `waited_s` is how long the consumer stood idle
    for want of one.
    """

    def __init__(self, source: Iterator[Batch], ahead: int = 8) -> None:
        self.waited_s = 0.0
        self._source = source
        self._ahead = ahead

    def __iter__(self) -> Iterator[Batch]:
        with ThreadPoolExecutor(max_workers=1) as pool:
            waiting = deque(pool.submit(next, self._source, None) for _ in range(self._ahead))
            while (batch := self._wait_for(waiting.popleft())) is not None:
                waiting.append(pool.submit(next, self._source, None))
                yield batch

    def _wait_for(self, future: Future[Batch | None]) -> Batch | None:
        started = time.perf_counter()
        batch = future.result()
        self.waited_s += time.perf_counter() - started
        return batch
