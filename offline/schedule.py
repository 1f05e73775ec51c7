"""The schedule: the steps of a run after ingest, and the inputs of each step."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from offline.candidates.compute import WrittenCandidates
from offline.datasets.dataset import StoredDataset
from offline.run import AllOf, Step, step
from offline.run_store import LAST_STEP
from offline.steps.candidates import write_candidates
from offline.steps.dataset import build_dataset
from offline.steps.judge import GateResults, judge_models
from offline.steps.publish import PublishedGeneration, publish_generation
from offline.steps.report import StoredReport, write_report
from offline.steps.roles import AssignedRoles, assign_roles
from offline.steps.train import TrainedModel, training
from offline.training.recipes import AnyRecipe


@dataclass(frozen=True)
class Schedule:
    """All steps of a run, in the order in which they run."""

    dataset: Step[StoredDataset]
    trainings: tuple[Step[TrainedModel], ...]
    judge: Step[GateResults]
    roles: Step[AssignedRoles]
    candidates: Step[WrittenCandidates]
    report: Step[StoredReport]
    publish: Step[PublishedGeneration]

    @property
    def steps(self) -> tuple[Step[msgspec.Struct], ...]:
        """Every step, each after the steps that it needs."""
        return (
            self.dataset,
            *self.trainings,
            self.judge,
            self.roles,
            self.candidates,
            self.report,
            self.publish,
        )

    def up_to(self, name: str) -> tuple[Step[msgspec.Struct], ...]:
        """The named step after all steps that it needs, directly or not.

        Raises:
            KeyError: there is no step of this name.
        """
        needed = set[str]()
        pending = [{step.name: step for step in self.steps}[name]]
        while pending:
            current = pending.pop()
            needed.add(current.name)
            pending.extend(current.needs)
        return tuple(step for step in self.steps if step.name in needed)


def build_schedule(recipes: Sequence[AnyRecipe]) -> Schedule:
    """The schedule of a run that trains these recipes.

    Raises:
        ValueError: two recipes have one name, and so would their steps.
    """
    names = [recipe.name for recipe in recipes]
    if len(set(names)) < len(names):
        raise ValueError(f"recipes declared twice: {', '.join(sorted(names))}")
    dataset = step("dataset", build_dataset)
    trainings = tuple(step(f"train:{recipe.name}", training(recipe), dataset) for recipe in recipes)
    trained = AllOf(trainings)
    judge = step("judge", judge_models, dataset, trained)
    roles = step("roles", assign_roles, dataset, trained, judge)
    candidates = step("candidates", write_candidates, dataset, roles)
    report = step("report", write_report, dataset, trained, judge, roles, candidates)
    publish = step(LAST_STEP, publish_generation, dataset, roles, report)
    return Schedule(dataset, trainings, judge, roles, candidates, report, publish)
