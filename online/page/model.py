"""The data of a page under construction: signals, rows at each stage, and the finished page."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from online.page.ranking.features import RowFeatures, SourceOrder
from online.page.request import PageRequest
from online.page.row_kind import NO_FACTS, Facts, RowKind
from online.published.serving_snapshot import ServingSnapshot
from shared.api.page import Rung
from shared.catalog.catalog import is_launched, is_licensed, maturity_of
from shared.catalog.titles import Title
from shared.events.exposures import Draw
from shared.ids import PageId
from shared.records.candidates import Candidates
from shared.records.digest import Digest, ExposureDigest, ProfileVector
from shared.records.page import TileDetails
from shared.vocabulary import Floats, Mask, Numbers

NO_NUMBERS: Final[Numbers] = np.empty(0, np.int32)
NO_SCORES: Final[Floats] = np.empty(0, np.float32)
NO_MASK: Final[Mask] = np.empty(0, np.bool_)
SOURCE_ORDER: Final = SourceOrder()


@dataclass(frozen=True, slots=True)
class ProfileSignals:
    """The signals that were read in time; `missing` names those that could not be read.

    None without an entry in `missing` means that nothing is stored. `trending` is float32[titles]
    of standard deviations, over the numbers of the plan's snapshot.
    """

    digest: Digest | None = None
    vector: ProfileVector | None = None
    exposures: ExposureDigest | None = None
    candidates: Candidates | None = None
    trending: Floats | None = None
    missing: tuple[str, ...] = ()

    @property
    def name(self) -> str | None:
        """The name of the member, None if unknown."""
        facts = self.digest.facts if self.digest is not None else None
        return facts.name if facts is not None else None


@dataclass(frozen=True, slots=True)
class Safety:
    """The maturity ceiling (an age) and the country that the safety filters apply."""

    ceiling: int
    country: str | None

    def allows(self, title: Title, now_ms: int) -> bool:
        """Whether the title suits the ceiling, is launched, and is licensed in the country."""
        return (
            maturity_of(title) <= self.ceiling
            and is_launched(title, now_ms)
            and is_licensed(title, self.country, now_ms)
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A candidate row as its source offers it.

    `facts` fill the templates of the kind. `details` are by title number. `label` and `reason` are
    set only on rows with existing texts, such as those of a remembered page.
    """

    kind: RowKind
    source: str
    version: str
    numbers: Numbers
    features: RowFeatures = SOURCE_ORDER
    facts: Facts = field(default_factory=lambda: NO_FACTS)
    details: Mapping[int, TileDetails] = field(default_factory=dict)
    label: str = ""
    reason: str = ""

    def only(self, mask: Mask) -> "Row":
        """Return the row with the masked candidates; bool[candidates]."""
        if np.count_nonzero(mask) == len(mask):
            return self
        return replace(self, numbers=self.numbers[mask], features=self.features.only(mask))


@dataclass(frozen=True, slots=True)
class RankedRow:
    """A candidate row with its titles in order, and the value of each tile.

    `values` is float32[tiles]: the probability of a good play if the tile is examined, 0..1.
    """

    row: Row
    numbers: Numbers
    values: Floats


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row that the layout chose, with its tiles from left to right."""

    row: Row
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PageRow:
    """A row of the finished page; `numbers` from left to right, `notes` by column."""

    kind: str
    source: str
    version: str
    name: str
    reason: str
    numbers: tuple[int, ...]
    notes: Mapping[int, TileDetails] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Relevance:
    """The relevance of every title of the catalog to the request.

    `scores` is float32[titles], the probability of a good play, 0..1. `ordered` holds the numbers
    of the best discoverable titles, best first. `scored_by` names the origin of the scores.
    """

    scores: Floats = field(default_factory=lambda: NO_SCORES)
    ordered: Numbers = field(default_factory=lambda: NO_NUMBERS)
    scored_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The finished page: its rows in order, how it was made, and which inputs were missing."""

    page_id: PageId
    request: PageRequest
    snapshot: ServingSnapshot
    safety: Safety
    rows: tuple[PageRow, ...]
    rung: Rung
    policy: str
    arm: str
    degraded: tuple[str, ...] = ()
    signals_as_of_ms: int | None = None
    catalog_age_ms: int | None = None
    scored_by: str = "popularity"
    draws: tuple[Draw, ...] = ()
