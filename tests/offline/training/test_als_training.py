"""Spark's trainer and our fold-in must solve the same equations."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession

from offline.training.als import train_als
from offline.training.trainer import TrainingInputs
from shared.models.als import Als, AlsSettings, half_step
from shared.models.interactions import Interactions
from tests.models.data import (
    NOW_MS,
    checkerboard,
    checkerboard_features,
    interactions_of,
)

SETTINGS = AlsSettings(embedding_size=6, alpha=4.0, ridge=0.05, iterations=4)


@pytest.fixture(scope="module")
def trained(spark: SparkSession) -> Als:
    return _train(spark, checkerboard(20, unplayed=1), SETTINGS)


def _train(spark: SparkSession, data: Interactions, settings: AlsSettings) -> Als:
    features = checkerboard_features(20, 1)
    model = train_als(TrainingInputs(data, features, spark, Path(), seed=5), settings).model
    assert isinstance(model, Als)
    return model


def test_encoding_a_history_is_the_half_step_of_spark_s_trainer(
    spark: SparkSession, trained: Als
) -> None:
    """Spark's last step solves for the profiles, given the titles' factors; `encode` does the same
    for a history.
    """
    data = checkerboard(20, unplayed=1)
    cells = data.matrix().tocoo()
    rows = list(zip(cells.row.tolist(), cells.col.tolist(), cells.data.tolist(), strict=True))
    fitted = ALS(
        rank=6,
        maxIter=4,
        regParam=0.05,
        alpha=4.0,
        implicitPrefs=True,
        numUserBlocks=1,
        numItemBlocks=1,
        checkpointInterval=-1,
        seed=5,
    ).fit(spark.createDataFrame(rows, "user int, item int, rating float"))
    profiles = {row["id"]: row["features"] for row in fitted.userFactors.collect()}
    expected = np.asarray([profiles[user] for user in range(20)])
    np.testing.assert_allclose(trained.encode(data.queries(NOW_MS)), expected, rtol=2e-3, atol=2e-4)


def test_the_same_seed_gives_the_same_bytes(spark: SparkSession, trained: Als) -> None:
    retrained = _train(spark, checkerboard(20, unplayed=1), SETTINGS)
    assert retrained.to_files() == trained.to_files()


def test_the_withheld_title_ranks_first(trained: Als) -> None:
    data = checkerboard(20, unplayed=1)
    scores = trained.score(data.queries(NOW_MS))
    unseen = np.where(data.matrix().toarray() > 0, -np.inf, scores)
    assert unseen.argmax(axis=1).tolist() == list(range(20))


def test_titles_without_plays_have_no_factors(trained: Als) -> None:
    assert not trained.item_vectors[20].any()


def test_without_plays_all_factors_are_zero(spark: SparkSession) -> None:
    no_plays = interactions_of([], titles=3, profiles=2)
    model = _train(spark, no_plays, replace(SETTINGS, embedding_size=2))
    assert not model.item_vectors.any()
    matrix = interactions_of([(0, 1)], titles=3, profiles=2).matrix()
    assert not half_step(matrix, model.item_vectors, model.settings).any()
