"""Step `candidates`: write the candidate rows of every profile to the store."""

from offline.candidates.compute import CandidateJob, WrittenCandidates, compute_candidates
from offline.candidates.inputs import input_table
from offline.datasets.dataset import StoredDataset
from offline.run import Run
from offline.steps.roles import AssignedRoles


def write_candidates(run: Run, stored: StoredDataset, roles: AssignedRoles) -> WrittenCandidates:
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
    tasks = context.settings.candidate_tasks
    return compute_candidates(context.spark, job, inputs, tasks, context.clock)
