"""Watch again: what the member finished some time ago and liked."""

from collections.abc import Iterator
from typing import Final

from online.page.filters import is_finished
from online.page.model import RequestContext, Row
from online.page.sources.pick import best
from shared.vocabulary import UNKNOWN

REST_MS: Final = 7 * 86_400_000


def watch_again(moment: RequestContext) -> Iterator[Row]:
    """One row; a title must have rested for a week."""
    digest, view, now_ms = moment.known.digest, moment.snapshot.view, moment.request.now_ms
    if digest is None:
        return
    finished = []
    for watched in digest.watched:
        number = view.number_of(watched.title_id)
        title = view.title(number) if number != UNKNOWN else None
        if (
            title is not None
            and now_ms - watched.last_ms >= REST_MS
            and is_finished(watched, title, now_ms)
        ):
            finished.append(watched.title_id)
    numbers = view.numbers_of(finished)
    yield Row(
        kind="watch_again",
        source="digest",
        version="finished-1",
        numbers=best(numbers, moment.scores[numbers]),
        values=None,
        least=2,
    )
