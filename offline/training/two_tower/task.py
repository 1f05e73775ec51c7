"""The task of a two-tower training and its report.

These are plain records without torch; they travel between the driver and the training processes.
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
    """How examples are drawn. The values are guesses: the best of a few on the simulated world."""

    batch_size: int = 256
    """Examples of one process in one step."""
    uniform_negatives: int = 256
    """Negatives drawn uniformly from the catalog, in addition to the targets of the batch, so that
    rarely played titles are negatives too.
    """
    hide_id: float = 0.2
    """Probability that a title's id is dropped out, so that metadata alone must represent it."""
    forget: float = 0.1
    """Probability that a history is cut to its last few entries, so that short histories are
    trained.
    """


@dataclass(frozen=True)
class TwoTowerTrainingSettings:
    """The model's shape and the optimization schedule. The values are guesses, as above."""

    epochs: int = 6
    """With few plays per title, more epochs overfit."""
    learning_rate: float = 0.01
    """The initial rate; it decreases to zero along a half cosine."""
    weight_decay: float = 0.02
    """Weight decay of AdamW."""
    batches: BatchSettings = field(default_factory=BatchSettings)
    """How examples are drawn."""
    model: TwoTowerSettings = field(default_factory=TwoTowerSettings)
    """The model's shape."""


@dataclass(frozen=True)
class TrainingTask:
    """The complete input of a training process; small, since it is sent as JSON."""

    data: str
    """Folder with `examples` and `catalog`."""
    checkpoints: str
    """Folder of the checkpoint, from which training resumes if there is one."""
    identity: str
    """Digest of data, settings and seed; only a checkpoint with the same identity is resumed."""
    settings: TwoTowerTrainingSettings
    seed: int
    use_gpu: bool = False
    """One GPU for each process, and NCCL between them."""


@dataclass(frozen=True)
class TrainingReport:
    """Cost of a training, summed over all its interrupted parts, as measured by rank 0."""

    epochs: int
    losses: tuple[float, ...]
    """Mean loss of each epoch."""
    examples: int
    train_s: float
    input_wait_s: float
    """Time during which the process waited for a batch."""
    processes: int
    backend: str
    device: str
    resumed_at_epoch: int

    @property
    def input_wait_share(self) -> float:
        """Waiting time as a share of training time."""
        return self.input_wait_s / self.train_s if self.train_s else 0.0


def identity_of(settings: TwoTowerTrainingSettings, seed: int, data: str) -> str:
    """The identity of a task; `data` is a digest of the examples."""
    return msgspec.json.encode((settings, seed, data)).decode()
