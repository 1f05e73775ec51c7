"""Every source of candidate rows, one line each; a new kind of row is one small file here and one
line below.

A source is a function from the moment to rows. It may be wrong or fail: what it offers is filtered
afterwards, and if it raises, the page goes on without it and says so.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from online.page.model import RequestContext, Row
from online.page.sources.because_you_watched import because_you_watched
from online.page.sources.continue_watching import continue_watching
from online.page.sources.facets import facets
from online.page.sources.my_list import my_list
from online.page.sources.new import new
from online.page.sources.popular import popular
from online.page.sources.stored import stored
from online.page.sources.top_picks import top_picks
from online.page.sources.trending import trending
from online.page.sources.watch_again import watch_again

Source = Callable[[RequestContext], Iterable[Row]]

SOURCES: Final[Mapping[str, Source]] = {
    "continue_watching": continue_watching,
    "top_picks": top_picks,
    "because_you_watched": because_you_watched,
    "trending": trending,
    "new": new,
    "popular": popular,
    "my_list": my_list,
    "watch_again": watch_again,
    "facets": facets,
    "stored": stored,
}
