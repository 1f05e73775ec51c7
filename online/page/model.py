"""The words of a page in the making: candidate rows, what is known of the profile, and the page as
decided.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from online.page.request import PageRequest
from online.published.serving_snapshot import ServingSnapshot
from shared.api.page import Rung
from shared.events.exposures import Draw
from shared.ids import GenerationId, PageId
from shared.records.candidates import Candidates
from shared.records.digest import Digest, ExposureDigest, ProfileVector
from shared.records.page import TileDetails
from shared.vocabulary import Numbers

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
# So many titles are put in order once per page; rows of a genre or mood are read off that order.
MAX_RANKED_TITLES = 1_500


@dataclass(frozen=True, slots=True)
class Hydrated:
    """What could be read of a profile in time. None means there is nothing, or that it could not be
    read: `missing` names the latter.
    """

    digest: Digest | None = None
    vector: ProfileVector | None = None
    exposures: ExposureDigest | None = None
    candidates: Candidates | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Safety:
    """What the safety filters hold a page to; `mask` is over the snapshot's numbers."""

    ceiling: int
    country: str | None
    mask: Mask


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One request with all that sources, filters and scorers look at; arrays are over the
    snapshot's numbers.

    `scores`: float32[titles], the probability of a good play, 0..1. `discover`: which titles rows
    of discovery may hold; `ordered`: the best MAX_RANKED_TITLES of these, best first.
    """

    request: PageRequest
    snapshot: ServingSnapshot
    known: Hydrated
    safety: Safety
    discover: Mask
    scores: Floats
    ordered: Numbers
    trending: Floats | None


@dataclass(frozen=True, slots=True)
class Row:
    """A candidate row, best title first. `values`, where a source knows better than the scores, are
    probabilities of a good play.

    `subject` says what the row is about (an anchor's title id, a genre), `least` how few tiles make
    a row.
    """

    kind: str
    source: str
    version: str
    numbers: Numbers
    subject: str = ""
    detail: str = ""
    values: Floats | None = None
    notes: Mapping[int, TileDetails] = field(default_factory=dict)
    least: int = 4

    def only(self, kept: Mask) -> "Row":
        """The row with some of its tiles."""
        if kept.all():
            return self
        return replace(
            self,
            numbers=self.numbers[kept],
            values=None if self.values is None else self.values[kept],
        )


@dataclass(frozen=True, slots=True)
class PageRow:
    """A row of the decided page, its tiles as numbers from left to right; `notes` by column."""

    row: Row
    numbers: tuple[int, ...]
    name: str = ""
    reason: str = ""
    notes: Mapping[int, TileDetails] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The decision: rows in order, how it was come by, and what was missing."""

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

    @property
    def generation_id(self) -> GenerationId | None:
        """The generation the page was made from; None before the first."""
        return self.snapshot.generation.manifest.generation_id or None
