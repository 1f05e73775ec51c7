"""The training loop of one process, alone or in a process group.

Gradients are averaged over processes, and a checkpoint is written after every epoch.
"""

import math
import os
import time
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from offline.training.two_tower.batches import Prefetched, Share, batches, steps_per_epoch
from offline.training.two_tower.checkpoints import (
    TrainingProgress,
    load_checkpoint,
    save_checkpoint,
)
from offline.training.two_tower.examples import CatalogTokens, Examples
from offline.training.two_tower.module import TwoTowerModule
from offline.training.two_tower.task import TrainingReport, TrainingTask
from shared.models.two_tower import TwoTowerParameters


def train(task: TrainingTask) -> tuple[TwoTowerParameters, TrainingReport]:
    """Train to the end and return the parameters, which are equal in all processes."""
    loop = TrainingLoop(task)
    for _ in loop.epochs():
        pass
    return loop.module.parameters_to_serve(), loop.report()


class TrainingLoop:
    """The training of a task, continued from its checkpoint if there is one."""

    def __init__(self, task: TrainingTask) -> None:
        torch.set_num_threads(1)
        torch.manual_seed(task.seed)
        self._task = task
        self._examples = Examples.open(Path(task.data) / "examples", mmap_mode="r")
        self._catalog = CatalogTokens.open(Path(task.data) / "catalog")
        self._share = (
            Share(dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else Share(0, 1)
        )
        self._device = _device(task.use_gpu)
        self.module = TwoTowerModule(task.settings.model, self._catalog, self._device)
        self._optimizer = torch.optim.AdamW(
            self.module.parameters(),
            lr=task.settings.learning_rate,
            weight_decay=task.settings.weight_decay,
        )
        self.progress = load_checkpoint(
            Path(task.checkpoints), task.identity, self.module, self._optimizer
        )
        self._resumed_at_epoch = self.progress.epochs
        self._learner = _distributed(self.module, self._device)

    def epochs(self) -> Iterator[TrainingProgress]:
        """Train the remaining epochs. Yields after each, when its checkpoint is written."""
        task = self._task
        for epoch in range(self.progress.epochs, task.settings.epochs):
            self.progress = self._train_epoch(epoch)
            if self._share.rank == 0:
                save_checkpoint(
                    Path(task.checkpoints),
                    task.identity,
                    self.module,
                    self._optimizer,
                    self.progress,
                )
            yield self.progress

    def report(self) -> TrainingReport:
        """The cost of training so far, including interrupted parts."""
        return TrainingReport(
            epochs=self.progress.epochs,
            losses=self.progress.losses,
            examples=len(self._examples),
            train_s=self.progress.train_s,
            input_wait_s=self.progress.input_wait_s,
            processes=self._share.world_size,
            backend=dist.get_backend() if dist.is_initialized() else "none",
            device=self._device.type,
            resumed_at_epoch=self._resumed_at_epoch,
        )

    def _train_epoch(self, epoch: int) -> TrainingProgress:
        started_s, losses = time.perf_counter(), []
        settings, share = self._task.settings, self._share
        steps = steps_per_epoch(len(self._examples), settings.batches, share.world_size)
        source = Prefetched(
            batches(
                self._examples,
                self._catalog,
                settings.batches,
                seed=self._task.seed,
                epoch=epoch,
                share=share,
            )
        )
        for step, batch in enumerate(source):
            self._set_learning_rate((epoch * steps + step) / (settings.epochs * steps))
            self._optimizer.zero_grad(set_to_none=True)
            loss = self._learner(batch.to(self._device))
            loss.backward()
            self._optimizer.step()
            losses.append(loss.detach())
        return TrainingProgress(
            epochs=epoch + 1,
            losses=(*self.progress.losses, float(torch.stack(losses).mean())),
            train_s=self.progress.train_s + time.perf_counter() - started_s,
            input_wait_s=self.progress.input_wait_s + source.waited_s,
        )

    def _set_learning_rate(self, completed: float) -> None:
        """Follow a half cosine; `completed` is the completed share of all steps."""
        rate = self._task.settings.learning_rate * 0.5 * (1 + math.cos(math.pi * completed))
        for group in self._optimizer.param_groups:
            group["lr"] = rate


def _device(use_gpu: bool) -> torch.device:
    """This process's own GPU, or the CPU."""
    if use_gpu:
        local_rank = int(os.environ.get("LOCAL_RANK", "0"))
        return torch.device("cuda", local_rank % torch.cuda.device_count())
    return torch.device("cpu")


def _distributed(module: TwoTowerModule, device: torch.device) -> nn.Module:
    """The module with gradients averaged over the process group, if there is one."""
    if not dist.is_initialized():
        return module
    return DistributedDataParallel(module, device_ids=[device] if device.type == "cuda" else None)
