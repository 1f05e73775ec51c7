"""Settings of the offline tier, importable without pyspark and torch.

Sections of one topic are defined in the package of that topic. This module combines them.
"""

from dataclasses import dataclass, field
from typing import Literal

from offline.candidates.settings import CandidateSettings
from offline.datasets.reward import RewardSettings
from offline.evaluation.settings import GateSettings, ProtocolSettings
from offline.training.settings import DistributedTrainingSettings, is_local


@dataclass(frozen=True, slots=True)
class LakeSettings:
    """The Iceberg tables that hold the long history."""

    warehouse: str = ""
    """Folder or object-store address of the warehouse; empty means `lake` in the home folder."""
    catalog: Literal["jdbc", "rest"] = "jdbc"
    """Kind of Iceberg catalog."""
    catalog_uri: str = ""
    """Address of the catalog; for `jdbc` only, empty means a SQLite file in the warehouse."""


@dataclass(frozen=True, slots=True)
class SparkSettings:
    """How the offline jobs start Spark. The defaults are guesses for one machine with two cores."""

    master: str = "local[2]"
    """Spark master."""
    driver_memory: str = "1g"
    """Heap of the driver."""
    shuffle_partitions: int = 4
    """Partitions after a shuffle; few suit one machine."""
    executor_memory: str = "1g"
    """Heap of an executor; unused under local[n]."""
    executor_cores: int = 1
    """Cores of an executor; unused under local[n]."""
    executor_gpus: int = 0
    """GPUs of an executor."""
    extra: tuple[str, ...] = ()
    """Further `key=value` settings, as in spark-submit --conf."""

    def __post_init__(self) -> None:
        """Refuse an entry of `extra` without a value.

        Raises:
            ValueError: with the entry.
        """
        for entry in self.extra:
            if "=" not in entry:
                raise ValueError(f"extra must have key=value entries, not {entry!r}")

    @property
    def is_local(self) -> bool:
        """Whether driver and executors are one process on this machine."""
        return is_local(self.master)


@dataclass(frozen=True, slots=True)
class NightlySettings:
    """Everything that determines the output of a nightly run; it is part of the run's id."""

    recipes: tuple[str, ...] = ()
    """Names of the recipes to train (offline.training.recipes); empty means all of them."""
    seed: int = 7
    """Seed of all random numbers in training and evaluation."""
    candidate_tasks: int = 4
    """Number of Spark tasks that compute candidates; a guess for two cores."""
    sample_profiles: int = 20
    """Number of profiles with candidates read back before publication; a guess."""
    min_profile_share: float = 0.5
    """A run fails when it finds less than this share of the live generation's profiles. A guess:
    losing half of all profiles in one day means that data are missing.
    """
    reward: RewardSettings = field(default_factory=RewardSettings)
    """Weights of the training labels."""
    protocol: ProtocolSettings = field(default_factory=ProtocolSettings)
    """The plays that are held out for evaluation, and the number of queries."""
    gates: GateSettings = field(default_factory=GateSettings)
    """Conditions under which a model may replace the live one."""
    candidates: CandidateSettings = field(default_factory=CandidateSettings)
    """Number and length of the candidate rows."""
    training: DistributedTrainingSettings = field(default_factory=DistributedTrainingSettings)
    """Processes of distributed training."""
