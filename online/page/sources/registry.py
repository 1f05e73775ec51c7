"""The registry of the kinds of rows, one line each.

A kind is declared with its source in a module of this package. Adding one takes that module and a
line here. Sources run in this order, and the layout prefers the earlier of two rows with equal
gains.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from online.page.context import Source
from online.page.row_kind import RowKind, register_kinds
from online.page.sources.because_you_watched import BECAUSE_YOU_WATCHED
from online.page.sources.continue_watching import CONTINUE_WATCHING
from online.page.sources.facets import GENRE, GENRE_DECADE, GENRE_KIND, MOOD
from online.page.sources.my_list import MY_LIST
from online.page.sources.new import NEW
from online.page.sources.nightly import NEW_TO_YOU, precomputed_source
from online.page.sources.popular import POPULAR
from online.page.sources.static import STATIC
from online.page.sources.top_picks import TOP_PICKS
from online.page.sources.trending import TRENDING
from online.page.sources.watch_again import WATCH_AGAIN

KINDS: Final = register_kinds(
    [
        CONTINUE_WATCHING,
        TOP_PICKS,
        BECAUSE_YOU_WATCHED,
        TRENDING,
        NEW,
        POPULAR,
        MY_LIST,
        WATCH_AGAIN,
        GENRE,
        MOOD,
        GENRE_KIND,
        GENRE_DECADE,
        NEW_TO_YOU,
        STATIC,
    ]
)


def sources_of(kinds: Mapping[str, RowKind]) -> Mapping[str, Source]:
    """Return the sources of the kinds, named by their first kind, then that of precomputed rows."""
    sources: dict[str, Source] = {}
    for kind in kinds.values():
        if kind.source is not None and kind.source not in sources.values():
            sources[kind.name] = kind.source
    return MappingProxyType({**sources, "stored": precomputed_source(kinds)})


SOURCES: Final = sources_of(KINDS)
