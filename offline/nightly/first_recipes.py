"""Stand-ins until the trained recipes and the gates are wired: popularity alone."""

from collections.abc import Mapping, Sequence

from offline.nightly.desk import Dataset, Desk, LiveModel, Recipe, Verdict, Workbench
from shared.artifacts.generation import ENCODER, POPULARITY, TOP_PICKS
from shared.catalog.titles import Title
from shared.models.interactions import Interactions
from shared.models.popularity import Popularity
from shared.models.registry import Model


class PopularityRecipe:
    """Counts."""

    name = "popularity"
    version = "1"
    roles = (POPULARITY, TOP_PICKS, ENCODER)

    def train(self, interactions: Interactions, titles: Sequence[Title], bench: Workbench) -> Model:
        return Popularity.train(interactions)


def first_of_all(
    desk: Desk, dataset: Dataset, models: Mapping[str, Model], live: Mapping[str, LiveModel]
) -> tuple[bytes, dict[str, Verdict]]:
    """Every role goes to the first recipe that can fill it."""
    return b"{}", {role: Verdict(desk.recipes[0].name, "the only recipe") for role in desk.recipes[0].roles}


RECIPES: tuple[Recipe, ...] = (PopularityRecipe(),)
