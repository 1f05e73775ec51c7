"""Training examples: a played title and the history before it.

They are stored in files, which training processes map into memory.
"""

from collections import OrderedDict
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from shared.features.context import context_features
from shared.features.titles import TitleFeatures
from shared.models.history import strength
from shared.models.interactions import Interactions
from shared.models.two_tower import age_bucket

NO_ITEM = -1


@dataclass(frozen=True)
class StoredArrays:
    """Arrays that are stored as a folder with one .npy file per field."""

    def save(self, folder: Path) -> None:
        """Write the files."""
        folder.mkdir(parents=True, exist_ok=True)
        for field in fields(self):
            np.save(folder / f"{field.name}.npy", getattr(self, field.name), allow_pickle=False)

    @classmethod
    def open(cls, folder: Path, mmap_mode: Literal["r"] | None = None) -> Self:
        """Read the files, or map them into memory, so that processes on one machine share them."""
        arrays: dict[str, Any] = {
            field.name: np.load(
                folder / f"{field.name}.npy", mmap_mode=mmap_mode, allow_pickle=False
            )
            for field in fields(cls)
        }
        return cls(**arrays)


@dataclass(frozen=True)
class Examples(StoredArrays):
    """One row per first viewing of a title that has a positive strength and a positive reward.

    Short histories are padded with NO_ITEM.

    Repeated viewings are not examples: started titles have separate rows on the page, and a model
    that learns to repeat the history does not help to find new titles. Of the viewing itself, only
    its time, UTC offset and device are inputs.
    """

    target: npt.NDArray[np.int32]
    """[n]."""
    weight: npt.NDArray[np.float32]
    """[n], mean 1: the weight of each example, by its reward."""
    context: npt.NDArray[np.float32]
    """[n, CONTEXT_SIZE]: the context of the request."""
    history: npt.NDArray[np.int32]
    """[n, history_length], latest entry last."""
    age: npt.NDArray[np.int8]
    """[n, history_length]: age buckets at the time of the request."""
    strength: npt.NDArray[np.float32]
    """[n, history_length]."""

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True)
class CatalogTokens(StoredArrays):
    """The number of examples of each title, and its metadata tokens in CSR form."""

    counts: npt.NDArray[np.int64]
    token_starts: npt.NDArray[np.int64]
    tokens: npt.NDArray[np.int64]
    token_weights: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.counts)


# A profile's history while examples are built: title number → (last viewing in ms, strength).
_History = OrderedDict[int, tuple[int, float]]


def make_examples(interactions: Interactions, history_length: int) -> Examples:
    """Examples in order of time, each with the profile's history before that time."""
    strengths = strength(interactions.fraction)
    examples = _ExampleRows(history_length)
    histories: dict[int, _History] = {}
    same_instant: dict[int, list[int]] = {}
    for row in range(len(interactions)):
        user, time_ms = int(interactions.users[row]), int(interactions.time_ms[row])
        history = histories.setdefault(user, OrderedDict())
        # Viewings of one instant are not part of each other's history.
        pending = same_instant.setdefault(user, [])
        if pending and int(interactions.time_ms[pending[0]]) < time_ms:
            _append_viewings(history, pending, interactions, strengths)
            pending.clear()
        if interactions.positive[row] and int(interactions.items[row]) not in history:
            examples.add(row, time_ms, history)
        pending.append(row)
    return examples.arrays(interactions)


def _append_viewings(
    history: _History,
    rows: list[int],
    interactions: Interactions,
    strengths: npt.NDArray[np.float32],
) -> None:
    """Move the titles of these viewings to the end of the history, with their greatest strength."""
    for row in rows:
        item = int(interactions.items[row])
        _, previous_strength = history.pop(item, (0, 0.0))
        new_strength = max(previous_strength, float(strengths[row]))
        history[item] = (int(interactions.time_ms[row]), new_strength)


class _ExampleRows:
    def __init__(self, history_length: int) -> None:
        self._length = history_length
        self._rows: list[int] = []
        self._items: list[list[int]] = []
        self._ages: list[list[int]] = []
        self._strengths: list[list[float]] = []

    def add(self, row: int, time_ms: int, history: _History) -> None:
        entries = [
            (item, time_ms - last_ms, strength)
            for item, (last_ms, strength) in history.items()
            if strength > 0
        ][-self._length :]
        padding = self._length - len(entries)
        self._rows.append(row)
        self._items.append([NO_ITEM] * padding + [item for item, _, _ in entries])
        self._ages.append([0] * padding + [age_ms for _, age_ms, _ in entries])
        self._strengths.append([0.0] * padding + [strength for _, _, strength in entries])

    def arrays(self, interactions: Interactions) -> Examples:
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


def make_catalog(examples: Examples, features: TitleFeatures) -> CatalogTokens:
    """The metadata tokens of every title of the vocabulary, and its number of examples."""
    return CatalogTokens(
        counts=np.bincount(examples.target, minlength=len(features.vocabulary)),
        token_starts=features.matrix.indptr.astype(np.int64),
        tokens=features.matrix.indices.astype(np.int64),
        token_weights=features.matrix.data.astype(np.float32),
    )
