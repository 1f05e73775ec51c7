"""The training loop of one process, alone or among several: epochs, gradients averaged over
processes, a checkpoint after each.
"""

import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from offline.training.two_tower.batches import Prefetched, Share, batches, steps_per_epoch
from offline.training.two_tower.checkpoints import Progress, load_checkpoint, save_checkpoint
from offline.training.two_tower.examples import Catalog, Examples
from offline.training.two_tower.module import TwoTowerModule
from offline.training.two_tower.task import TrainingReport, TrainingSettings, TrainingTask
from shared.models.two_tower import TwoTowerParameters

AfterEpoch = Callable[[Progress], None]


def train(
    task: TrainingTask, after_epoch: AfterEpoch = lambda _: None
) -> tuple[TwoTowerParameters, TrainingReport]:
    """Train in this process, as one of several when a process group stands, and return what was
    learned (the same in each).
    """
    torch.set_num_threads(1)
    examples, catalog = (
        Examples.open(Path(task.data) / "examples"),
        Catalog.open(Path(task.data) / "catalog"),
    )
    share = Share(dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else Share(0, 1)
    device = _device(task.use_gpu)
    torch.manual_seed(task.seed)
    module = TwoTowerModule(task.model, catalog, device)
    settings = task.training
    optimizer = torch.optim.AdamW(
        module.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    progress = load_checkpoint(Path(task.checkpoints), task.identity, module, optimizer)
    resumed_at = progress.epochs
    learner = _among_others(module, device) if dist.is_initialized() else module
    for epoch in range(progress.epochs, settings.epochs):
        progress = _epoch(
            learner, optimizer, examples, catalog, task, epoch, share, device, progress
        )
        if share.rank == 0:
            save_checkpoint(Path(task.checkpoints), task.identity, module, optimizer, progress)
        after_epoch(progress)
    return module.parameters_to_serve(), _report(progress, len(examples), share, device, resumed_at)


def _device(use_gpu: bool) -> torch.device:
    """This process's own GPU, else the CPU."""
    if use_gpu:
        return torch.device(
            "cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count()
        )
    return torch.device("cpu")


def _among_others(module: TwoTowerModule, device: torch.device) -> nn.Module:
    return DistributedDataParallel(module, device_ids=[device] if device.type == "cuda" else None)


def _epoch(
    learner: nn.Module,
    optimizer: torch.optim.Optimizer,
    examples: Examples,
    catalog: Catalog,
    task: TrainingTask,
    epoch: int,
    share: Share,
    device: torch.device,
    progress: Progress,
) -> Progress:
    started, losses = time.perf_counter(), []
    settings = task.training
    steps = steps_per_epoch(len(examples), settings.batches, share.world_size)
    source = Prefetched(
        batches(examples, catalog, settings.batches, seed=task.seed, epoch=epoch, share=share)
    )
    for step, batch in enumerate(source):
        _set_rate(optimizer, settings, (epoch * steps + step) / (settings.epochs * steps))
        optimizer.zero_grad(set_to_none=True)
        loss = learner(batch.to(device))
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    mean = float(torch.stack(losses).mean())
    return Progress(
        epochs=epoch + 1,
        losses=(*progress.losses, mean),
        train_s=progress.train_s + time.perf_counter() - started,
        input_wait_s=progress.input_wait_s + source.waited_s,
    )


def _set_rate(optimizer: torch.optim.Optimizer, settings: TrainingSettings, done: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = settings.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def _report(
    progress: Progress, examples: int, share: Share, device: torch.device, resumed_at: int
) -> TrainingReport:
    return TrainingReport(
        epochs=progress.epochs,
        losses=progress.losses,
        examples=examples,
        train_s=progress.train_s,
        input_wait_s=progress.input_wait_s,
        processes=share.world_size,
        backend=dist.get_backend() if dist.is_initialized() else "none",
        device=device.type,
        resumed_at_epoch=resumed_at,
    )
