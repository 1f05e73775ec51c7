"""The training steps: each recipe learns from what was known at the split, and its model goes to
the artifact store.
"""

import hashlib
from typing import Any

import msgspec

from offline.nightly.context import RunContext
from offline.nightly.dataset import DatasetMade, load_dataset
from offline.nightly.run import RunStart
from offline.training.recipes import Recipe, TrainingInputs
from shared.errors import SetupError
from shared.features.titles import title_features
from shared.ids import ArtifactId


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """A trained model in the artifact store; everything it learned from happened before
    `data_end_ms`. `facts` is the trainer's report.

    Without an artifact the recipe had nothing to learn from, and `skipped` says so.
    """

    recipe: str
    family: str = ""
    artifact: ArtifactId = ArtifactId("")
    bytes: int = 0
    data_end_ms: int = 0
    facts: dict[str, Any] = {}
    skipped: str = ""


def version_of(recipe: Recipe) -> str:
    """Changes when a setting changes that the nightly trains the recipe with: the first of its
    grid.
    """
    return hashlib.sha256(msgspec.json.encode(recipe.grid[0], order="deterministic")).hexdigest()[
        :12
    ]


def train_recipe(
    context: RunContext, start: RunStart, made: DatasetMade, recipe: Recipe
) -> Trained:
    """Train with the recipe's usual settings. What is published is what was measured, so the
    held-out days stay unseen.
    """
    dataset = load_dataset(context, made)
    titles = {title.title_id: title for title in dataset.titles}
    ingredients = TrainingInputs(
        train=dataset.known,
        features=title_features(dataset.known.vocabulary, titles),
        spark=context.spark,
        scratch=context.work_folder / start.run_id / recipe.name,
        seed=context.settings.seed,
        distributed=context.settings.training,
    )
    try:
        trained = recipe.train(ingredients, recipe.grid[0])
    except SetupError as error:
        return Trained(recipe=recipe.name, skipped=str(error))
    files = trained.model.to_files()
    return Trained(
        recipe=recipe.name,
        family=trained.model.family,
        artifact=context.artifacts.put(files),
        bytes=sum(map(len, files.values())),
        data_end_ms=made.split_ms,
        facts=dict(trained.facts),
    )
