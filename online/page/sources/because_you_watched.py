"""Because you watched: what goes with titles that the member lately watched for real, in the
member's own order.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from online.page.model import RequestContext, Row
from shared.ids import TitleId
from shared.records.digest import Digest
from shared.vocabulary import UNKNOWN

ANCHORS: Final = 10
QUALIFIED: Final = 0.5
# What the similarity adds to or takes from the member's own score, from the nearest title to the
# farthest.
NEAREST: Final = 1.25
FARTHEST: Final = 0.75


def because_you_watched(moment: RequestContext) -> Iterator[Row]:
    """One row per anchor, the latest first; none for an anchor that the similars model does not
    know.
    """
    digest, generation = moment.known.digest, moment.snapshot.generation
    if digest is None or generation.similars is None:
        return
    version = (
        generation.manifest.roles["similars"].artifact[:16]
        if "similars" in generation.manifest.roles
        else ""
    )
    for anchor in _anchors(digest):
        number = moment.snapshot.view.number_of(anchor)
        if (
            number == UNKNOWN
            or moment.snapshot.view.title(number) is None
            or not moment.safety.mask[number]
        ):
            continue
        numbers, _ = moment.snapshot.similar(number)
        numbers = numbers[moment.discover[numbers]]
        nearness = np.linspace(NEAREST, FARTHEST, len(numbers), dtype=np.float32)
        values = moment.scores[numbers] * nearness
        order = np.argsort(-values, kind="stable")
        yield Row(
            kind="because_you_watched",
            source="similars",
            version=version,
            numbers=numbers[order],
            values=values[order],
            subject=anchor,
        )


def _anchors(digest: Digest) -> list[TitleId]:
    liked = [
        play.title_id
        for play in reversed(digest.plays)
        if play.fraction >= QUALIFIED and digest.thumbs.get(play.title_id, 0) >= 0
    ]
    liked += [title_id for title_id in digest.picks if title_id not in liked]
    return list(dict.fromkeys(liked))[:ANCHORS]
