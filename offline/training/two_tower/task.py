"""What is to be trained and how, and what came of it: plain records that travel between driver and
processes, without torch.
"""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from shared.models.two_tower import TwoTowerSettings

TASK_FILE: Final = "task.json"
RESULT_FILE: Final = "result.safetensors"
REPORT_FILE: Final = "report.json"


@dataclass(frozen=True)
class BatchSettings:
    """How examples are drawn."""

    batch_size: int = 256
    """Examples of one process in one step."""
    uniform_negatives: int = 256
    """Titles drawn evenly from the catalog beside the batch's own targets, so that rarely played
    ones are told apart too.
    """
    hide_id: float = 0.2
    """How often a title must do without its id, so that metadata learns to stand alone."""
    forget: float = 0.1
    """How often all but the last few entries of a history are forgotten, so that short histories
    are rehearsed.
    """


@dataclass(frozen=True)
class TrainingSettings:
    """How long and how fast to learn."""

    epochs: int = 6
    """Few: with few plays a title, more passes remember instead of learn."""
    learning_rate: float = 0.01
    """At the first step; it falls to nothing along a half cosine."""
    weight_decay: float = 0.02
    batches: BatchSettings = field(default_factory=BatchSettings)


@dataclass(frozen=True)
class TrainingTask:
    """Everything a process must know; small, since it travels to other processes as JSON."""

    data: str
    """Folder with `examples` and `catalog`."""
    checkpoints: str
    """Folder of checkpoints; training resumes from what it finds there."""
    identity: str
    """Names data and settings, so that only its own checkpoint is resumed."""
    model: TwoTowerSettings
    training: TrainingSettings
    seed: int
    use_gpu: bool = False
    """A GPU of its own for each process, and NCCL between them."""


@dataclass(frozen=True)
class TrainingReport:
    """What training cost, in all runs together when it was resumed, as rank 0 saw it."""

    epochs: int
    losses: tuple[float, ...]
    examples: int
    train_s: float
    input_wait_s: float
    """How long the processor stood idle for want of a batch."""
    processes: int
    backend: str
    device: str
    resumed_at_epoch: int

    @property
    def input_wait_share(self) -> float:
        """Idle time as a share of training time."""
        return self.input_wait_s / self.train_s if self.train_s else 0.0


def identity_of(model: TwoTowerSettings, training: TrainingSettings, seed: int, data: str) -> str:
    """What a checkpoint must share with a task to be resumed by it; `data` names the content of the
    examples.
    """
    return msgspec.json.encode(
        (msgspec.to_builtins(model), msgspec.to_builtins(training), seed, data)
    ).decode()
