"""A MovieLens folder as what would have happened here: titles, profiles, and for each rating a play
and the stars.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from infra.feeding import Progress, nothing, pour
from infra.importers.movielens_forms import DataSet, Movie, RatingRow, read
from infra.importers.problems import Problems
from shared.catalog.titles import EVERYWHERE, Title, Window
from shared.clock import DAY_MS, Clock
from shared.errors import SetupError
from shared.events.accept import EARLIEST_MS
from shared.events.body import Body
from shared.events.catalog import TitlePublished
from shared.events.codec import encode
from shared.events.feedback import Rating
from shared.events.plays import PlayCompleted, PlayStarted, PlayStopped
from shared.events.profiles import ProfileFacts
from shared.ids import AccountId, EventId, PlayId, ProfileId, TitleId
from shared.log.port import Producer

RUNTIME_S = 110 * 60
"""The data sets hold no runtimes."""
MATURITY, CHILDREN_MATURITY = 13, 7
"""Where no age rating is known."""
COUNTRY, LANGUAGE, CEILING = "US", "en", 18
"""The data sets hold no countries, languages or ceilings; what they hold of people's age and sex is
not used.
"""
LIKED_STARS = 3.5
STARTED, ENDED, RATED = range(3)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of an import."""

    form: str
    titles: int
    profiles: int
    ratings: int
    events: int
    problems: Problems


def import_movielens(
    folder: Path,
    producer: Producer,
    clock: Clock,
    *,
    keep_times: bool = False,
    progress: Progress = nothing,
) -> ImportReport:
    """Read a folder and write its events, in time order, to the log.

    All times are moved by the same amount so that the last rating is now, unless `keep_times`.
    Event ids depend on the folder's content only: importing again writes the same ids, which are
    then known as duplicates.

    Raises:
        SetupError: the folder is of no known form, or has not one good rating.
        LogUnavailable: the log did not answer in time; import again.
    """
    data = read(folder)
    count = pour(events_of(data, clock.now_ms(), keep_times=keep_times), producer, progress)
    return ImportReport(
        data.form, len(data.movies), len(data.people), len(data.ratings), count, data.problems
    )


def events_of(
    data: DataSet, now_ms: int, *, keep_times: bool = False
) -> Iterator[tuple[str, bytes, bytes]]:
    """(topic, key, value): the catalog, the profiles, then plays and ratings by time.

    Raises:
        SetupError: there is not one good rating.
    """
    if not data.ratings:
        raise SetupError(
            f"not one rating could be read; {data.problems.total} lines were malformed"
        )
    shift_ms = 0 if keep_times else now_ms - 1000 * max(rating.time_s for rating in data.ratings)
    begin_ms = max(
        shift_ms + 1000 * min(rating.time_s for rating in data.ratings) - DAY_MS, EARLIEST_MS
    )
    yield from _titles(data, shift_ms, begin_ms)
    yield from _people(data, begin_ms)
    yield from _happenings(data, shift_ms)


def watched_s(stars: float) -> int:
    """How much of a film the stars stand for: all of it from 3.5 on, less and less below."""
    return RUNTIME_S if stars >= LIKED_STARS else round(RUNTIME_S * (0.05 + 0.2 * (stars - 0.5)))


def _titles(data: DataSet, shift_ms: int, begin_ms: int) -> Iterator[tuple[str, bytes, bytes]]:
    """A title is launched a moment before its first play; one that nobody rated was there from the
    beginning.
    """
    first: dict[str, int] = {}
    for rating in data.ratings:
        first[rating.movie_id] = min(rating.time_s, first.get(rating.movie_id, rating.time_s))
    for number, movie in enumerate(data.movies.values()):
        launch_ms = (
            first[movie.movie_id] * 1000 + shift_ms - 2 * RUNTIME_S * 1000
            if movie.movie_id in first
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


def _people(data: DataSet, begin_ms: int) -> Iterator[tuple[str, bytes, bytes]]:
    facts = ProfileFacts(maturity_ceiling=CEILING, country=COUNTRY, languages=(LANGUAGE,))
    for person in sorted(data.people, key=int):
        profile = profile_id(data, person)
        value = encode(
            facts,
            event_id=EventId(f"{data.form}.profile.{person}"),
            event_time_ms=begin_ms,
            account_id=AccountId(profile),
            profile_id=profile,
            country=COUNTRY,
        )
        yield facts.topic, profile.encode(), value


def _happenings(data: DataSet, shift_ms: int) -> Iterator[tuple[str, bytes, bytes]]:
    """Three events a rating, all of them by time: the play ends when the stars are given, and began
    as long before as it lasted.
    """
    for rating, step, time_ms in _by_time(data.ratings):
        profile = profile_id(data, rating.person)
        name = f"{data.form}.{rating.person}.{rating.movie_id}.{rating.time_s}"
        body = _body(title_id(data, rating.movie_id), rating.stars, step)
        value = encode(
            body,
            event_id=EventId(f"{name}.{step}"),
            event_time_ms=max(time_ms + shift_ms, EARLIEST_MS),
            client_seq=rating.order * 3 + step,
            account_id=AccountId(profile),
            profile_id=profile,
            play_id=None if step == RATED else PlayId(name),
            country=COUNTRY,
        )
        yield body.topic, profile.encode(), value


def _by_time(ratings: list[RatingRow]) -> Iterator[tuple[RatingRow, int, int]]:
    ended: npt.NDArray[np.int64] = (
        np.array([rating.time_s for rating in ratings], dtype=np.int64) * 1000
    )
    length = np.array([watched_s(rating.stars) for rating in ratings], dtype=np.int64) * 1000
    times = np.stack([ended - length, ended, ended], axis=1).ravel()
    for place in np.argsort(times, kind="stable").tolist():
        rating, step = divmod(place, 3)
        yield ratings[rating], step, int(times[place])


def _body(title: TitleId, stars: float, step: int) -> Body:
    if step == RATED:
        return Rating(title_id=title, stars=stars)
    if step == STARTED:
        return PlayStarted(title_id=title, runtime_s=RUNTIME_S)
    end = watched_s(stars)
    kind = PlayCompleted if stars >= LIKED_STARS else PlayStopped
    return kind(title_id=title, runtime_s=RUNTIME_S, position_s=end, watched=((0, end),))


def title_id(data: DataSet, movie_id: str) -> TitleId:
    """The platform's id of a movie; the form stands in it, since the data sets number movies
    differently.
    """
    return TitleId(f"{data.form}-t{movie_id}")


def profile_id(data: DataSet, person: str) -> ProfileId:
    """The platform's id of a person."""
    return ProfileId(f"{data.form}-p{person}")
