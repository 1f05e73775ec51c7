"""The hand-set ranker: the order and value of every candidate tile, from features and relevance.

A value is the probability of a good play if the tile is examined. The constants are the prior for a
cold start: guesses, to be learned, unless a comment names another source.
"""

from collections.abc import Sequence
from typing import Final, assert_never

import numpy as np

from online.page.context import RequestContext
from online.page.model import RankedRow, Row
from online.page.ranking.features import (
    Launch,
    ListMembership,
    Repeat,
    Resumption,
    Similarity,
    SourceOrder,
    Trend,
)
from online.page.ranking.selection import ROW_TILES, select_best
from shared.clock import DAY_MS
from shared.vocabulary import Floats, Numbers

# Factors on the relevance of the title most similar to a row's title, and of the least similar.
NEAREST: Final = 1.25
FARTHEST: Final = 0.75
# The relevance of a new title halves with this age when new titles are ordered.
LAUNCH_HALF_LIFE_DAYS: Final = 10.0
# This many launches since the nightly run come first, newest first: no model has scored them yet.
PINNED_LAUNCHES: Final = 5
# Least value of a new title: its relevance is not known well.
MIN_VALUE_NEW: Final = 0.03
# Least value of a title on My List: the member put it there to watch it.
MIN_VALUE_MY_LIST: Final = 0.06
# Probability that a visit resumes a film, or a series, right after it was left.
RESUME_FILM: Final = 0.30
RESUME_EPISODE: Final = 0.38
# Factor for a title that was last watched on the device of the request.
RESUME_SAME_DEVICE: Final = 1.15
# The probability of resumption halves with this idle time.
RESUME_HALF_LIFE_DAYS: Final = 4.0


def hand_set_ranker(context: RequestContext, rows: Sequence[Row]) -> list[RankedRow]:
    """Rank each row by the features of its candidates."""
    scores = context.relevance.scores
    return [_ranked(row, scores) for row in rows]


def source_order(context: RequestContext, rows: Sequence[Row]) -> list[RankedRow]:
    """Return every row in the order of its source, without values; for rows ranked earlier."""
    del context
    return [RankedRow(row, row.numbers, np.zeros(len(row.numbers), np.float32)) for row in rows]


def _ranked(row: Row, scores: Floats) -> RankedRow:
    numbers, features = row.numbers, row.features
    match features:
        case SourceOrder():
            return RankedRow(row, numbers, scores[numbers])
        case ListMembership():
            values = np.maximum(scores[numbers], np.float32(MIN_VALUE_MY_LIST))
            return RankedRow(row, numbers, values)
        case Similarity():
            return _by_value(row, scores[numbers] * _nearness(features))
        case Resumption():
            return _by_value(row, _resume_probability(features))
        case Trend():
            return _valued(row, select_best(numbers, features.z * scores[numbers]), scores)
        case Repeat():
            return _valued(row, select_best(numbers, scores[numbers]), scores)
        case Launch():
            order = _launch_order(numbers, features, scores)
            values = np.maximum(scores[order], np.float32(MIN_VALUE_NEW))
            return RankedRow(row, order, values)
        case _:
            assert_never(features)


def _valued(row: Row, order: Numbers, scores: Floats) -> RankedRow:
    return RankedRow(row, order, scores[order])


def _by_value(row: Row, values: Floats) -> RankedRow:
    order = np.argsort(-values, kind="stable")
    return RankedRow(row, row.numbers[order], values[order])


def _nearness(similarity: Similarity) -> Floats:
    return np.asarray(NEAREST + (FARTHEST - NEAREST) * similarity.rank, np.float32)


def _resume_probability(features: Resumption) -> Floats:
    base = np.where(features.episode, RESUME_EPISODE, RESUME_FILM)
    device = np.where(features.same_device, RESUME_SAME_DEVICE, 1.0)
    decay = np.exp2(-features.idle_days / RESUME_HALF_LIFE_DAYS)
    return np.asarray(base * device * decay, np.float32)


def _launch_order(numbers: Numbers, launch: Launch, scores: Floats) -> Numbers:
    """Pinned launches first, then by relevance discounted by age."""
    pinned = numbers[launch.since_nightly]
    age_ms = launch.age_ms[launch.since_nightly]
    pinned = pinned[np.lexsort((pinned, age_ms))][:PINNED_LAUNCHES]
    discount = np.exp2(-launch.age_ms / (LAUNCH_HALF_LIFE_DAYS * DAY_MS))
    rest = numbers[np.lexsort((numbers, -(scores[numbers] * discount)))]
    return np.concatenate((pinned, rest[~np.isin(rest, pinned)]))[:ROW_TILES]
