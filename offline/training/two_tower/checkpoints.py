"""Checkpoints of parameters and optimizer state, as safetensors.

One is written after each epoch and replaces the previous one atomically, so a kill costs at most
one epoch.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from shared.errors import ArtifactCorrupt

_FILE: Final = "checkpoint"
_MOMENTS: Final = ("step", "exp_avg", "exp_avg_sq")


@dataclass(frozen=True)
class TrainingProgress:
    """Completed epochs and their cost, summed over all interrupted parts."""

    epochs: int = 0
    losses: tuple[float, ...] = ()
    """Mean loss of each epoch on rank 0."""
    train_s: float = 0.0
    input_wait_s: float = 0.0


def save_checkpoint(
    folder: Path,
    identity: str,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    progress: TrainingProgress,
) -> None:
    """Replace the folder's checkpoint atomically.

    `identity` is stored with it and checked by `load_checkpoint`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"parameter.{name}": value for name, value in module.state_dict().items()}
    for name, parameter in module.named_parameters():
        state = optimizer.state[parameter]
        tensors |= {f"{moment}.{name}": state[moment] for moment in _MOMENTS}
    header = {"identity": identity, "progress": msgspec.json.encode(progress).decode()}
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    temporary = folder / f"{_FILE}.partial"
    with temporary.open("wb") as file:
        file.write(save(contiguous, metadata=header))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / _FILE)


def load_checkpoint(
    folder: Path, identity: str, module: nn.Module, optimizer: torch.optim.Optimizer
) -> TrainingProgress:
    """Restore module and optimizer from the checkpoint and return its progress.

    Without a checkpoint of this identity they stay as they are, and the progress is zero.

    Raises:
        ArtifactCorrupt: the checkpoint cannot be read. Delete it to train from the start.
    """
    path = folder / _FILE
    if not path.exists():
        return TrainingProgress()
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata()
            if header["identity"] != identity:
                return TrainingProgress()
            names = file.keys()
            tensors = {name: file.get_tensor(name) for name in names}
    except SafetensorError as error:
        raise ArtifactCorrupt(f"checkpoint {path}: {error}") from error
    _restore(tensors, module, optimizer)
    return msgspec.json.decode(header["progress"], type=TrainingProgress)


def _restore(
    tensors: dict[str, Tensor], module: nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    prefix = "parameter."
    module.load_state_dict(
        {
            name.removeprefix(prefix): value
            for name, value in tensors.items()
            if name.startswith(prefix)
        }
    )
    for name, parameter in module.named_parameters():
        for moment in _MOMENTS:
            value = tensors[f"{moment}.{name}"]
            # Adam keeps its step count on the CPU and its moments on the device of the parameter.
            optimizer.state[parameter][moment] = (
                value if moment == "step" else value.to(parameter.device)
            )
