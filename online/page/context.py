"""The one context of a request: caller, plan, signals and filters, built before any page step."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from online.page.model import NO_MASK, PlacedRow, ProfileSignals, RankedRow, Relevance, Row, Safety
from online.page.request import PageRequest
from online.published.catalog_view import CatalogView
from online.published.serving_snapshot import ServingSnapshot
from online.settings import PageSettings
from shared.api.page import Rung
from shared.catalog.titles import Title
from shared.ids import ProfileId, TitleId
from shared.records.digest import WatchedTitle
from shared.records.page import StaticPage, StoredPage
from shared.vocabulary import Mask


@dataclass(frozen=True, slots=True)
class Caller:
    """The profile of a request and its claims; None for an absent claim."""

    profile_id: ProfileId | None
    ceiling: int | None
    country: str | None


class RelevanceModel(Protocol):
    """Scores every title of the catalog for a request; sources retrieve candidates by it."""

    def __call__(self, context: "RequestContext") -> Relevance:
        """The relevance over the numbers of the context's snapshot."""
        ...


class Ranker(Protocol):
    """Turns the features of candidates into an order and a value for every tile.

    A learned ranker replaces the hand-set one by implementing this protocol.
    """

    def __call__(self, context: "RequestContext", rows: Sequence[Row]) -> Sequence[RankedRow]:
        """The rows in the same order; candidates may be removed, and are never added."""
        ...


class Layout(Protocol):
    """Chooses rows and tiles by their values; it computes no values."""

    def __call__(
        self, context: "RequestContext", rows: Sequence[RankedRow]
    ) -> tuple[PlacedRow, ...]:
        """The chosen rows in the order of the page."""
        ...


Source = Callable[["RequestContext"], Iterable[Row]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePlan:
    """The plan of a request: snapshot and settings of its arm, and the components of the page.

    `static_page` and `catalog_age_ms` belong to the snapshot; they are None without a static page,
    and before the catalog was first read to its end.
    """

    arm: str
    snapshot: ServingSnapshot
    settings: PageSettings
    static_page: StaticPage | None
    catalog_age_ms: int | None
    sources: Mapping[str, Source]
    relevance: RelevanceModel
    ranker: Ranker
    layout: Layout


@dataclass(frozen=True, slots=True)
class ViewedTitle:
    """A title of the catalog that the profile watched; `finished` by its released parts.

    `resumable` is whether Continue watching offers it and rows of discovery leave it out.
    """

    number: int
    title: Title
    watched: WatchedTitle
    finished: bool
    resumable: bool


@dataclass(slots=True)
class Trace:
    """The candidates of a page after each step, for diagnosis; made only when requested."""

    retrieved: Sequence[Row] = ()
    filtered: Sequence[Row] = ()
    placed: Sequence[PlacedRow] = ()

    def record(
        self, retrieved: Sequence[Row], filtered: Sequence[Row], placed: Sequence[PlacedRow]
    ) -> None:
        """Record the candidates of the served page."""
        self.retrieved, self.filtered, self.placed = retrieved, filtered, placed

    def summary(self) -> str:
        """The number of rows and candidates after each step."""
        retrieved, filtered = (
            f"{len(rows)} rows with {sum(len(row.numbers) for row in rows)} candidates"
            for rows in (self.retrieved, self.filtered)
        )
        tiles = sum(len(row.numbers) for row in self.placed)
        placed = f"{len(self.placed)} rows with {tiles} tiles"
        return f"retrieved {retrieved}, filtered to {filtered}, placed {placed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """One request and all inputs of sources, filters, rankers and layouts.

    `viewed` has the watched titles, the latest first, and `opinions` the stated opinions: 2, 1 or
    −1. Masks are bool[titles] over the numbers of the plan's snapshot: `safe` marks the titles that
    the safety filters allow, `showable` those for any row, and `discoverable` those for rows of
    discovery.
    """

    request: PageRequest
    caller: Caller
    plan: PagePlan
    rung: Rung = "fresh"
    signals: ProfileSignals
    safety: Safety
    viewed: tuple[ViewedTitle, ...] = ()
    opinions: Mapping[TitleId, int] = field(default_factory=dict)
    safe: Mask = field(default_factory=lambda: NO_MASK)
    showable: Mask = field(default_factory=lambda: NO_MASK)
    discoverable: Mask = field(default_factory=lambda: NO_MASK)
    relevance: Relevance = field(default_factory=Relevance)
    remembered: StoredPage | None = None
    trace: Trace | None = None

    @property
    def snapshot(self) -> ServingSnapshot:
        """The snapshot of the plan."""
        return self.plan.snapshot

    @property
    def view(self) -> CatalogView:
        """The catalog of the plan's snapshot."""
        return self.plan.snapshot.view

    @property
    def now_ms(self) -> int:
        """The time of the request."""
        return self.request.now_ms


def caller_of(request: PageRequest) -> Caller:
    """The caller of a page request, with the claims that the request makes."""
    return Caller(request.profile_id, request.ceiling, request.country)
