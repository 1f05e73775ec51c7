"""The schedule as code: which steps a nightly run has, what each needs, and how a run goes from one
to the next.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from offline.lake.ingest import IngestResult, ingest
from offline.lake.lease import Lease
from offline.nightly.context import RunContext
from offline.nightly.dataset import DatasetMade, load_dataset, make_dataset
from offline.nightly.judging import Judged, fill_roles, judge_models, refusals
from offline.nightly.publishing import (
    CandidatesMade,
    Published,
    Roles,
    file_roles,
    make_candidates,
    publish_generation,
)
from offline.nightly.reporting import Reported, write_report
from offline.nightly.run import (
    LAST_STEP,
    RunStart,
    RunStore,
    cut_off_run,
    forget_run,
    hash_of,
    run_id_of,
)
from offline.nightly.training import Trained, train_recipe, version_of
from offline.publication.pointer import read_pointer
from offline.training.recipes import Recipe
from shared.artifacts.generation import POPULARITY
from shared.errors import GateFailed, Stop
from shared.ids import GenerationId

LEASE: Final = "nightly"
INGEST: Final = "ingest"
# A younger run that was cut off is taken up, though the log has gone on since: what came later is
# for the next one.
TAKEN_UP_MS: Final = 12 * 3_600_000


@dataclass(frozen=True)
class Step:
    """One step of a run: its output is stored when it is done, and it may read the outputs of what
    it needs.
    """

    name: str
    needs: tuple[str, ...]
    run: Callable[[RunContext, RunStart, RunStore], msgspec.Struct]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: `published` now; `unchanged`, for the live generation was made from this
    very input; `taken_back`, for a generation was made from it, and the pointer was moved away from
    it since; `stopped` behind the step that was asked for.
    """

    status: Literal["published", "unchanged", "taken_back", "stopped"]
    generation_id: GenerationId | None
    ingested: IngestResult


class Interrupted(Stop):
    """A run was told to stop behind a step, as a kill would stop it; the next run goes on there."""


def schedule(recipes: Sequence[Recipe]) -> tuple[Step, ...]:
    """Every step behind ingest, each after what it needs."""
    trainings = tuple(f"train:{recipe.name}" for recipe in recipes)
    return (
        Step("dataset", (), lambda context, start, _: make_dataset(context, start)),
        *(
            Step(name, ("dataset",), _training(recipe))
            for name, recipe in zip(trainings, recipes, strict=True)
        ),
        Step("judge", ("dataset", *trainings), _judge),
        Step("roles", ("dataset", "judge"), _roles),
        Step("candidates", ("dataset", "roles"), _candidates),
        Step("report", ("dataset", *trainings, "judge", "roles", "candidates"), _report),
        Step(LAST_STEP, ("dataset", "roles", "candidates", "report"), _publish),
    )


def nightly(
    context: RunContext,
    *,
    accept_gap: bool = False,
    until: str | None = None,
    fail_after: str | None = None,
) -> Outcome:
    """Take in what is new, and run every step that is missing for it; `until` stops behind a step,
    `fail_after` as a kill would.

    Roles whose gate failed keep their live model; the others are published, and then GateFailed
    says what was refused, so that the schedule notices.

    A run that was cut off less than twelve hours ago is taken up with the input that it began with,
    as long as settings, recipes and what is live are still the same: members never stop, so the log
    has always gone on.

    Raises:
        LeaseHeld: another run is under way.
        GateFailed: a model, or the data, is not good enough.
        LogGap: records left the log before they were read.
    """
    steps = _wanted(schedule(context.recipes), until)
    with Lease(context.store, LEASE, context.clock) as lease:
        ingested = _timed_ingest(context, accept_gap=accept_gap)
        _interrupt(INGEST, fail_after)
        if until == INGEST:
            return Outcome("stopped", None, ingested)
        start, run = _open_run(context, ingested)
        if run.find(LAST_STEP) is not None:
            return _already_done(context, start, run, ingested)
        run.note_under_way(start)
        for step in steps:
            lease.check()
            run_step(context, start, run, step)
            _interrupt(step.name, fail_after)
        if until not in (None, LAST_STEP):
            return Outcome("stopped", start.generation_id, ingested)
    _complain(run)
    return Outcome("published", start.generation_id, ingested)


def run_step(context: RunContext, start: RunStart, run: RunStore, step: Step) -> None:
    """Run a step, unless its document says that it was done."""
    if run.find(step.name) is not None:
        context.tell(f"{step.name}: done before")
        return
    began = context.clock.monotonic_s()
    try:
        output = step.run(context, start, run)
    except GateFailed:
        # Its verdict stands; other data may get another.
        forget_run(context.artifacts)
        raise
    seconds = round(context.clock.monotonic_s() - began, 2)
    run.finish(step.name, seconds, output)
    context.tell(f"{step.name}: done in {seconds:.1f} s")


def step_names(recipes: Sequence[Recipe]) -> tuple[str, ...]:
    """The names that `until` may have."""
    return (INGEST, *(step.name for step in schedule(recipes)))


def _timed_ingest(context: RunContext, *, accept_gap: bool) -> IngestResult:
    began = context.clock.monotonic_s()
    done = ingest(
        context.spark, context.opens_log, context.store, context.clock, accept_gap=accept_gap
    )
    lost = f", {done.lost} lost" if done.lost else ""
    context.tell(
        f"{INGEST}: {done.offsets} records{lost}, done in {context.clock.monotonic_s() - began:.1f} s"
    )
    return done


def _open_run(context: RunContext, ingested: IngestResult) -> tuple[RunStart, RunStore]:
    if ingested.snapshot_id is None:
        raise Stop("The log is empty, and so is the lake: import a catalog and some plays first.")
    recipes = [(recipe.name, version_of(recipe)) for recipe in context.recipes]
    run_id = run_id_of(ingested.snapshot_id, [context.settings, recipes])
    now_ms = context.clock.now_ms()
    begin = RunStart(
        run_id=run_id,
        generation_id=GenerationId(f"g{now_ms // 1000}-{run_id[:8]}"),
        created_ms=now_ms,
        snapshot_id=ingested.snapshot_id,
        live=read_pointer(context.store).current,
        made_with=hash_of([context.settings, recipes]),
    )
    cut_off = cut_off_run(context.artifacts)
    if cut_off is not None and _may_go_on(cut_off, begin):
        context.tell(f"run {cut_off.run_id} was cut off and is taken up again")
        begin = cut_off
    run = RunStore(context.artifacts, begin.run_id)
    return run.start(begin), run


def _may_go_on(cut_off: RunStart, begin: RunStart) -> bool:
    same = (cut_off.made_with, cut_off.live) == (begin.made_with, begin.live)
    return same and begin.created_ms - cut_off.created_ms <= TAKEN_UP_MS


def _already_done(
    context: RunContext, start: RunStart, run: RunStore, ingested: IngestResult
) -> Outcome:
    _complain(run)
    live = read_pointer(context.store).current == start.generation_id
    return Outcome("unchanged" if live else "taken_back", start.generation_id, ingested)


def _complain(run: RunStore) -> None:
    refused = refusals(run.output("judge", Judged))
    if refused:
        raise GateFailed(
            f"Published what passed; the live model stays where the gate refused: {refused}"
        )


def _wanted(steps: Sequence[Step], until: str | None) -> list[Step]:
    """All steps, or those that lead to one of them."""
    if until is None:
        return list(steps)
    if until == INGEST:
        return []
    by_name = {step.name: step for step in steps}
    if until not in by_name:
        raise Stop(f"There is no step '{until}'; there are {', '.join((INGEST, *by_name))}.")
    wanted, open_names = set[str](), [until]
    while open_names:
        name = open_names.pop()
        wanted.add(name)
        open_names.extend(by_name[name].needs)
    return [step for step in steps if step.name in wanted]


def _interrupt(name: str, fail_after: str | None) -> None:
    if name == fail_after:
        raise Interrupted(f"Stopped behind step '{name}', as asked.")


def _training(recipe: Recipe) -> Callable[[RunContext, RunStart, RunStore], Trained]:
    return lambda context, start, run: train_recipe(
        context, start, run.output("dataset", DatasetMade), recipe
    )


def _judge(context: RunContext, start: RunStart, run: RunStore) -> Judged:
    return judge_models(
        context, start, run.output("dataset", DatasetMade), _all_trained(context, run)
    )


def _roles(context: RunContext, start: RunStart, run: RunStore) -> Roles:
    made = run.output("dataset", DatasetMade)
    roles = fill_roles(
        context.artifacts, start.live, run.output("judge", Judged), _all_trained(context, run)
    )
    return Roles(
        {
            **roles,
            **file_roles(
                context, start, made, load_dataset(context, made).titles, roles[POPULARITY]
            ),
        }
    )


def _candidates(context: RunContext, start: RunStart, run: RunStore) -> CandidatesMade:
    return make_candidates(
        context, start, run.output("dataset", DatasetMade), run.output("roles", Roles)
    )


def _report(context: RunContext, start: RunStart, run: RunStore) -> Reported:
    seconds = run.seconds([step.name for step in schedule(context.recipes)])
    return write_report(context, start, run, seconds=seconds, trained=_all_trained(context, run))


def _publish(context: RunContext, start: RunStart, run: RunStore) -> Published:
    return publish_generation(
        context, start, run.output("dataset", DatasetMade), run.output("roles", Roles)
    )


def _all_trained(context: RunContext, run: RunStore) -> dict[str, Trained]:
    return {recipe.name: run.output(f"train:{recipe.name}", Trained) for recipe in context.recipes}
