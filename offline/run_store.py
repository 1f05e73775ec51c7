"""The stored documents of a run.

A step is done when its document exists, so an interrupted run continues after the last document.
Documents are MessagePack instead of JSON, because metrics may be NaN and JSON has no NaN.
"""

from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec

from offline.lake.schema import TABLE_NAME
from shared.artifacts.port import Artifacts
from shared.errors import ArtifactCorrupt, ArtifactMissing
from shared.ids import GenerationId

T = TypeVar("T", bound=msgspec.Struct)

CURRENT_RUN: Final = "runs/current.msgpack"
LAST_STEP: Final = "publish"


class RunStart(msgspec.Struct, frozen=True, kw_only=True):
    """Values that are fixed when a run starts, so that a resumed run writes the same generation."""

    run_id: str
    generation_id: GenerationId
    created_ms: int
    snapshot_id: int
    """The lake's snapshot that the run reads."""
    live: GenerationId | None
    """The generation that was live when the run started."""
    inputs_digest: str
    """See `RunInputs.digest`."""
    watching_rules: str
    """Version of the watching rules (shared.rules.watching)."""

    @property
    def lake_snapshots(self) -> dict[str, int]:
        """The snapshot by the name of the lake's table, for manifests and reports."""
        return {TABLE_NAME: self.snapshot_id}


class StepRecord(msgspec.Struct, frozen=True):
    """The document of a finished step: its duration and its encoded output."""

    step: str
    seconds: float
    output: msgspec.Raw


@dataclass(frozen=True)
class RunStore:
    """The documents of one run, under `runs/<run id>/`."""

    artifacts: Artifacts
    run_id: str

    def start(self, proposed: RunStart) -> RunStart:
        """Store the start of the run. If the run was started before, return its stored start."""
        try:
            data = self.artifacts.get_document(self._document("start"))
        except ArtifactMissing:
            encoded = msgspec.msgpack.encode(proposed)
            self.artifacts.put_document(self._document("start"), encoded)
            return proposed
        return _decode(data, RunStart)

    def find(self, step_name: str) -> StepRecord | None:
        """The record of a step; None if the step has not finished."""
        try:
            data = self.artifacts.get_document(self._document(step_name))
        except ArtifactMissing:
            return None
        return _decode(data, StepRecord)

    def finish(self, step_name: str, seconds: float, output: msgspec.Struct) -> None:
        """Record that a step has finished."""
        record = StepRecord(step_name, seconds, msgspec.Raw(msgspec.msgpack.encode(output)))
        self.artifacts.put_document(self._document(step_name), msgspec.msgpack.encode(record))

    def output(self, step_name: str, output_type: type[T]) -> T:
        """The output of a finished step.

        Raises:
            ArtifactMissing: the step has not finished.
            ArtifactCorrupt: the record has no output of this type.
        """
        record = self.find(step_name)
        if record is None:
            raise ArtifactMissing(f"step {step_name} of run {self.run_id} has not finished")
        return _decode(bytes(record.output), output_type)

    def _document(self, step_name: str) -> str:
        return f"runs/{self.run_id}/{step_name.replace(':', '-')}.msgpack"


def interrupted_run(artifacts: Artifacts) -> RunStart | None:
    """The current run if it was killed or failed for a reason outside the run.

    None if it has published, if a gate ended it, or if there is no run.
    """
    try:
        data = artifacts.get_document(CURRENT_RUN)
    except ArtifactMissing:
        return None
    if not data:
        return None
    start = _decode(data, RunStart)
    has_published = RunStore(artifacts, start.run_id).find(LAST_STEP) is not None
    return None if has_published else start


def set_current_run(artifacts: Artifacts, start: RunStart) -> None:
    """Make a run the current one; the next nightly run resumes it if it is interrupted."""
    artifacts.put_document(CURRENT_RUN, msgspec.msgpack.encode(start))


def clear_current_run(artifacts: Artifacts) -> None:
    """Record that the current run has ended and must not be resumed."""
    artifacts.put_document(CURRENT_RUN, b"")


def _decode(data: bytes, expected_type: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(data, type=expected_type)
    except msgspec.MsgspecError as error:
        raise ArtifactCorrupt(f"{expected_type.__name__}: {error}") from error
