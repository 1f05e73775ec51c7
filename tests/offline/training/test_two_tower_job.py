"""The two-tower job as the nightly runs it: real processes through Spark's distributor."""

from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession

from offline.training.settings import DistributedTrainingSettings
from offline.training.two_tower.job import train_two_tower
from offline.training.two_tower.task import BatchSettings, TrainingSettings
from shared.models.two_tower import TwoTowerSettings
from tests.models.data import NOW_MS, checkerboard, checkerboard_features, recommend

MODEL = TwoTowerSettings(embedding_size=16, heads=2, hidden=16, history_length=16, buckets=64)
TRAINING = TrainingSettings(epochs=8, batches=BatchSettings(batch_size=32, uniform_negatives=16))


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore:unclosed file:ResourceWarning"
)  # Spark's distributor leaves its child's pipe to the collector
def test_two_processes_train_one_model(spark: SparkSession, tmp_path: Path) -> None:
    data, features = checkerboard(24, unplayed=2), checkerboard_features(24, 2)
    model, report = train_two_tower(
        data, features, spark, scratch=tmp_path, seed=1, model=MODEL, training=TRAINING
    )
    assert (report.processes, report.backend, report.device, report.epochs) == (2, "gloo", "cpu", 8)
    assert report.losses[-1] < report.losses[0]
    assert 0 <= report.input_wait_s < report.train_s
    numbers, _ = recommend(model, data.queries(NOW_MS), 1)
    assert np.mean(numbers[:, 0] % 2 == np.arange(24) % 2) == 1


def test_spark_is_asked_for_one_gpu_per_training_process() -> None:
    settings = DistributedTrainingSettings(processes=4, use_gpu=True)
    assert DistributedTrainingSettings().spark_conf("local[2]") == {}
    assert settings.spark_conf("local[2]") == {"spark.driver.resource.gpu.amount": "4"}
    assert settings.spark_conf("yarn") == {
        "spark.executor.resource.gpu.amount": "1",
        "spark.task.resource.gpu.amount": "1",
    }
