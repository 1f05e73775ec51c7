"""The catalog as arrays over all titles. A change makes a new view; the old one stays valid.

Titles are numbered: first those of the generation in the order of its catalog, then those published
later in the order of their publication. A number keeps its title from view to view. A withdrawn
title keeps its number and is never allowed.
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
from shared.vocabulary import UNKNOWN, Mask, Numbers

Times = npt.NDArray[np.int64]
Integer = TypeVar("Integer", np.int8, np.int64)

FOREVER: Final = np.iinfo(np.int64).max
WITHDRAWN: Final = 127
"""The maturity of a withdrawn title: above every ceiling."""
NO_TITLES: Final = np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class Windows:
    """All license windows as columns: title number, country code, and from ≤ t < to."""

    title: Numbers
    country: npt.NDArray[np.int16]
    from_ms: Times
    to_ms: Times

    def without(self, numbers: Numbers) -> "Windows":
        """The windows of all other titles."""
        others = ~np.isin(self.title, numbers)
        return Windows(
            self.title[others], self.country[others], self.from_ms[others], self.to_ms[others]
        )


@dataclass(frozen=True)
class CatalogView:
    """Arrays over all title numbers.

    `names` and `artwork_ids` are shown on tiles. `countries` holds the code of each country. The
    code of a facet is its index in `facets`. `membership` is bool[facets, titles], and
    `title_facets` holds the facet codes of each title.
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
        """Return a view that numbers titles by their order in `titles`."""
        no_times = np.empty(0, np.int64)
        empty = cls(
            title_ids=(),
            titles=(),
            number={},
            base_size=0,
            maturity=np.empty(0, np.int8),
            launch_ms=no_times,
            windows=Windows(NO_TITLES, np.empty(0, np.int16), no_times, no_times),
            countries={EVERYWHERE: 0},
            facets=(),
            facet_codes={},
            membership=np.zeros((0, 0), np.bool_),
            title_facets=(),
            names=(),
            artwork_ids=(),
        )
        view = empty.with_changes(titles)
        return replace(view, base_size=len(titles), _masks={})

    def __len__(self) -> int:
        return len(self.title_ids)

    def title(self, number: int) -> Title | None:
        """The title of a number; None once it is withdrawn."""
        return self.titles[number]

    def number_of(self, title_id: TitleId) -> int:
        """The title's number, or UNKNOWN (−1)."""
        return self.number.get(title_id, UNKNOWN)

    def numbers_of(self, title_ids: Iterable[TitleId]) -> Numbers:
        """The numbers of those titles that are in the catalog, in the given order."""
        numbers = (self.number.get(title_id, UNKNOWN) for title_id in title_ids)
        return np.fromiter((number for number in numbers if number != UNKNOWN), np.int32)

    def allowed(self, ceiling: int, country: str | None, now_ms: int) -> Mask:
        """bool[titles]: titles that suit the ceiling, are launched, and licensed in the country.

        Exact, though cached: a mask is reused only until the next instant at which it could change.
        Without a country, a title must be licensed everywhere, or in every country of the catalog.
        Do not change the array.
        """
        key = (ceiling, country)
        cached = self._masks.get(key)
        if cached is not None and cached[1] <= now_ms < cached[2]:
            return cached[0]
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
        """bool[titles]: titles launched by then."""
        return self.launch_ms <= now_ms

    def licensed(self, country: str | None, now_ms: int) -> Mask:
        """bool[titles]: titles licensed in the country at this instant, see `allowed`."""
        return self._licensed(country, now_ms)[0]

    def _licensed(self, country: str | None, now_ms: int) -> tuple[Mask, int, int]:
        """The mask of licensed titles, and the time since ≤ t < until in which it is valid."""
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
        """Return the view after titles were published (also again) and others withdrawn.

        A withdrawn title that is new to the view gets a number too: the compacted topic may have
        only its withdrawal, and an older static page may contain the title.
        """
        latest = {title.title_id: title for title in published}
        removed_ids = [title_id for title_id in withdrawn if title_id not in latest]
        added = [title_id for title_id in (*latest, *removed_ids) if title_id not in self.number]
        new_numbers = {title_id: len(self) + index for index, title_id in enumerate(added)}
        number = {**self.number, **new_numbers}
        size, removed = len(number), [number[title_id] for title_id in removed_ids]
        titles: list[Title | None] = [*self.titles, *(None for _ in added)]
        names = [*self.names, *("" for _ in added)]
        artwork_ids = [*self.artwork_ids, *(None for _ in added)]
        maturity = _extended(self.maturity, size, WITHDRAWN)
        launch_ms = _extended(self.launch_ms, size, int(FOREVER))
        changed = [*removed, *(number[title_id] for title_id in latest)]
        for n in removed:
            titles[n], maturity[n] = None, WITHDRAWN
        for title_id, title in latest.items():
            n = number[title_id]
            titles[n], names[n] = title, title.name
            artwork_ids[n] = title.artworks[0].artwork_id if title.artworks else None
            maturity[n], launch_ms[n] = maturity_of(title), title.launch_ms
        countries = _countries(self.countries, latest.values())
        unchanged = self.windows.without(np.array(changed, np.int32))
        windows = _with_windows(unchanged, latest, number, countries)
        facets = _FacetsBuilder(self, size)
        for n in changed:
            facets.set(n, titles[n])
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
        """The titles that are not withdrawn."""
        return Catalog(title for title in self.titles if title is not None)


def _extended(array: npt.NDArray[Integer], size: int, fill: int) -> npt.NDArray[Integer]:
    extended = np.full(size, fill, array.dtype)
    extended[: len(array)] = array
    return extended


def _countries(codes: Mapping[str, int], titles: Iterable[Title]) -> Mapping[str, int]:
    """The codes of all countries, with those that the titles add."""
    countries = {window.country for title in titles for window in title.windows} - codes.keys()
    if not countries:
        return codes
    added = {country: len(codes) + index for index, country in enumerate(sorted(countries))}
    return {**codes, **added}


def _with_windows(
    windows: Windows,
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
        return windows
    table = np.array(rows, np.int64)
    return Windows(
        np.concatenate((windows.title, table[:, 0].astype(np.int32))),
        np.concatenate((windows.country, table[:, 1].astype(np.int16))),
        np.concatenate((windows.from_ms, table[:, 2])),
        np.concatenate((windows.to_ms, table[:, 3])),
    )


class _FacetsBuilder:
    """Builds the facets of a view from those of another; works on copies."""

    def __init__(self, view: CatalogView, size: int) -> None:
        self.codes = dict(view.facet_codes)
        self.of_title = [*view.title_facets, *(NO_TITLES for _ in range(size - len(view)))]
        self.membership = np.zeros((len(self.codes), size), np.bool_)
        self.membership[:, : len(view)] = view.membership

    def set(self, number: int, title: Title | None) -> None:
        """Set the facets of a title; None removes them."""
        self.membership[self.of_title[number], number] = False
        facets = facets_of(title) if title is not None else ()
        for facet in facets:
            self.codes.setdefault(facet, len(self.codes))
        if len(self.codes) > len(self.membership):
            extended = np.zeros((2 * len(self.codes), self.membership.shape[1]), np.bool_)
            extended[: len(self.membership)] = self.membership
            self.membership = extended
        self.of_title[number] = np.array([self.codes[facet] for facet in facets], np.int32)
        self.membership[self.of_title[number], number] = True
