"""The two-tower job: examples to disk, processes through Spark's TorchDistributor (gloo on CPUs, NCCL on GPUs), the model back."""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import msgspec
import torch.distributed as dist
from pyspark.ml.torch.distributor import TorchDistributor
from pyspark.sql import SparkSession
from safetensors.numpy import load_file, save_file

from offline.training.two_tower.examples import make_catalogue, make_examples
from offline.training.two_tower.loop import TrainingReport, TrainingSettings, TrainingTask, identity_of, train
from shared.errors import SetupError
from shared.features.titles import TitleFeatures
from shared.models.interactions import Interactions
from shared.models.two_tower import TwoTower, TwoTowerParameters, TwoTowerSettings

_RESULT: Final = "result.safetensors"


@dataclass(frozen=True)
class DistributedSettings:
    """Where training processes run."""

    processes: int = 2
    local_mode: bool = True
    """Processes on the driver's machine; false: Spark tasks, whose executors must see the scratch folder (a shared file system)."""
    use_gpu: bool = False
    """One GPU a process, and NCCL between them; false: CPUs and gloo."""

    def spark_requests(self) -> Mapping[str, str]:
        """What the Spark session must be started with, so that each process gets a GPU; nothing without GPUs."""
        if not self.use_gpu:
            return {}
        if self.local_mode:
            return {"spark.driver.resource.gpu.amount": str(self.processes)}
        return {"spark.executor.resource.gpu.amount": "1", "spark.task.resource.gpu.amount": "1"}


def train_two_tower(
    interactions: Interactions,
    features: TitleFeatures,
    spark: SparkSession,
    *,
    scratch: Path,
    seed: int,
    model: TwoTowerSettings | None = None,
    training: TrainingSettings | None = None,
    distributed: DistributedSettings | None = None,
) -> tuple[TwoTower, TrainingReport]:
    """Train in several processes. `scratch` keeps data and checkpoints: the same call after a kill goes on from the last epoch.

    Raises:
        SetupError: there is nothing to learn from.
    """
    task = prepare(interactions, features, scratch, seed=seed, model=model, training=training)
    where = distributed or DistributedSettings()
    # Spark's signature names str for script files; a function returns whatever it returns.
    distributor = TorchDistributor(num_processes=where.processes, local_mode=where.local_mode, use_gpu=where.use_gpu)
    report: Any = distributor.run(_process, task, where.use_gpu)
    return TwoTower(task.model, interactions.vocabulary, _read_result(task)), TrainingReport(**report)


def prepare(
    interactions: Interactions,
    features: TitleFeatures,
    scratch: Path,
    *,
    seed: int,
    model: TwoTowerSettings | None = None,
    training: TrainingSettings | None = None,
) -> TrainingTask:
    """Write examples and catalogue where processes can map them, and say what is to be done.

    Raises:
        SetupError: nobody watched anything to the liking, so there is nothing to learn from.
    """
    shape, schedule = model or TwoTowerSettings(), training or TrainingSettings()
    examples = make_examples(interactions, shape.history_length)
    if not len(examples):
        raise SetupError("the two-tower model has no examples to learn from: no watching has a positive reward")
    data = scratch / "data"
    shutil.rmtree(data, ignore_errors=True)
    examples.save(data / "examples")
    make_catalogue(examples, features).save(data / "catalogue")
    identity = identity_of(shape, schedule, seed, _hash_of(data))
    return TrainingTask(str(data), str(scratch / "checkpoints"), identity, shape, schedule, seed)


def _process(task: TrainingTask, use_gpu: bool) -> dict[str, Any]:
    """What each process runs; rank 0 leaves the model beside the checkpoints."""
    dist.init_process_group("nccl" if use_gpu else "gloo")
    try:
        parameters, report = train(task, use_gpu=use_gpu)
        if dist.get_rank() == 0:
            arrays = {field.name: getattr(parameters, field.name) for field in fields(TwoTowerParameters)}
            save_file(arrays, Path(task.checkpoints) / _RESULT)
    finally:
        dist.destroy_process_group()
    built: dict[str, Any] = msgspec.to_builtins(report)
    return built


def _read_result(task: TrainingTask) -> TwoTowerParameters:
    return TwoTowerParameters(**load_file(Path(task.checkpoints) / _RESULT))


def _hash_of(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.npy")):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
