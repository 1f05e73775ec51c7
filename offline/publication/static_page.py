"""The static page of a generation: the titles in order of popularity."""

from collections.abc import Sequence

from shared.catalog.titles import Title
from shared.models.port import Query, QueryContext
from shared.models.registry import Model
from shared.records.page import StaticPage
from shared.records.static_page import build_static_page


def popularity_page(titles: Sequence[Title], popularity: Model, now_ms: int) -> StaticPage:
    """The static page; titles that the popularity model does not contain come last, by id."""
    shares = popularity.score([Query((), QueryContext(now_ms))])[0]
    share_of = dict(zip(popularity.vocabulary.title_ids, shares.tolist(), strict=True))
    ordered = sorted(titles, key=lambda title: (-share_of.get(title.title_id, 0.0), title.title_id))
    return build_static_page(ordered, now_ms)
