"""Steps `train:RECIPE`: train a recipe on the plays before the split.

The evaluated model is the published one, so it is never trained on the held-out plays
(docs/decisions/0005).
"""

from collections.abc import Callable

import msgspec

from offline.datasets.dataset import StoredDataset
from offline.run import Run
from offline.training.recipes import AnyRecipe
from offline.training.trainer import Fact, TrainingInputs
from shared.errors import SetupError
from shared.ids import ArtifactId


class TrainedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A recipe's model in the artifact store. Without training data there is no artifact, and
    `skipped` is the reason.
    """

    recipe: str
    family: str = ""
    artifact: ArtifactId = ArtifactId("")
    bytes: int = 0
    data_end_ms: int = 0
    """All training data of the model are older than this."""
    facts: dict[str, Fact] = {}
    """Values that the trainer reports, such as losses."""
    skipped: str = ""


def training(recipe: AnyRecipe) -> Callable[[Run, StoredDataset], TrainedModel]:
    """The function of a recipe's training step."""

    def train(run: Run, stored: StoredDataset) -> TrainedModel:
        return train_recipe(run, stored, recipe)

    return train


def train_recipe(run: Run, stored: StoredDataset, recipe: AnyRecipe) -> TrainedModel:
    """Train with the recipe's settings and store the model."""
    context, dataset = run.context, run.dataset(stored)
    inputs = TrainingInputs(
        interactions=dataset.train,
        features=dataset.features,
        spark=context.spark,
        scratch=context.work_folder / run.start.run_id / recipe.name,
        seed=context.settings.seed,
        distributed=context.settings.training,
    )
    try:
        result = recipe.train(inputs, recipe.settings)
    except SetupError as error:
        return TrainedModel(recipe=recipe.name, skipped=str(error))
    files = result.model.to_files()
    return TrainedModel(
        recipe=recipe.name,
        family=result.model.family,
        artifact=context.artifacts.put(files),
        bytes=sum(map(len, files.values())),
        data_end_ms=stored.split_ms,
        facts=dict(result.facts),
    )
