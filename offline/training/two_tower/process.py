"""The script that each training process runs, started by torchrun.

It does not import Spark, so that it starts as fast as torch is imported.
"""

import sys
from dataclasses import fields
from pathlib import Path

import msgspec
import torch.distributed as dist
from safetensors.numpy import save_file

from offline.training.two_tower.loop import train
from offline.training.two_tower.task import REPORT_FILE, RESULT_FILE, TrainingTask
from shared.models.two_tower import TwoTowerParameters


def main(task_file: Path) -> None:
    """Train as one process of a group. Rank 0 writes model and report into the task's folder."""
    task = msgspec.json.decode(task_file.read_bytes(), type=TrainingTask)
    dist.init_process_group("nccl" if task.use_gpu else "gloo")
    try:
        parameters, report = train(task)
        if dist.get_rank() == 0:
            arrays = {
                field.name: getattr(parameters, field.name) for field in fields(TwoTowerParameters)
            }
            save_file(arrays, task_file.with_name(RESULT_FILE))
            task_file.with_name(REPORT_FILE).write_bytes(msgspec.json.encode(report))
    finally:
        dist.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
