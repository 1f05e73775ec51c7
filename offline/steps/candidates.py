"""Step `candidates`: write the candidate rows of every profile to the store."""

import msgspec

from offline.candidates.compute import CandidateJob, compute_candidates
from offline.candidates.inputs import input_table
from offline.datasets.dataset import StoredDataset
from offline.run import Run
from offline.steps.roles import AssignedRoles


class CandidateCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Number of written profiles, rows, tiles and bytes, and the rates."""

    profiles: int
    rows: int
    tiles: int
    bytes: int
    profiles_per_s: float
    tiles_per_s: float


def write_candidates(run: Run, stored: StoredDataset, roles: AssignedRoles) -> CandidateCounts:
    """Compute and write all rows under the id of the new generation, which is not published yet."""
    context, dataset = run.context, run.dataset(stored)
    job = CandidateJob(
        run.start.generation_id,
        run.start.created_ms,
        roles.roles,
        context.settings.candidates,
        context.artifacts_factory,
        context.store_factory,
    )
    inputs = input_table(dataset.complete, dataset.profiles, dataset.titles, run.start.created_ms)
    began_s = context.clock.monotonic_s()
    written = compute_candidates(context.spark, job, inputs, context.settings.candidate_tasks)
    seconds = max(context.clock.monotonic_s() - began_s, 1e-3)
    return CandidateCounts(
        profiles=written.profiles,
        rows=written.rows,
        tiles=written.tiles,
        bytes=written.bytes,
        profiles_per_s=round(written.profiles / seconds, 1),
        tiles_per_s=round(written.tiles / seconds, 1),
    )
