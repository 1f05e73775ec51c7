"""The page can show every kind of row that the nightly run computes."""

from typing import get_args

import numpy as np

from offline.candidates.catalog_arrays import CatalogArrays
from offline.candidates.models import CatalogNeighbors
from offline.candidates.rows import PrecomputedKind, RowMaker, ScoredProfile
from offline.candidates.settings import CandidateSettings
from online.page.sources.registry import KINDS, STORED_KINDS
from online.page.sources.static import STATIC
from shared.clock import DAY_MS
from shared.ids import TitleId
from shared.models.port import HistoryEntry, Scores
from shared.records.digest import RecentPlay
from shared.vocabulary import Numbers, Vocabulary
from tests.offline.events import NOW, film

TITLES = (film("seen"), film("other"), film("new", launch_ms=NOW - DAY_MS))


class _AllOthers:
    """All titles are similar."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    def similar(self, number: int, k: int) -> tuple[Numbers, Scores]:
        others = np.setdiff1d(np.arange(len(self.vocabulary), dtype=np.int32), [number])[:k]
        return others, np.ones(len(others), np.float32)


def test_the_page_declares_exactly_the_precomputed_kinds_of_rows() -> None:
    catalog = CatalogArrays(TITLES, NOW)
    maker = RowMaker(
        settings=CandidateSettings(),
        catalog=catalog,
        prior=np.ones(1, np.float32),
        neighbors=CatalogNeighbors(_AllOthers(catalog.vocabulary), catalog.vocabulary, "1"),
        picks_source="ease",
        picks_version="1",
        popular_version="1",
    )
    profile = ScoredProfile(
        history=(HistoryEntry(TitleId("seen"), NOW - 20 * DAY_MS),),
        opinions={},
        played=(RecentPlay(TitleId("seen"), NOW - 20 * DAY_MS, 1.0, "tv"),),
        finished=frozenset({TitleId("seen")}),
        scores=np.ones(3, np.float32),
        popular=np.ones(3, np.float32),
        excluded=np.zeros(3, np.bool_),
    )
    kinds = {row.kind for row in maker.rows(profile)}
    assert kinds == set(get_args(PrecomputedKind))
    assert kinds <= set(KINDS)
    # The rows of the static page are computed at publication.
    assert STORED_KINDS.keys() - {STATIC.name} <= kinds
