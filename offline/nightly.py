"""The nightly run: ingest new records, then run every step that has not run for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from offline.context import RunContext
from offline.evaluation.role_decisions import refusals
from offline.lake.ingest import IngestResult
from offline.lake.lease import Lease
from offline.publication.pointer import read_pointer
from offline.run import Run, Step
from offline.run_identity import inputs_of
from offline.run_store import LAST_STEP, RunStart, interrupted_run, set_current_run
from offline.schedule import Schedule, build_schedule
from offline.steps.ingest import ingest_log
from shared.clock import HOUR_MS
from shared.errors import GateFailed, SetupError, Stop
from shared.ids import GenerationId

LEASE: Final = "nightly"
INGEST: Final = "ingest"
# A guess: half a day leaves time to inspect a failed run and to start it again.
RESUME_WITHIN_MS: Final = 12 * HOUR_MS


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run ended.

    published: the generation is live now.
    unchanged: the live generation was made from the same inputs.
    rolled_back: a generation was made from the same inputs, but it is no longer live.
    stopped: the run ended after the step that `until` names.
    """

    status: Literal["published", "unchanged", "rolled_back", "stopped"]
    generation_id: GenerationId | None
    ingested: IngestResult


def nightly(
    context: RunContext, *, accept_gap: bool = False, until: str | None = None
) -> RunOutcome:
    """Ingest new records and run all missing steps, or those up to and including `until`.

    An interrupted run of the last twelve hours is resumed on its own lake snapshot, although the
    log has grown since, if settings, recipes, code and the live generation are still the same.
    Later records are left to the next run.

    Raises:
        LeaseHeld: another run is active.
        GateFailed: the data or a model was refused. A role with a failed gate keeps its live model;
            the other roles are published first.
        LogGap: records were deleted before they were ingested, and `accept_gap` is not set.
        SetupError: there is no step `until`.
    """
    schedule = build_schedule(context.recipes)
    steps = select_steps(schedule, until)
    with Lease(context.store, LEASE, context.clock) as lease:
        ingested = ingest_log(context, accept_gap=accept_gap)
        if until == INGEST:
            return RunOutcome("stopped", None, ingested)
        run = _open_run(context, ingested)
        generation_id = run.start.generation_id
        if run.store.find(LAST_STEP) is not None:
            _raise_gate_failures(run, schedule)
            is_live = read_pointer(context.store).current == generation_id
            return RunOutcome("unchanged" if is_live else "rolled_back", generation_id, ingested)
        set_current_run(context.artifacts, run.start)
        for step in steps:
            lease.check()
            run.execute(step)
        if until not in (None, LAST_STEP):
            return RunOutcome("stopped", generation_id, ingested)
    _raise_gate_failures(run, schedule)
    return RunOutcome("published", generation_id, ingested)


def step_names(schedule: Schedule) -> tuple[str, ...]:
    """The values that `until` may have."""
    return (INGEST, *(step.name for step in schedule.steps))


def select_steps(schedule: Schedule, until: str | None) -> Sequence[Step[msgspec.Struct]]:
    """The steps up to and including `until`, or all of them; none for ingest, which runs first.

    Raises:
        SetupError: there is no step `until`.
    """
    names = step_names(schedule)
    if until is None:
        return schedule.steps
    if until not in names:
        raise SetupError(f"There is no step '{until}'; the steps are {', '.join(names)}.")
    return () if until == INGEST else schedule.up_to(until)


def _open_run(context: RunContext, ingested: IngestResult) -> Run:
    """The interrupted run if it may be resumed, else the run on the lake's current snapshot."""
    if ingested.snapshot_id is None:
        raise Stop(
            "The log and the lake are empty: import a catalog (`marquee import`) and send some "
            "plays, then run `marquee nightly` again."
        )
    inputs, now_ms = inputs_of(context), context.clock.now_ms()
    run_id = inputs.run_id(ingested.snapshot_id)
    proposed = RunStart(
        run_id=run_id,
        generation_id=GenerationId(f"g{now_ms // 1000}-{run_id[:8]}"),
        created_ms=now_ms,
        snapshot_id=ingested.snapshot_id,
        live=read_pointer(context.store).current,
        inputs_digest=inputs.digest(),
        watching_rules=inputs.watching_rules,
    )
    interrupted = interrupted_run(context.artifacts)
    if interrupted is not None and _may_resume(interrupted, proposed):
        context.progress(f"run {interrupted.run_id} was interrupted and is resumed")
        return Run.open(context, interrupted)
    return Run.open(context, proposed)


def _may_resume(interrupted: RunStart, proposed: RunStart) -> bool:
    return (
        interrupted.inputs_digest == proposed.inputs_digest
        and interrupted.live == proposed.live
        and proposed.created_ms - interrupted.created_ms <= RESUME_WITHIN_MS
    )


def _raise_gate_failures(run: Run, schedule: Schedule) -> None:
    refused = refusals(run.output(schedule.judge).decisions)
    if refused:
        document = run.output(schedule.report).document
        raise GateFailed(
            f"Generation {run.start.generation_id} is published, but the gates refused some of its "
            f"roles, which keep the model that was live before: {refused}. The document {document} "
            "in the artifact store has all figures."
        )
