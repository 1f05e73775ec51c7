"""Metrics on MovieLens-1M must be close to published results; skipped without the data set.

Protocol (Liang et al. 2018): ratings of at least 4, members with at least 5 of them. One fifth of
the members are test members. Four fifths of a test member's films are the history, the rest is the
truth. All films outside the history are ranked. The expected values are means over five such
folds. The standard error of one fold is about .005 for NDCG and .006 for recall; the members of
this fold are slightly easier than the average.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest

from shared.ids import ProfileId, TitleId
from shared.metrics.ranking import ndcg, truncated_recall
from shared.models.als import Als, AlsSettings, half_step
from shared.models.ease import Ease, EaseSettings
from shared.models.interactions import Interactions, sorted_interactions
from shared.models.item_knn import ItemKnn, ItemKnnSettings
from shared.models.popularity import Popularity, PopularitySettings
from shared.models.port import HistoryEntry, Query, QueryContext, Scorer
from shared.vocabulary import Vocabulary
from tests.models.data import recommend

DATA = (
    Path(os.environ.get("MARQUEE_DATA", Path(__file__).parents[3] / "shared" / "data"))
    / "ml-1m"
    / "ml1m_rebuilt.parquet"
)
FOLDS = 5
TOLERANCE = 0.005
WIDE_TOLERANCE = 0.015

pytestmark = [
    pytest.mark.quality,
    pytest.mark.skipif(
        not DATA.exists(), reason=f"MovieLens-1M is not at {DATA}; set MARQUEE_DATA to its folder"
    ),
]


@dataclass(frozen=True)
class Fold:
    """Training data, and held-out histories with the films to predict."""

    train: Interactions
    queries: tuple[Query, ...]
    truths: tuple[frozenset[int], ...]


@pytest.fixture(scope="module")
def fold() -> Fold:
    users, films = _liked()
    vocabulary = Vocabulary(TitleId(str(film)) for film in range(films.max() + 1))
    rng = np.random.default_rng(98765)
    order = rng.permutation(users.max() + 1)
    held_out, others = (
        np.array_split(order, FOLDS)[0],
        np.concatenate(np.array_split(order, FOLDS)[1:]),
    )
    training_members = others[len(others) // 10 :]
    queries, truths = [], []
    for user in held_out:
        watched = rng.permutation(films[users == user])
        history, hidden = watched[len(watched) // 5 :], watched[: len(watched) // 5]
        if len(hidden):
            queries.append(
                Query(
                    tuple(HistoryEntry(vocabulary.title_ids[film], 0) for film in history),
                    QueryContext(1),
                )
            )
            truths.append(frozenset(hidden.tolist()))
    rows = np.isin(users, training_members)
    return Fold(_interactions(users[rows], films[rows], vocabulary), tuple(queries), tuple(truths))


def _liked() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    table = pq.read_table(DATA, columns=["user", "movie", "rating"])
    liked = table["rating"].to_numpy() >= 4
    users, films = table["user"].to_numpy()[liked], table["movie"].to_numpy()[liked]
    frequent = np.bincount(users)[users] >= 5
    return np.unique(users[frequent], return_inverse=True)[1], np.unique(
        films[frequent], return_inverse=True
    )[1]


def _interactions(
    users: npt.NDArray[np.int64], films: npt.NDArray[np.int64], vocabulary: Vocabulary
) -> Interactions:
    ones = np.ones(len(users))
    return sorted_interactions(
        [ProfileId(str(user)) for user in range(users.max() + 1)],
        vocabulary,
        users=users,
        items=films,
        time_ms=ones,
        fraction=ones,
        weight=ones,
        device=ones * 0,
        offset_min=ones * 0,
        country=-ones,
    )


def _measure(model: Scorer, fold: Fold) -> dict[str, float]:
    numbers, _ = recommend(model, fold.queries, 100)
    hits = np.array(
        [
            [number in truth for number in row]
            for row, truth in zip(numbers.tolist(), fold.truths, strict=True)
        ]
    )
    relevant = np.array([len(truth) for truth in fold.truths])
    values = {
        "recall@20": truncated_recall(hits, relevant, 20),
        "recall@50": truncated_recall(hits, relevant, 50),
    }
    values["ndcg@100"] = ndcg(hits, relevant, 100)
    return {name: float(value.mean()) for name, value in values.items()}


def test_the_data_set_has_the_size_of_the_published_one() -> None:
    users, films = _liked()
    assert (users.max() + 1, films.max() + 1, len(users)) == (6_034, 3_533, 575_272)


def test_popularity(fold: Fold) -> None:
    measured = _measure(Popularity.train(fold.train, PopularitySettings(half_life_days=1e6)), fold)
    assert measured == pytest.approx(
        {"recall@20": 0.1682, "recall@50": 0.2414, "ndcg@100": 0.2134}, abs=WIDE_TOLERANCE
    )


def test_item_knn(fold: Fold) -> None:
    measured = _measure(ItemKnn.train(fold.train, ItemKnnSettings(neighbors=100, shrink=10)), fold)
    assert measured == pytest.approx(
        {"recall@20": 0.2954, "recall@50": 0.4025, "ndcg@100": 0.3609}, abs=WIDE_TOLERANCE
    )


def test_ease(fold: Fold) -> None:
    measured = _measure(Ease.train(fold.train, EaseSettings(ridge=500)), fold)
    assert measured["ndcg@100"] == pytest.approx(0.4204, abs=TOLERANCE)
    assert measured["recall@20"] == pytest.approx(0.3549, abs=WIDE_TOLERANCE)
    assert measured["recall@50"] == pytest.approx(0.4695, abs=WIDE_TOLERANCE)


def test_implicit_als(fold: Fold) -> None:
    measured = _measure(_als(fold.train), fold)
    assert measured["ndcg@100"] == pytest.approx(0.4164, abs=WIDE_TOLERANCE)


def _als(train: Interactions) -> Als:
    """Alternating half-steps; unlike in the paper, the ridge grows with the history length."""
    settings = AlsSettings(embedding_size=64, alpha=4.0, ridge=0.1, iterations=5)
    matrix, factors = (
        train.matrix(),
        np.random.default_rng(0).normal(0, 0.1, (len(train.vocabulary), 64)).astype(np.float32),
    )
    by_film = matrix.T.tocsr()
    for _ in range(settings.iterations):
        factors = half_step(by_film, half_step(matrix, factors, settings), settings)
    return Als.of_factors(settings, train.vocabulary, factors, matrix)
