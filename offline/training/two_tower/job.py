"""The two-tower job: examples to disk, processes through Spark's TorchDistributor (gloo on CPUs,
NCCL on GPUs), the model back.
"""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
from pyspark.ml.torch.distributor import TorchDistributor
from pyspark.sql import SparkSession
from safetensors.numpy import load_file

from offline.training.settings import DistributedTrainingSettings, is_local
from offline.training.two_tower.examples import make_catalog, make_examples
from offline.training.two_tower.task import (
    REPORT_FILE,
    RESULT_FILE,
    TASK_FILE,
    TrainingReport,
    TrainingSettings,
    TrainingTask,
    identity_of,
)
from shared.errors import SetupError
from shared.features.titles import TitleFeatures
from shared.models.interactions import Interactions
from shared.models.two_tower import TwoTower, TwoTowerParameters, TwoTowerSettings


def train_two_tower(
    interactions: Interactions,
    features: TitleFeatures,
    spark: SparkSession,
    *,
    scratch: Path,
    seed: int,
    model: TwoTowerSettings | None = None,
    training: TrainingSettings | None = None,
    distributed: DistributedTrainingSettings | None = None,
) -> tuple[TwoTower, TrainingReport]:
    """Train in several processes. `scratch` keeps data and checkpoints: the same call after a kill
    goes on from the last epoch.

    `spark` must be the active session, for that is where Spark's distributor looks for it.

    Raises:
        SetupError: there is nothing to learn from.
    """
    where = distributed or DistributedTrainingSettings()
    task = replace(
        prepare(interactions, features, scratch, seed=seed, model=model, training=training),
        use_gpu=where.use_gpu,
    )
    result, report, task_file = scratch / RESULT_FILE, scratch / REPORT_FILE, scratch / TASK_FILE
    for left_over in (result, report):
        left_over.unlink(missing_ok=True)
    task_file.write_bytes(msgspec.json.encode(task))
    # A script and a file of JSON, rather than a function: nothing is pickled, and this process need
    # not load torch.
    distributor = TorchDistributor(
        num_processes=where.processes,
        local_mode=is_local(spark.sparkContext.master or ""),
        use_gpu=where.use_gpu,
    )
    distributor.run(str(Path(__file__).with_name("process.py")), str(task_file))
    parameters = TwoTowerParameters(**load_file(result))
    return TwoTower(task.model, interactions.vocabulary, parameters), msgspec.json.decode(
        report.read_bytes(), type=TrainingReport
    )


def prepare(
    interactions: Interactions,
    features: TitleFeatures,
    scratch: Path,
    *,
    seed: int,
    model: TwoTowerSettings | None = None,
    training: TrainingSettings | None = None,
) -> TrainingTask:
    """Write examples and catalog where processes can map them, and say what is to be done.

    Raises:
        SetupError: nobody watched anything to the liking, so there is nothing to learn from.
    """
    shape, schedule = model or TwoTowerSettings(), training or TrainingSettings()
    examples = make_examples(interactions, shape.history_length)
    if not len(examples):
        raise SetupError(
            "the two-tower model has no examples to learn from: no watching has a positive reward"
        )
    data = scratch / "data"
    shutil.rmtree(data, ignore_errors=True)
    examples.save(data / "examples")
    make_catalog(examples, features).save(data / "catalog")
    identity = identity_of(shape, schedule, seed, _hash_of(data))
    return TrainingTask(str(data), str(scratch / "checkpoints"), identity, shape, schedule, seed)


def _hash_of(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.npy")):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
