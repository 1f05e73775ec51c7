"""The two-tower training job.

The driver writes examples to disk, processes train under Spark's TorchDistributor (gloo on CPUs,
NCCL on GPUs), and the driver reads the model back.
"""

import hashlib
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import msgspec
from pyspark.ml.torch.distributor import TorchDistributor
from safetensors.numpy import load_file

from offline.training.settings import is_local
from offline.training.trainer import TrainingInputs, TrainingResult
from offline.training.two_tower.examples import make_catalog, make_examples
from offline.training.two_tower.task import (
    REPORT_FILE,
    RESULT_FILE,
    TASK_FILE,
    TrainingReport,
    TrainingTask,
    TwoTowerTrainingSettings,
    identity_of,
)
from shared.errors import SetupError
from shared.features.titles import TitleFeatures
from shared.models.interactions import Interactions
from shared.models.two_tower import TwoTower, TwoTowerParameters


def train_two_tower(inputs: TrainingInputs, settings: TwoTowerTrainingSettings) -> TrainingResult:
    """Train in several processes.

    The scratch folder keeps data and checkpoints. After a kill, the same call continues from the
    last epoch. The session of `inputs` must be the active one, because TorchDistributor uses that.

    Raises:
        SetupError: the interactions contain no example.
    """
    scratch, distributed = inputs.scratch, inputs.distributed
    task = write_task(inputs.interactions, inputs.features, settings, scratch, inputs.seed)
    result, report_file, task_file = (
        scratch / RESULT_FILE,
        scratch / REPORT_FILE,
        scratch / TASK_FILE,
    )
    for stale in (result, report_file):
        stale.unlink(missing_ok=True)
    task_file.write_bytes(msgspec.json.encode(replace(task, use_gpu=distributed.use_gpu)))
    # The distributor gets a script and a JSON file instead of a function: nothing is pickled, and
    # this process does not load torch.
    distributor = TorchDistributor(
        num_processes=distributed.processes,
        local_mode=is_local(inputs.spark.sparkContext.master or ""),
        use_gpu=distributed.use_gpu,
    )
    distributor.run(str(Path(__file__).with_name("process.py")), str(task_file))
    parameters = TwoTowerParameters(**load_file(result))
    report = msgspec.json.decode(report_file.read_bytes(), type=TrainingReport)
    return TrainingResult(
        TwoTower(settings.model, inputs.interactions.vocabulary, parameters),
        {**asdict(report), "input_wait_share": report.input_wait_share},
    )


def write_task(
    interactions: Interactions,
    features: TitleFeatures,
    settings: TwoTowerTrainingSettings,
    scratch: Path,
    seed: int,
) -> TrainingTask:
    """Write examples and catalog to the scratch folder and return the task that trains on them.

    Raises:
        SetupError: the interactions contain no example.
    """
    examples = make_examples(interactions, settings.model.history_length)
    if not len(examples):
        raise SetupError(
            "the two-tower model has no training examples: no viewing has a positive reward"
        )
    data = scratch / "data"
    shutil.rmtree(data, ignore_errors=True)
    examples.save(data / "examples")
    make_catalog(examples, features).save(data / "catalog")
    identity = identity_of(settings, seed, _digest_of(data))
    return TrainingTask(str(data), str(scratch / "checkpoints"), identity, settings, seed)


def _digest_of(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.npy")):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
