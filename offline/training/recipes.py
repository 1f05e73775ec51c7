"""The recipes that the nightly run trains.

A recipe is a trainer and its settings. To add a recipe, add a line to RECIPES. A new
model family needs a module in shared/models, a line in its registry, and a trainer.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Generic

import msgspec

from offline.training.als import train_als
from offline.training.trainer import S, Trainer, closed_form
from offline.training.two_tower.job import train_two_tower
from offline.training.two_tower.task import TwoTowerTrainingSettings
from shared.errors import SetupError
from shared.models.als import AlsSettings
from shared.models.ease import Ease, EaseSettings
from shared.models.history import HistoryWeighting
from shared.models.item_knn import ItemKnn, ItemKnnSettings
from shared.models.popularity import Popularity, PopularitySettings


@dataclass(frozen=True)
class Recipe(Generic[S]):
    """A trainer with its settings. Its name may differ from the model's family."""

    name: str
    settings: S
    train: Trainer[S]

    @property
    def version(self) -> str:
        """Digest of the settings."""
        encoded = msgspec.json.encode(self.settings, order="deterministic")
        return hashlib.sha256(encoded).hexdigest()[:12]


# Recipes of several settings types share one registry.
AnyRecipe = Recipe[Any]

# Guesses: the best of a few on a simulated world of 600 profiles, before its rules changed.
_FADING: Final = HistoryWeighting(half_life_days=14.0)

RECIPES: Final[tuple[AnyRecipe, ...]] = (
    Recipe("popularity", PopularitySettings(half_life_days=7.0), closed_form(Popularity.train)),
    Recipe("item_knn", ItemKnnSettings(shrink=20.0, weighting=_FADING), closed_form(ItemKnn.train)),
    Recipe("ease", EaseSettings(ridge=100.0, weighting=_FADING), closed_form(Ease.train)),
    Recipe("als", AlsSettings(embedding_size=16, alpha=3.0, weighting=_FADING), train_als),
    Recipe("two_tower", TwoTowerTrainingSettings(), train_two_tower),
)


def select_recipes(names: Iterable[str]) -> tuple[AnyRecipe, ...]:
    """The recipes of these names, in the registry's order; all recipes if there are no names.

    Raises:
        SetupError: a recipe of this name does not exist.
    """
    selected = set(names)
    unknown = selected - {recipe.name for recipe in RECIPES}
    if unknown:
        raise SetupError(
            f"There is no recipe {', '.join(sorted(unknown))}; offline.recipes may name "
            f"{', '.join(recipe.name for recipe in RECIPES)}."
        )
    return tuple(recipe for recipe in RECIPES if not selected or recipe.name in selected)
