"""Settings of distributed training."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DistributedTrainingSettings:
    """Processes that train one model together.

    Under a local Spark master they run on the driver's machine. Otherwise they are Spark tasks, and
    their executors must see the run's working folder (a shared file system).
    """

    processes: int = 2
    """Number of processes."""
    use_gpu: bool = False
    """True: one GPU for each process, NCCL between them. False: CPUs and gloo."""
    als_blocks: int = 1
    """Blocks of profiles and of titles in Spark's ALS. One is the fastest on one machine and gives
    equal bytes for equal seeds; with more, the order of float additions varies.
    """

    def spark_conf(self, master: str) -> Mapping[str, str]:
        """Spark settings that give each process a GPU; empty without GPUs.

        They must be set before the session starts.
        """
        if not self.use_gpu:
            return {}
        if is_local(master):
            return {"spark.driver.resource.gpu.amount": str(self.processes)}
        return {"spark.executor.resource.gpu.amount": "1", "spark.task.resource.gpu.amount": "1"}


def is_local(master: str) -> bool:
    """Whether a Spark master URL names this process, as `local[2]` does."""
    return master.startswith("local")
