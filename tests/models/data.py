"""Small interactions with answers that follow from their construction."""

from collections.abc import Sequence

import numpy as np

from shared.catalog.titles import Title, Window
from shared.clock import DAY_MS, HOUR_MS, MINUTE_MS
from shared.features.titles import TitleFeatures, title_features
from shared.ids import ProfileId, TitleId
from shared.models.interactions import Interactions, sorted_interactions
from shared.models.port import HistoryEntry, Query, QueryContext, Scorer, Scores
from shared.models.ranking import exclude_seen, top_k
from shared.vocabulary import Numbers, Vocabulary

NOW_MS = 1_700_000_000_000


def title_id(number: int) -> TitleId:
    return TitleId(f"t{number:03}")


def vocabulary_of(titles: int) -> Vocabulary:
    return Vocabulary(title_id(number) for number in range(titles))


def interactions_of(
    pairs: list[tuple[int, int]], titles: int, profiles: int, *, fraction: float = 1.0
) -> Interactions:
    """Viewings (profile, title), one minute apart, the last one a minute before NOW_MS.

    All are on a tv in one country.
    """
    count = len(pairs)
    return sorted_interactions(
        [ProfileId(f"p{number}") for number in range(profiles)],
        vocabulary_of(titles),
        users=[user for user, _ in pairs],
        items=[item for _, item in pairs],
        time_ms=NOW_MS - MINUTE_MS * np.arange(count, 0, -1),
        fraction=np.full(count, fraction),
        weight=np.ones(count),
        device=np.ones(count),
        offset_min=np.zeros(count),
        country=np.zeros(count),
        countries=("NL",),
    )


def checkerboard(size: int, *, unplayed: int = 0) -> Interactions:
    """Even profiles watched all even titles, odd profiles all odd titles.

    Profile n has not watched title n, so n is the only unseen title of its kind. `unplayed` titles
    without viewings come last.
    """
    pairs = [
        (user, item)
        for user in range(size)
        for item in range(size)
        if user % 2 == item % 2 and user != item
    ]
    shuffled = [pairs[index] for index in np.random.default_rng(7).permutation(len(pairs))]
    return interactions_of(shuffled, size + unplayed, size)


def checkerboard_features(size: int, unplayed: int = 0) -> TitleFeatures:
    """Features of the checkerboard's titles; the genre is even or odd, as the number."""
    vocabulary = vocabulary_of(size + unplayed)
    titles = {
        title_id: _title(title_id, number) for number, title_id in enumerate(vocabulary.title_ids)
    }
    return title_features(vocabulary, titles, buckets=64)


def query_of(*numbers: int, now_ms: int = NOW_MS) -> Query:
    """A history of these titles, an hour apart, the last one an hour ago."""
    entries = [
        HistoryEntry(title_id(number), now_ms - HOUR_MS * (len(numbers) - position), 1.0, "tv")
        for position, number in enumerate(numbers)
    ]
    return Query(tuple(entries), QueryContext(now_ms, device="tv", country="NL"))


def recommend(model: Scorer, queries: Sequence[Query], k: int) -> tuple[Numbers, Scores]:
    """The model's best k titles for each query that are not in its history."""
    return top_k(exclude_seen(model.score(queries), queries, model.vocabulary), k)


def _title(title: TitleId, number: int) -> Title:
    return Title(
        title_id=title,
        name=f"Title {number}",
        kind="film",
        genres=("even" if number % 2 == 0 else "odd",),
        runtime_s=6_000,
        launch_ms=NOW_MS - 400 * DAY_MS,
        windows=(Window("*", 0),),
    )
