"""Steps that are wired by object, and the run that executes them (docs/decisions/0011).

A step names its inputs as objects, and its function receives their outputs. mypy refuses a step if
its inputs do not fit its function.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, get_type_hints, overload

import msgspec

from offline.context import RunContext
from offline.datasets.dataset import Dataset, StoredDataset, load_dataset
from offline.run_store import RunStart, RunStore, clear_current_run
from shared.errors import GateFailed

T = TypeVar("T", bound=msgspec.Struct)
T_co = TypeVar("T_co", bound=msgspec.Struct, covariant=True)
Value_co = TypeVar("Value_co", covariant=True)
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")


class Input(Protocol[Value_co]):
    """A source of one argument of a step's function: a step, or several steps together."""

    @property
    def steps(self) -> "tuple[Step[msgspec.Struct], ...]":
        """The steps that must finish first."""
        ...

    def read(self, run: "Run") -> Value_co:
        """The value that the step's function receives."""
        ...


@dataclass(frozen=True, eq=False)
class Step(Generic[T_co]):
    """One step of a run; its output is stored when it finishes. Create it with `step`."""

    name: str
    output_type: type[T_co]
    needs: "tuple[Step[msgspec.Struct], ...]"
    compute: "Callable[[Run], T_co]"

    @property
    def steps(self) -> "tuple[Step[msgspec.Struct], ...]":
        return (self,)

    def read(self, run: "Run") -> T_co:
        return run.output(self)


@dataclass(frozen=True)
class AllOf(Generic[T]):
    """Several steps with outputs of one type; a function receives the outputs as a tuple."""

    steps: tuple[Step[T], ...]

    def read(self, run: "Run") -> tuple[T, ...]:
        return tuple(run.output(step) for step in self.steps)


@dataclass
class Run:
    """A run in this process."""

    context: RunContext
    start: RunStart
    store: RunStore
    seconds: dict[str, float]
    """Duration of each finished step, by name."""
    _dataset: Dataset | None = None

    @classmethod
    def open(cls, context: RunContext, proposed: RunStart) -> "Run":
        """Start the run, or continue it if it was started before."""
        store = RunStore(context.artifacts, proposed.run_id)
        return cls(context, store.start(proposed), store, {})

    def output(self, step: Step[T]) -> T:
        """The output of a finished step.

        Raises:
            ArtifactMissing: the step has not finished.
        """
        return self.store.output(step.name, step.output_type)

    def execute(self, step: Step[msgspec.Struct]) -> None:
        """Compute a step and store its output; do nothing if the step finished before.

        Raises:
            GateFailed: the run ends here and is not resumed, since other data may pass.
        """
        record = self.store.find(step.name)
        if record is not None:
            self.seconds[step.name] = record.seconds
            self.context.progress(f"{step.name}: already done")
            return
        began_s = self.context.clock.monotonic_s()
        try:
            output = step.compute(self)
        except GateFailed:
            clear_current_run(self.context.artifacts)
            raise
        seconds = round(self.context.clock.monotonic_s() - began_s, 2)
        self.store.finish(step.name, seconds, output)
        self.seconds[step.name] = seconds
        self.context.progress(f"{step.name}: done in {seconds:.1f} s")

    def dataset(self, stored: StoredDataset) -> Dataset:
        """The run's data set in memory, decoded once per process."""
        if self._dataset is None:
            self._dataset = load_dataset(self.context.artifacts, stored)
        return self._dataset


# One overload per number of inputs, as in asyncio.gather: a type cannot say that each Input[A] of a
# variable number of inputs gives one argument A.
@overload
def step(name: str, function: Callable[[Run], T], /) -> Step[T]: ...
@overload
def step(name: str, function: Callable[[Run, A], T], a: Input[A], /) -> Step[T]: ...
@overload
def step(name: str, function: Callable[[Run, A, B], T], a: Input[A], b: Input[B], /) -> Step[T]: ...
@overload
def step(
    name: str, function: Callable[[Run, A, B, C], T], a: Input[A], b: Input[B], c: Input[C], /
) -> Step[T]: ...
@overload
def step(
    name: str,
    function: Callable[[Run, A, B, C, D, E], T],
    a: Input[A],
    b: Input[B],
    c: Input[C],
    d: Input[D],
    e: Input[E],
    /,
) -> Step[T]: ...
def step(name: str, function: Callable[..., T], /, *inputs: Input[object]) -> Step[T]:
    """Create a step. Its function receives the run and the values of the inputs, in order.

    The output's type is the function's return annotation.
    """

    def compute(run: Run) -> T:
        return function(run, *(source.read(run) for source in inputs))

    needs = tuple(needed for source in inputs for needed in source.steps)
    return Step(name, get_type_hints(function)["return"], needs, compute)
