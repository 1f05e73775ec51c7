"""The catalog as arrays, so that a page can ask questions of all titles at once; every change makes
a new view, readers keep theirs.

Titles are numbered: first the generation's, in its catalog's order, then those published since, as
they came. A number keeps its title from view to view; a withdrawn title keeps its number and is
never allowed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self, TypeVar

import numpy as np
import numpy.typing as npt

from online.published.facets import Facet, facets_of
from shared.catalog.catalog import Catalog, maturity_of
from shared.catalog.titles import EVERYWHERE, Title
from shared.ids import TitleId
from shared.vocabulary import UNKNOWN, Numbers

Mask = npt.NDArray[np.bool_]
Times = npt.NDArray[np.int64]
Whole = TypeVar("Whole", np.int8, np.int64)

FOREVER: Final = np.iinfo(np.int64).max
WITHDRAWN: Final = 127
NO_TITLES: Final = np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class Windows:
    """All license windows, one row each: title number, country code (a place in the view's
    countries), from ≤ t < to.
    """

    title: Numbers
    country: npt.NDArray[np.int16]
    from_ms: Times
    to_ms: Times

    def without(self, numbers: Numbers) -> "Windows":
        """The windows of all other titles."""
        kept = ~np.isin(self.title, numbers)
        return Windows(self.title[kept], self.country[kept], self.from_ms[kept], self.to_ms[kept])


@dataclass(frozen=True)
class CatalogView:
    """Arrays over all numbers.

    `names` and `artwork_ids` are what a tile of the title shows. A facet's code is its place in
    `facets`; `membership`: bool[facets, titles]; `title_facets`: the codes of each
    title.
    """

    title_ids: tuple[TitleId, ...]
    titles: tuple[Title | None, ...]
    number: Mapping[TitleId, int]
    base_size: int
    maturity: npt.NDArray[np.int8]
    launch_ms: Times
    windows: Windows
    countries: Mapping[str, int]
    facets: tuple[Facet, ...]
    facet_codes: Mapping[Facet, int]
    membership: npt.NDArray[np.bool_]
    title_facets: tuple[Numbers, ...]
    names: tuple[str, ...]
    artwork_ids: tuple[str | None, ...]
    _masks: dict[tuple[int, str | None], tuple[Mask, int, int]] = field(
        default_factory=dict, repr=False
    )

    @classmethod
    def of(cls, titles: Sequence[Title]) -> Self:
        """A view whose numbers are the places in `titles`."""
        nothing = np.empty(0, np.int64)
        empty = cls(
            title_ids=(),
            titles=(),
            number={},
            base_size=0,
            maturity=np.empty(0, np.int8),
            launch_ms=nothing,
            windows=Windows(NO_TITLES, np.empty(0, np.int16), nothing, nothing),
            countries={EVERYWHERE: 0},
            facets=(),
            facet_codes={},
            membership=np.zeros((0, 0), np.bool_),
            title_facets=(),
            names=(),
            artwork_ids=(),
        )
        whole = empty.with_changes(titles)
        return replace(whole, base_size=len(titles), _masks={})

    def __len__(self) -> int:
        return len(self.title_ids)

    def title(self, number: int) -> Title | None:
        """The title of a number; None once it is withdrawn."""
        return self.titles[number]

    def number_of(self, title_id: TitleId) -> int:
        """The title's number, or UNKNOWN (−1)."""
        return self.number.get(title_id, UNKNOWN)

    def numbers_of(self, title_ids: Iterable[TitleId]) -> Numbers:
        """The numbers of the titles known, in the order given."""
        known = (self.number.get(title_id, UNKNOWN) for title_id in title_ids)
        return np.fromiter((number for number in known if number != UNKNOWN), np.int32)

    def allowed(self, ceiling: int, country: str | None, now_ms: int) -> Mask:
        """Which titles may be shown: suited to the ceiling, launched, licensed in the country at
        this instant.

        Exact, though cached: a mask is used again only until the next instant at which any of its
        answers could change. Without a country only what is licensed everywhere, or in every
        country we know of, is allowed. Do not change the array.
        """
        key = (ceiling, country)
        held = self._masks.get(key)
        if held is not None and held[1] <= now_ms < held[2]:
            return held[0]
        licensed, since, until = self._licensed(country, now_ms)
        mask = licensed & self.launched(now_ms) & self.suited(ceiling)
        launches = self.launch_ms[self.launch_ms > now_ms]
        until = min(until, int(launches.min())) if launches.size else until
        launched = self.launch_ms[self.launch_ms <= now_ms]
        since = max(since, int(launched.max())) if launched.size else since
        self._masks[key] = (mask, since, until)
        return mask

    def suited(self, ceiling: int) -> Mask:
        """bool[titles]: titles that suit the age `ceiling`; withdrawn ones suit none."""
        return self.maturity <= ceiling

    def withdrawn(self) -> Mask:
        """bool[titles]: titles that were withdrawn."""
        return np.asarray(self.maturity == WITHDRAWN, np.bool_)

    def launched(self, now_ms: int) -> Mask:
        """bool[titles]: titles whose launch has come."""
        return self.launch_ms <= now_ms

    def licensed(self, country: str | None, now_ms: int) -> Mask:
        """bool[titles]: titles licensed in the country at this instant, see `allowed`."""
        return self._licensed(country, now_ms)[0]

    def _licensed(self, country: str | None, now_ms: int) -> tuple[Mask, int, int]:
        """The mask, and the span of time, since ≤ t < until, over which it holds."""
        windows = self.windows
        everywhere = windows.country == 0
        if country is not None:
            relevant = everywhere | (windows.country == self.countries.get(country, 0))
        else:
            relevant = np.ones(len(windows.title), np.bool_)
        open_now = relevant & (windows.from_ms <= now_ms) & (now_ms < windows.to_ms)
        mask = np.zeros(len(self), np.bool_)
        if country is not None:
            mask[windows.title[open_now]] = True
        else:
            self._mark_everywhere(mask, open_now, everywhere)
        edges = np.concatenate((windows.from_ms[relevant], windows.to_ms[relevant]))
        past, future = edges[edges <= now_ms], edges[edges > now_ms]
        return (
            mask,
            int(past.max()) if past.size else 0,
            int(future.min()) if future.size else int(FOREVER),
        )

    def _mark_everywhere(self, mask: Mask, open_now: Mask, everywhere: Mask) -> None:
        windows = self.windows
        mask[windows.title[open_now & everywhere]] = True
        if len(self.countries) > 1:
            local = open_now & ~everywhere
            pairs = np.unique(
                windows.title[local].astype(np.int64) * len(self.countries) + windows.country[local]
            )
            counts = np.bincount(pairs // len(self.countries), minlength=len(self))
            mask |= counts >= len(self.countries) - 1

    def with_changes(
        self, published: Iterable[Title] = (), withdrawn: Iterable[TitleId] = ()
    ) -> Self:
        """The view after some titles were published (again) and others withdrawn; costs by the
        number of changes, not of titles.
        """
        latest = {title.title_id: title for title in published}
        gone = [
            self.number[title_id]
            for title_id in withdrawn
            if title_id in self.number and title_id not in latest
        ]
        added = [title_id for title_id in latest if title_id not in self.number]
        number = {
            **self.number,
            **{title_id: len(self) + place for place, title_id in enumerate(added)},
        }
        size = len(number)
        titles: list[Title | None] = [*self.titles, *(None for _ in added)]
        names = [*self.names, *("" for _ in added)]
        artwork_ids = [*self.artwork_ids, *(None for _ in added)]
        maturity = _grown(self.maturity, size, WITHDRAWN)
        launch_ms = _grown(self.launch_ms, size, int(FOREVER))
        changed = [*gone, *(number[title_id] for title_id in latest)]
        for place in gone:
            titles[place], maturity[place] = None, WITHDRAWN
        for title_id, title in latest.items():
            place = number[title_id]
            titles[place], names[place] = title, title.name
            artwork_ids[place] = title.artworks[0].artwork_id if title.artworks else None
            maturity[place], launch_ms[place] = maturity_of(title), title.launch_ms
        countries = _countries(self.countries, latest.values())
        windows = _joined(
            self.windows.without(np.array(changed, np.int32)), latest, number, countries
        )
        facets = _Facets(self, size)
        for place in changed:
            facets.set(place, titles[place])
        return replace(
            self,
            title_ids=(*self.title_ids, *added),
            titles=tuple(titles),
            number=number,
            maturity=maturity,
            launch_ms=launch_ms,
            windows=windows,
            countries=countries,
            facets=tuple(facets.codes),
            facet_codes=facets.codes,
            membership=facets.membership[: len(facets.codes)],
            title_facets=tuple(facets.of_title),
            names=tuple(names),
            artwork_ids=tuple(artwork_ids),
            _masks={},
        )

    def catalog(self) -> Catalog:
        """The titles that are not withdrawn, as the shared functions know a catalog."""
        return Catalog(title for title in self.titles if title is not None)


def _grown(array: npt.NDArray[Whole], size: int, fill: int) -> npt.NDArray[Whole]:
    grown = np.full(size, fill, array.dtype)
    grown[: len(array)] = array
    return grown


def _countries(known: Mapping[str, int], titles: Iterable[Title]) -> Mapping[str, int]:
    named = {window.country for title in titles for window in title.windows} - known.keys()
    return (
        {**known, **{country: len(known) + place for place, country in enumerate(sorted(named))}}
        if named
        else known
    )


def _joined(
    kept: Windows,
    latest: Mapping[TitleId, Title],
    number: Mapping[TitleId, int],
    countries: Mapping[str, int],
) -> Windows:
    rows = [
        (
            number[title_id],
            countries[window.country],
            window.from_ms,
            int(FOREVER) if window.to_ms is None else window.to_ms,
        )
        for title_id, title in latest.items()
        for window in title.windows
    ]
    if not rows:
        return kept
    table = np.array(rows, np.int64)
    return Windows(
        np.concatenate((kept.title, table[:, 0].astype(np.int32))),
        np.concatenate((kept.country, table[:, 1].astype(np.int16))),
        np.concatenate((kept.from_ms, table[:, 2])),
        np.concatenate((kept.to_ms, table[:, 3])),
    )


class _Facets:
    """The facets of a view that is being made from another; works on copies."""

    def __init__(self, view: CatalogView, size: int) -> None:
        self.codes = dict(view.facet_codes)
        self.of_title = [*view.title_facets, *(NO_TITLES for _ in range(size - len(view)))]
        self.membership = np.zeros((len(self.codes), size), np.bool_)
        self.membership[:, : len(view)] = view.membership

    def set(self, place: int, title: Title | None) -> None:
        """Say what the title at `place` belongs to from now on."""
        self.membership[self.of_title[place], place] = False
        named = facets_of(title) if title is not None else ()
        for facet in named:
            self.codes.setdefault(facet, len(self.codes))
        if len(self.codes) > len(self.membership):
            grown = np.zeros((2 * len(self.codes), self.membership.shape[1]), np.bool_)
            grown[: len(self.membership)] = self.membership
            self.membership = grown
        self.of_title[place] = np.array([self.codes[facet] for facet in named], np.int32)
        self.membership[self.of_title[place], place] = True
