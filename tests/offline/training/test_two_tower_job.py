"""The two-tower job as in a nightly run: real processes under Spark's TorchDistributor."""

from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession

from offline.training.settings import DistributedTrainingSettings
from offline.training.trainer import TrainingInputs
from offline.training.two_tower.job import train_two_tower
from offline.training.two_tower.task import BatchSettings, TwoTowerTrainingSettings
from shared.models.two_tower import TwoTowerSettings
from tests.models.data import NOW_MS, checkerboard, checkerboard_features, recommend

SETTINGS = TwoTowerTrainingSettings(
    epochs=8,
    batches=BatchSettings(batch_size=32, uniform_negatives=16),
    model=TwoTowerSettings(embedding_size=16, heads=2, hidden=16, history_length=16, buckets=64),
)


@pytest.mark.slow
# TorchDistributor leaves the pipe of its child process to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_two_processes_train_one_model(spark: SparkSession, tmp_path: Path) -> None:
    data = checkerboard(24, unplayed=2)
    inputs = TrainingInputs(data, checkerboard_features(24, 2), spark, tmp_path, seed=1)
    result = train_two_tower(inputs, SETTINGS)
    facts = result.facts
    assert (facts["processes"], facts["backend"], facts["device"]) == (2, "gloo", "cpu")
    assert facts["epochs"] == 8
    assert isinstance(losses := facts["losses"], tuple)
    assert losses[-1] < losses[0]
    numbers, _ = recommend(result.model, data.queries(NOW_MS), 1)
    assert np.mean(numbers[:, 0] % 2 == np.arange(24) % 2) == 1


def test_spark_is_configured_with_one_gpu_per_training_process() -> None:
    settings = DistributedTrainingSettings(processes=4, use_gpu=True)
    assert DistributedTrainingSettings().spark_conf("local[2]") == {}
    assert settings.spark_conf("local[2]") == {"spark.driver.resource.gpu.amount": "4"}
    assert settings.spark_conf("yarn") == {
        "spark.executor.resource.gpu.amount": "1",
        "spark.task.resource.gpu.amount": "1",
    }
