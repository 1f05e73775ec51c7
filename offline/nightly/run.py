"""One run and the documents it leaves: a step is done when its document is there, so a killed run
goes on behind the last one.

The documents are MessagePack, not JSON: figures may be NaN, where nothing could be measured, and
JSON cannot say so.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from shared.artifacts.port import Artifacts
from shared.errors import ArtifactCorrupt, ArtifactMissing
from shared.ids import GenerationId

T = TypeVar("T", bound=msgspec.Struct)

# Part of every run's identity: count it up when a change of code must make yesterday's finished
# steps worthless.
CODE_VERSION = 1
UNDER_WAY = "runs/under-way.msgpack"
LAST_STEP = "publish"


class RunStart(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is about; fixed when it begins, so that a resumed run writes the very same
    generation.

    `made_with` stands for the settings and recipes, `live` is what was published when it began.
    """

    run_id: str
    generation_id: GenerationId
    created_ms: int
    snapshot_id: int
    live: GenerationId | None
    made_with: str = ""


class StepDone(msgspec.Struct, frozen=True):
    """A finished step: how long it took, and its output, still packed."""

    step: str
    seconds: float
    output: msgspec.Raw


def run_id_of(snapshot_id: int, parts: Sequence[object]) -> str:
    """Sixteen hex digits that are the same exactly when the lake's content, the settings and the
    recipes are the same.
    """
    return hash_of([snapshot_id, *parts])


def hash_of(parts: Sequence[object]) -> str:
    """Sixteen hex digits that stand for the parts, and for the version of this code."""
    canonical = msgspec.json.encode([CODE_VERSION, *parts], order="deterministic")
    return hashlib.sha256(canonical).hexdigest()[:16]


def cut_off_run(artifacts: Artifacts) -> RunStart | None:
    """The run that was at work last, if nobody knows how it ended: it was killed, or an error that
    has nothing to do with it broke it.
    """
    try:
        data = artifacts.get_document(UNDER_WAY)
    except ArtifactMissing:
        return None
    start = _decode(data, RunStart) if data else None
    return (
        start
        if start is not None and RunStore(artifacts, start.run_id).find(LAST_STEP) is None
        else None
    )


def forget_run(artifacts: Artifacts) -> None:
    """The run at work came to an end of its own: it is not to be taken up."""
    artifacts.put_document(UNDER_WAY, b"")


@dataclass(frozen=True)
class RunStore:
    """The documents of one run, under `runs/<run id>/`."""

    artifacts: Artifacts
    run_id: str

    def start(self, begin: RunStart) -> RunStart:
        """The run as it began, now or when it was first tried."""
        try:
            data = self.artifacts.get_document(self._name("start"))
        except ArtifactMissing:
            self.artifacts.put_document(self._name("start"), msgspec.msgpack.encode(begin))
            return begin
        return _decode(data, RunStart)

    def find(self, step: str) -> StepDone | None:
        """The step's document, or None when the step was never finished."""
        try:
            return _decode(self.artifacts.get_document(self._name(step)), StepDone)
        except ArtifactMissing:
            return None

    def finish(self, step: str, seconds: float, output: msgspec.Struct) -> None:
        """Note that a step is done; the last thing a step does."""
        done = StepDone(step, seconds, msgspec.Raw(msgspec.msgpack.encode(output)))
        self.artifacts.put_document(self._name(step), msgspec.msgpack.encode(done))

    def output(self, step: str, output_type: type[T]) -> T:
        """What a finished step left.

        Raises:
            ArtifactMissing: it was never finished.
        """
        done = self.find(step)
        if done is None:
            raise ArtifactMissing(f"step {step} of run {self.run_id} was never finished")
        return _decode(bytes(done.output), output_type)

    def note_under_way(self, start: RunStart) -> None:
        """Remember this run as the one at work, until another takes its place."""
        self.artifacts.put_document(UNDER_WAY, msgspec.msgpack.encode(start))

    def seconds(self, steps: Sequence[str]) -> dict[str, float]:
        """How long each finished step took."""
        return {step: done.seconds for step in steps if (done := self.find(step)) is not None}

    def _name(self, step: str) -> str:
        return f"runs/{self.run_id}/{step.replace(':', '-')}.msgpack"


def _decode(data: bytes, wanted: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(data, type=wanted)
    except msgspec.MsgspecError as error:
        raise ArtifactCorrupt(f"{wanted.__name__}: {error}") from error
