"""A fast trainer for each family, in this process and from a seed."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from offline.training.two_tower.job import write_task
from offline.training.two_tower.loop import train
from offline.training.two_tower.task import BatchSettings, TwoTowerTrainingSettings
from shared.features.titles import TitleFeatures
from shared.models.als import Als, AlsSettings, half_step
from shared.models.ease import Ease, EaseSettings
from shared.models.interactions import Interactions
from shared.models.item_knn import ItemKnn, ItemKnnSettings
from shared.models.popularity import Popularity
from shared.models.registry import Model
from shared.models.two_tower import TwoTower, TwoTowerSettings

Trainer = Callable[[Interactions, TitleFeatures, int], Model]


def train_popularity(
    interactions: Interactions, _features: TitleFeatures, _seed: int
) -> Popularity:
    return Popularity.train(interactions)


def train_item_knn(interactions: Interactions, _features: TitleFeatures, _seed: int) -> ItemKnn:
    return ItemKnn.train(interactions, ItemKnnSettings(neighbors=30, shrink=1.0))


def train_ease(interactions: Interactions, _features: TitleFeatures, _seed: int) -> Ease:
    return Ease.train(interactions, EaseSettings(ridge=10.0))


def train_als(interactions: Interactions, _features: TitleFeatures, seed: int) -> Als:
    """Alternating half-steps, as Spark's trainer does."""
    settings = AlsSettings(embedding_size=8, alpha=5.0, ridge=0.05, iterations=8)
    matrix = interactions.matrix()
    factors = np.random.default_rng(seed).normal(0, 0.1, (matrix.shape[1], 8)).astype(np.float32)
    for _ in range(settings.iterations):
        factors = half_step(matrix.T.tocsr(), half_step(matrix, factors, settings), settings)
    return Als.of_factors(settings, interactions.vocabulary, factors, matrix)


def train_two_tower(interactions: Interactions, features: TitleFeatures, seed: int) -> TwoTower:
    model = TwoTowerSettings(
        embedding_size=16, heads=2, hidden=16, history_length=20, buckets=features.matrix.shape[1]
    )
    settings = TwoTowerTrainingSettings(
        epochs=6, batches=BatchSettings(batch_size=64, uniform_negatives=32), model=model
    )
    with tempfile.TemporaryDirectory() as scratch:
        task = write_task(interactions, features, settings, Path(scratch), seed)
        parameters, _ = train(task)
    return TwoTower(model, interactions.vocabulary, parameters)


TRAINERS: dict[str, Trainer] = {
    Popularity.family: train_popularity,
    ItemKnn.family: train_item_knn,
    Ease.family: train_ease,
    Als.family: train_als,
    TwoTower.family: train_two_tower,
}
