"""Training examples as a folder of .npy files that processes map into memory: what was played, and
what stood before it.
"""

from collections import OrderedDict
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from shared.features.context import context_features
from shared.features.titles import TitleFeatures
from shared.models.history import strength
from shared.models.interactions import Interactions
from shared.models.two_tower import age_bucket

NO_ITEM = -1


@dataclass(frozen=True)
class Examples:
    """One row per first watching of a title that was liked; places in a history that is shorter
    hold NO_ITEM.

    A re-watching is no example: a page has rows of their own for what was begun, and a model that
    learns to repeat the history is of no use beside them. Nothing of the row itself but its moment,
    place and device is an input.
    """

    target: npt.NDArray[np.int32]
    """[n]."""
    weight: npt.NDArray[np.float32]
    """[n], mean 1: how much each example counts, by its reward."""
    context: npt.NDArray[np.float32]
    """[n, CONTEXT_SIZE]: the moment of the request."""
    history: npt.NDArray[np.int32]
    """[n, history_length]: latest entry last."""
    age: npt.NDArray[np.int8]
    """[n, history_length]: age buckets at the moment of the request."""
    strength: npt.NDArray[np.float32]
    """[n, history_length]."""

    def __len__(self) -> int:
        return len(self.target)

    def save(self, folder: Path) -> None:
        """Write the arrays, one file each."""
        folder.mkdir(parents=True, exist_ok=True)
        for field in fields(self):
            np.save(folder / f"{field.name}.npy", getattr(self, field.name), allow_pickle=False)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Map the arrays into memory; processes on one machine share the pages."""
        arrays: dict[str, Any] = {
            field.name: np.load(folder / f"{field.name}.npy", mmap_mode="r", allow_pickle=False)
            for field in fields(cls)
        }
        return cls(**arrays)


@dataclass(frozen=True)
class Catalog:
    """What the trainer knows of titles: how often each is a target, and its metadata words in CSR
    form.
    """

    counts: npt.NDArray[np.int64]
    word_starts: npt.NDArray[np.int64]
    words: npt.NDArray[np.int64]
    word_weights: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.counts)

    def save(self, folder: Path) -> None:
        """Write the arrays, one file each."""
        folder.mkdir(parents=True, exist_ok=True)
        for field in fields(self):
            np.save(folder / f"{field.name}.npy", getattr(self, field.name), allow_pickle=False)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read the arrays whole."""
        return cls(
            **{
                field.name: np.load(folder / f"{field.name}.npy", allow_pickle=False)
                for field in fields(cls)
            }
        )


def make_examples(interactions: Interactions, history_length: int) -> Examples:
    """One pass over time, each profile's titles so far held in order of their last watching."""
    liked = strength(interactions.fraction)
    rows = _Rows(history_length)
    so_far: dict[int, OrderedDict[int, tuple[int, float]]] = {}
    pending: dict[int, list[int]] = {}
    for row in range(len(interactions)):
        user, time_ms = int(interactions.users[row]), int(interactions.time_ms[row])
        seen = so_far.setdefault(user, OrderedDict())
        # Rows of one instant do not stand before one another.
        waiting = pending.setdefault(user, [])
        if waiting and int(interactions.time_ms[waiting[0]]) < time_ms:
            _take_in(seen, waiting, interactions, liked)
            waiting.clear()
        if (
            liked[row] > 0
            and interactions.weight[row] > 0
            and int(interactions.items[row]) not in seen
        ):
            rows.add(row, time_ms, seen)
        waiting.append(row)
    return rows.examples(interactions)


def _take_in(
    seen: OrderedDict[int, tuple[int, float]],
    rows: list[int],
    interactions: Interactions,
    liked: npt.NDArray[np.float32],
) -> None:
    for row in rows:
        item = int(interactions.items[row])
        before = seen.pop(item, (0, 0.0))[1]
        seen[item] = (int(interactions.time_ms[row]), max(before, float(liked[row])))


class _Rows:
    def __init__(self, history_length: int) -> None:
        self._length = history_length
        self._rows: list[int] = []
        self._items: list[list[int]] = []
        self._ages: list[list[int]] = []
        self._strengths: list[list[float]] = []

    def add(self, row: int, time_ms: int, seen: OrderedDict[int, tuple[int, float]]) -> None:
        entries = [
            (item, time_ms - last, liked) for item, (last, liked) in seen.items() if liked > 0
        ][-self._length :]
        blank = self._length - len(entries)
        self._rows.append(row)
        self._items.append([NO_ITEM] * blank + [item for item, _, _ in entries])
        self._ages.append([0] * blank + [age for _, age, _ in entries])
        self._strengths.append([0.0] * blank + [liked for _, _, liked in entries])

    def examples(self, interactions: Interactions) -> Examples:
        rows = np.asarray(self._rows, np.int64)
        shape = (len(rows), self._length)
        weight = interactions.weight[rows]
        return Examples(
            target=interactions.items[rows],
            weight=(weight / weight.mean() if len(rows) else weight).astype(np.float32),
            context=context_features(
                interactions.time_ms[rows], interactions.offset_min[rows], interactions.device[rows]
            ),
            history=np.asarray(self._items, np.int32).reshape(shape),
            age=age_bucket(np.asarray(self._ages, np.int64)).reshape(shape),
            strength=np.asarray(self._strengths, np.float32).reshape(shape),
        )


def make_catalog(examples: Examples, features: TitleFeatures) -> Catalog:
    """Counts of targets, and the words of every title of the vocabulary."""
    return Catalog(
        counts=np.bincount(examples.target, minlength=len(features.vocabulary)),
        word_starts=features.matrix.indptr.astype(np.int64),
        words=features.matrix.indices.astype(np.int64),
        word_weights=features.matrix.data.astype(np.float32),
    )
