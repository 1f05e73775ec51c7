"""The model families. To add one, write its file in this folder and add its class to the list."""

from typing import Final, Protocol

from shared.errors import ArtifactCorrupt
from shared.models.als import Als
from shared.models.ease import Ease
from shared.models.item_knn import ItemKnn
from shared.models.popularity import Popularity
from shared.models.port import Files, Persistable, Scorer
from shared.models.two_tower import TwoTower
from shared.naming import by_unique_name


class Model(Scorer, Persistable, Protocol):
    """A model of any family: it scores, and it can be stored."""


_CLASSES: Final[tuple[type[Model], ...]] = (Popularity, ItemKnn, Ease, Als, TwoTower)

FAMILIES: Final = by_unique_name(_CLASSES, lambda model: model.family)


def load_model(family: str, files: Files) -> Model:
    """The model in an artifact's files.

    Raises:
        ArtifactCorrupt: the family does not exist, or the files are not a model of it.
    """
    if family not in FAMILIES:
        raise ArtifactCorrupt(
            f"there is no model family {family}; there are {', '.join(sorted(FAMILIES))}"
        )
    return FAMILIES[family].from_files(files)
