"""Every model family by name: an artifact says which family wrote it, and this says which class
reads it.
"""

from typing import Final, Protocol

from shared.errors import ArtifactCorrupt
from shared.models.als import Als
from shared.models.ease import Ease
from shared.models.item_knn import ItemKnn
from shared.models.popularity import Popularity
from shared.models.port import Files, Persistable, Scorer
from shared.models.two_tower import TwoTower


class Model(Scorer, Persistable, Protocol):
    """What every family is: it scores, and it can be kept."""


FAMILIES: Final[dict[str, type[Model]]] = {
    Popularity.family: Popularity,
    ItemKnn.family: ItemKnn,
    Ease.family: Ease,
    Als.family: Als,
    TwoTower.family: TwoTower,
}


def load_model(family: str, files: Files) -> Model:
    """The model that an artifact holds.

    Raises:
        ArtifactCorrupt: the family is unknown here, or the files are not a model of it.
    """
    if family not in FAMILIES:
        raise ArtifactCorrupt(
            f"this version knows no model family {family}; it knows {', '.join(sorted(FAMILIES))}"
        )
    return FAMILIES[family].from_files(files)
