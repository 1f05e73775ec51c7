"""Import of a MovieLens folder: titles, profiles, and for each rating a play and the stars."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from infra.bulk_produce import ReportProgress, bulk_produce, ignore_progress
from infra.importers.movielens_forms import DataSet, Movie, RatingRow
from shared.catalog.titles import EVERYWHERE, Title, Window
from shared.clock import DAY_MS, Clock
from shared.events.accept import EARLIEST_MS
from shared.events.body import Body
from shared.events.catalog import TitlePublished
from shared.events.codec import encode
from shared.events.feedback import Rating
from shared.events.plays import PlayCompleted, PlayStarted, PlayStopped
from shared.events.profiles import ProfileFacts
from shared.ids import AccountId, EventId, PlayId, ProfileId, TitleId
from shared.log.port import Producer
from shared.rules.watching import (
    QUALIFIED_FRACTION,
    STARS_UP,
    is_playback_finished,
    thumb_of_stars,
)

RUNTIME_S: Final = 110 * 60
"""A guess for every film, because the data sets have no runtimes."""
# Guesses, because the data sets have no ratings of maturity.
MATURITY: Final = 13
CHILDREN_MATURITY: Final = 7
"""Guesses for titles without an age rating; the second for the genre Children."""
COUNTRY, LANGUAGE, CEILING = "US", "en", 18
"""Guesses for every profile: the data sets have no countries, languages or ceilings.

Ages and sexes of the users are not imported.
"""
STARTED, ENDED, RATED = EVENT_STEPS = range(3)
"""The events of one rating, in order."""


def import_movielens(
    data: DataSet,
    producer: Producer,
    clock: Clock,
    *,
    keep_times: bool = False,
    report_progress: ReportProgress = ignore_progress,
) -> int:
    """Write the events of a data set to the log in time order; return their number.

    Unless `keep_times` is set, all times are shifted by the same amount, so that the last rating is
    now. Event ids depend on the content of the folder only, so the events of a second import are
    duplicates of the first.

    Raises:
        LogUnavailable: the log did not answer in time; import again.
    """
    events = events_of(data, clock.now_ms(), keep_times=keep_times)
    return bulk_produce(events, producer, report_progress)


def events_of(
    data: DataSet, now_ms: int, *, keep_times: bool = False
) -> Iterator[tuple[str, bytes, bytes]]:
    """(topic, key, value) of the titles, the profiles, then plays and ratings in time order."""
    shift_ms = 0 if keep_times else now_ms - 1000 * max(rating.time_s for rating in data.ratings)
    begin_ms = max(
        shift_ms + 1000 * min(rating.time_s for rating in data.ratings) - DAY_MS, EARLIEST_MS
    )
    yield from _titles(data, shift_ms, begin_ms)
    yield from _profiles(data, begin_ms)
    yield from _plays_and_ratings(data, shift_ms)


def watched_s(stars: float) -> int:
    """The assumed seconds watched before a rating, since the data sets contain ratings only.

    Stars that count as a thumb up mean the whole film. Other stars mean a share in proportion; it
    is always below the share that counts as liked.
    """
    if thumb_of_stars(stars) > 0:
        return RUNTIME_S
    return round(RUNTIME_S * QUALIFIED_FRACTION * stars / STARS_UP)


def _titles(data: DataSet, shift_ms: int, begin_ms: int) -> Iterator[tuple[str, bytes, bytes]]:
    """A title is launched shortly before its first play, or at the start without any rating."""
    first_s: dict[str, int] = {}
    for rating in data.ratings:
        first_s[rating.movie_id] = min(rating.time_s, first_s.get(rating.movie_id, rating.time_s))
    for number, movie in enumerate(data.movies.values()):
        launch_ms = (
            first_s[movie.movie_id] * 1000 + shift_ms - 2 * RUNTIME_S * 1000
            if movie.movie_id in first_s
            else begin_ms
        )
        title = _title(data, movie, launch_ms)
        value = encode(
            TitlePublished(title=title),
            event_id=EventId(f"{data.form}.title.{movie.movie_id}"),
            event_time_ms=begin_ms,
            client_seq=number,
        )
        yield TitlePublished.topic, title.title_id.encode(), value


def _title(data: DataSet, movie: Movie, launch_ms: int) -> Title:
    by_genre = CHILDREN_MATURITY if "Children" in movie.genres else MATURITY
    return Title(
        title_id=title_id(data, movie.movie_id),
        name=movie.name,
        kind="film",
        genres=movie.genres,
        runtime_s=RUNTIME_S,
        launch_ms=launch_ms,
        windows=(Window(EVERYWHERE, launch_ms),),
        maturity=by_genre if movie.maturity is None else movie.maturity,
        tags=movie.tags,
        cast=movie.cast,
        release_year=movie.year,
        synopsis=movie.synopsis,
    )


def _profiles(data: DataSet, begin_ms: int) -> Iterator[tuple[str, bytes, bytes]]:
    facts = ProfileFacts(maturity_ceiling=CEILING, country=COUNTRY, languages=(LANGUAGE,))
    for user_id in sorted(data.user_ids, key=int):
        profile = profile_id(data, user_id)
        value = encode(
            facts,
            event_id=EventId(f"{data.form}.profile.{user_id}"),
            event_time_ms=begin_ms,
            account_id=AccountId(profile),
            profile_id=profile,
            country=COUNTRY,
        )
        yield facts.topic, profile.encode(), value


def _plays_and_ratings(data: DataSet, shift_ms: int) -> Iterator[tuple[str, bytes, bytes]]:
    """Three events per rating, in time order. The play ends at the time of the rating."""
    for rating, step, time_ms in _by_time(data.ratings):
        profile = profile_id(data, rating.user_id)
        name = f"{data.form}.{rating.user_id}.{rating.movie_id}.{rating.time_s}"
        body = _body(title_id(data, rating.movie_id), rating.stars, step)
        value = encode(
            body,
            event_id=EventId(f"{name}.{step}"),
            event_time_ms=max(time_ms + shift_ms, EARLIEST_MS),
            client_seq=rating.order * len(EVENT_STEPS) + step,
            account_id=AccountId(profile),
            profile_id=profile,
            play_id=None if step == RATED else PlayId(name),
            country=COUNTRY,
        )
        yield body.topic, profile.encode(), value


def _by_time(ratings: list[RatingRow]) -> Iterator[tuple[RatingRow, int, int]]:
    """(rating, step, time in ms) of every event, in time order."""
    ended_ms = np.array([rating.time_s for rating in ratings], dtype=np.int64) * 1000
    length_ms = np.array([watched_s(rating.stars) for rating in ratings], dtype=np.int64) * 1000
    times_ms: npt.NDArray[np.int64] = np.stack(
        [ended_ms - length_ms, ended_ms, ended_ms], axis=1
    ).ravel()
    for index in np.argsort(times_ms, kind="stable").tolist():
        rating, step = divmod(index, len(EVENT_STEPS))
        yield ratings[rating], step, int(times_ms[index])


def _body(title: TitleId, stars: float, step: int) -> Body:
    if step == STARTED:
        return PlayStarted(title_id=title, runtime_s=RUNTIME_S)
    if step == ENDED:
        end_s = watched_s(stars)
        is_finished = is_playback_finished(end_s, RUNTIME_S, completed=False)
        kind = PlayCompleted if is_finished else PlayStopped
        return kind(title_id=title, runtime_s=RUNTIME_S, position_s=end_s, watched=((0, end_s),))
    return Rating(title_id=title, stars=stars)


def title_id(data: DataSet, movie_id: str) -> TitleId:
    """The platform's id of a movie. It contains the form, because each form has its own numbers."""
    return TitleId(f"{data.form}-t{movie_id}")


def profile_id(data: DataSet, user_id: str) -> ProfileId:
    """The platform's id of a user."""
    return ProfileId(f"{data.form}-p{user_id}")
