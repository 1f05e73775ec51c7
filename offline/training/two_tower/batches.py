"""The batches of one process.

They depend only on (seed, epoch, rank). A thread prepares them in advance, so that training rarely
waits for input.
"""

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from offline.training.two_tower.examples import CatalogTokens, Examples
from offline.training.two_tower.module import TrainingBatch
from offline.training.two_tower.task import BatchSettings


@dataclass(frozen=True)
class Share:
    """The part of the examples that belongs to this process."""

    rank: int
    world_size: int


def steps_per_epoch(examples: int, settings: BatchSettings, world_size: int) -> int:
    """The number of steps, equal for all processes.

    Examples of an incomplete last step are skipped; the next epoch shuffles again.
    """
    return max(1, examples // (settings.batch_size * world_size))


def batches(
    examples: Examples,
    catalog: CatalogTokens,
    settings: BatchSettings,
    *,
    seed: int,
    epoch: int,
    share: Share,
) -> Iterator[TrainingBatch]:
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
) -> TrainingBatch:
    titles = len(probability)
    target = examples.target[rows].astype(np.int64)
    columns = np.concatenate([target, rng.integers(0, titles, settings.uniform_negatives)])
    expected = len(rows) * probability[columns] + settings.uniform_negatives / titles
    strengths = _truncated(examples.strength[rows], settings.forget, rng)
    return TrainingBatch(
        target=torch.from_numpy(target),
        weight=torch.from_numpy(np.array(examples.weight[rows])),
        context=torch.from_numpy(np.array(examples.context[rows])),
        history=torch.from_numpy(examples.history[rows].astype(np.int64)),
        age=torch.from_numpy(examples.age[rows].astype(np.int64)),
        strength=torch.from_numpy(strengths),
        columns=torch.from_numpy(columns),
        log_expected=torch.from_numpy(np.log(expected).astype(np.float32)),
        hidden_ids=torch.from_numpy(rng.random(titles) < settings.hide_id),
    )


def _truncated(
    strengths: npt.NDArray[np.float32], share: float, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Strengths with a share of the histories cut to at most five entries, the latest ones."""
    length = strengths.shape[1]
    lengths = np.where(
        rng.random(len(strengths)) < share, rng.integers(0, 6, len(strengths)), length
    )
    return np.where(np.arange(length)[::-1] < lengths[:, None], strengths, np.float32(0))


class Prefetched:
    """Batches prepared in advance by one thread, in order. `waited_s` is the waiting time of the
    consumer.
    """

    def __init__(self, source: Iterator[TrainingBatch], ahead: int = 8) -> None:
        self.waited_s = 0.0
        self._source = source
        self._ahead = ahead

    def __iter__(self) -> Iterator[TrainingBatch]:
        with ThreadPoolExecutor(max_workers=1) as pool:
            pending = deque(pool.submit(next, self._source, None) for _ in range(self._ahead))
            while (batch := self._wait_for(pending.popleft())) is not None:
                pending.append(pool.submit(next, self._source, None))
                yield batch

    def _wait_for(self, future: Future[TrainingBatch | None]) -> TrainingBatch | None:
        started = time.perf_counter()
        batch = future.result()
        self.waited_s += time.perf_counter() - started
        return batch
