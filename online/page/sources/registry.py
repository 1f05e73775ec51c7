"""The registry of the kinds of rows, one line each.

A kind is declared with its source in a module of this package. Adding one takes that module and a
line here. Sources run in this order, and the layout prefers the earlier of two rows with equal
gains.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from online.page.context import Source
from online.page.row_kind import RowKind, register_kinds
from online.page.sources.because_you_watched import BECAUSE_YOU_WATCHED, because_you_watched
from online.page.sources.continue_watching import CONTINUE_WATCHING, continue_watching
from online.page.sources.facets import GENRE, GENRE_DECADE, GENRE_KIND, MOOD, facets
from online.page.sources.my_list import MY_LIST, my_list
from online.page.sources.new import NEW, new
from online.page.sources.nightly import NEW_TO_YOU, precomputed_source
from online.page.sources.popular import POPULAR, popular
from online.page.sources.static import STATIC
from online.page.sources.top_picks import TOP_PICKS, top_picks
from online.page.sources.trending import TRENDING, trending
from online.page.sources.watch_again import WATCH_AGAIN, watch_again

_REGISTERED: Final[Sequence[tuple[RowKind, Source | None]]] = (
    (CONTINUE_WATCHING, continue_watching),
    (TOP_PICKS, top_picks),
    (BECAUSE_YOU_WATCHED, because_you_watched),
    (TRENDING, trending),
    (NEW, new),
    (POPULAR, popular),
    (MY_LIST, my_list),
    (WATCH_AGAIN, watch_again),
    (GENRE, facets),
    (MOOD, facets),
    (GENRE_KIND, facets),
    (GENRE_DECADE, facets),
    (NEW_TO_YOU, None),
    (STATIC, None),
)
"""Each kind with the source that computes its rows; None if no source of a fresh page does."""

KINDS: Final = register_kinds([kind for kind, _ in _REGISTERED])
STORED_KINDS: Final = {kind.name: kind for kind, source in _REGISTERED if source is None}
"""The kinds whose rows are computed before the request."""


def _sources() -> Mapping[str, Source]:
    """The sources by the name of their first kind, then that of the precomputed rows."""
    sources: dict[str, Source] = {}
    for kind, source in _REGISTERED:
        if source is not None and source not in sources.values():
            sources[kind.name] = source
    return MappingProxyType({**sources, "stored": precomputed_source(STORED_KINDS)})


SOURCES: Final = _sources()
