"""MovieLens folders as events: small written ones, and the real ones where available."""

import os
from collections import Counter
from pathlib import Path

import pytest

from infra.importers.movielens import RUNTIME_S, events_of, import_movielens, watched_s
from infra.importers.movielens_forms import DataSet, read
from shared.clock import ManualClock
from shared.errors import SetupError
from shared.events.accept import AcceptedEvent, accept
from shared.events.catalog import TitlePublished
from shared.events.feedback import Rating
from shared.events.plays import Play, PlayCompleted, PlayStarted, PlayStopped
from shared.events.profiles import ProfileFacts
from shared.log.memory import MemoryLog
from shared.log.port import Partition
from shared.log.topics import topic_specs
from shared.rules.watching import is_liked, thumb_of_stars

NOW_MS = 1_700_000_000_000
DATA = Path(
    os.environ.get("MARQUEE_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data"
)

MOVIES = (
    "movieId,title,genres\n1,Toy Story (1995),Children|Comedy\n"
    '11,"American President, The (1995)",Drama\n12,Nameless,(no genres listed)\n'
)
RATINGS = (
    "userId,movieId,rating,timestamp\n7,1,4.0,1000000000\n7,11,2.0,1000000500\n8,1,3.5,1000000300\n"
)
TAGS = (
    "userId,movieId,tag,timestamp\n"
    "7,1,Pixar,1000000000\n8,1,pixar,1000000001\n8,1,toys,1000000002\n"
)


def _latest(folder: Path, movies: str = MOVIES, ratings: str = RATINGS) -> Path:
    (folder / "movies.csv").write_text(movies, encoding="utf-8")
    (folder / "ratings.csv").write_text(ratings, encoding="utf-8")
    (folder / "tags.csv").write_text(TAGS, encoding="utf-8")
    return folder


def _events(data: DataSet, *, keep_times: bool = False) -> list[AcceptedEvent]:
    return [
        accept(value, NOW_MS, topic)
        for topic, _, value in events_of(data, NOW_MS, keep_times=keep_times)
    ]


def _titles(events: list[AcceptedEvent]) -> dict[str, TitlePublished]:
    return {
        event.body.title.title_id: event.body
        for event in events
        if isinstance(event.body, TitlePublished)
    }


def test_a_movie_becomes_a_title_with_year_genres_and_common_tags(tmp_path: Path) -> None:
    titles = _titles(_events(read(_latest(tmp_path))))
    toys = titles["ml-latest-t1"].title
    assert (toys.name, toys.release_year, toys.genres, toys.tags, toys.maturity) == (
        "Toy Story",
        1995,
        ("Children", "Comedy"),
        ("pixar", "toys"),
        7,
    )
    president = titles["ml-latest-t11"].title
    assert (president.name, president.maturity) == ("The American President", 13)
    nameless = titles["ml-latest-t12"].title
    assert (nameless.genres, nameless.release_year) == ((), None)


def test_a_rating_becomes_a_play_and_the_stars(tmp_path: Path) -> None:
    events = [
        event
        for event in _events(read(_latest(tmp_path)))
        if event.envelope.profile_id == "ml-latest-p7"
    ]
    assert [type(event.body) for event in events] == [
        ProfileFacts,
        PlayStarted,
        PlayStarted,
        PlayCompleted,
        Rating,
        PlayStopped,
        Rating,
    ]
    completed, stopped = (
        event.body for event in events if isinstance(event.body, (PlayCompleted, PlayStopped))
    )
    # 4 stars mean the whole film, 2 stars half of the qualified share: 0.7 / 2 = 35 %.
    assert (completed.watched, stopped.watched) == (((0, 6600),), ((0, 2310),))
    assert [event.body.stars for event in events if isinstance(event.body, Rating)] == [4.0, 2.0]


def test_more_stars_never_mean_less_watching() -> None:
    watched = [watched_s(half / 2) for half in range(1, 11)]
    assert watched == sorted(watched)
    assert watched[0] > 0


def test_stars_that_are_a_thumb_up_mean_the_whole_film_and_fewer_are_not_liked() -> None:
    assert [watched_s(stars) for stars in (4.0, 4.5, 5.0)] == [RUNTIME_S] * 3
    fraction = watched_s(3.5) / RUNTIME_S
    assert not is_liked(fraction, thumb_of_stars(3.5))


def test_times_are_shifted_to_end_now_unless_keep_times_is_set(tmp_path: Path) -> None:
    data = read(_latest(tmp_path))
    shifted = [event.envelope.event_time_ms for event in _events(data)]
    original = [event.envelope.event_time_ms for event in _events(data, keep_times=True)]
    assert shifted[-1] == NOW_MS
    assert original[-1] == 1_000_000_500_000
    assert [time - NOW_MS for time in shifted] == [time - original[-1] for time in original]


def test_plays_are_in_time_order_and_after_the_launch_of_their_title(tmp_path: Path) -> None:
    events = _events(read(_latest(tmp_path)))
    times = [event.envelope.event_time_ms for event in events]
    assert times == sorted(times)
    titles = _titles(events)
    assert all(
        titles[event.body.title_id].title.launch_ms <= event.envelope.event_time_ms
        for event in events
        if isinstance(event.body, Play)
    )


def test_malformed_lines_are_counted_and_the_other_lines_are_read(tmp_path: Path) -> None:
    bad_ratings = "7,1,6.0,1000000000\n7,999,4.0,1000000000\n7,1,good,1000000000\n7,1\n7,1,4.0,0\n"
    data = read(
        _latest(
            tmp_path,
            MOVIES + '13,"Unclosed (1990),Drama\n1,Again (1991),Drama\n',
            RATINGS + bad_ratings,
        )
    )
    assert (len(data.movies), len(data.ratings)) == (3, 3)
    assert data.problems.total == 7
    assert [problem.split(": ")[0] for problem in data.problems.examples] == [
        "movies.csv:5",
        "movies.csv:6",
        *(f"ratings.csv:{line}" for line in range(5, 10)),
    ]
    assert "'999' is unknown" in data.problems.examples[3]


def test_only_the_first_twenty_malformed_lines_are_listed(tmp_path: Path) -> None:
    data = read(_latest(tmp_path, ratings=RATINGS + "broken\n" * 30))
    assert (data.problems.total, len(data.problems.examples)) == (30, 20)


def test_a_second_import_has_the_same_event_ids(tmp_path: Path) -> None:
    data = read(_latest(tmp_path))
    second_ids = [
        accept(value, NOW_MS + 1_000, topic).envelope.event_id
        for topic, _, value in events_of(data, NOW_MS + 1_000)
    ]
    assert [event.envelope.event_id for event in _events(data)] == second_ids
    assert len(set(second_ids)) == len(second_ids)


def test_an_import_writes_all_events_and_returns_their_number(tmp_path: Path) -> None:
    log = MemoryLog(ManualClock(NOW_MS))
    log.ensure_topics(topic_specs(2))
    data = read(_latest(tmp_path, ratings=RATINGS + "broken\n"))
    assert str(data) == "ml-latest: 3 titles, 2 profiles, 3 ratings"
    assert data.problems.total == 1
    # 3 titles, 2 people, 3 ratings of three events each.
    assert import_movielens(data, log.producer(), ManualClock(NOW_MS)) == 14
    assert sum(log.end_offset(Partition("signals", index)) for index in range(2)) == 11
    assert log.end_offset(Partition("catalog", 0)) == 3


def test_ml_1m_files_are_read_in_latin_1_and_utf_8(tmp_path: Path) -> None:
    (tmp_path / "movies.dat").write_bytes(
        "1::Misérables, Les (1995)::Drama\n2::Sabrina (1995)::Comedy|Romance\n".encode("latin-1")
    )
    extra = (
        "1::Les Misérables::1995::R::1 Jan 1995::Drama::X::Y::"
        "Jean Valjean, N. N.::A man runs.::http\r\n"
    )
    (tmp_path / "movies_extrainfos.dat").write_text(
        extra + "2::Sabrina::1995::PG::x::y\r\n", encoding="utf-8"
    )
    (tmp_path / "users.dat").write_text(
        "1::F::1::10::48067\n2::M::56::16::70072\n", encoding="utf-8"
    )
    (tmp_path / "ratings.dat").write_text("1::1::5::978300760\n", encoding="utf-8")
    data = read(tmp_path)
    title = _titles(_events(data))["ml-1m-t1"].title
    assert (title.name, title.maturity, title.cast, title.synopsis) == (
        "Les Misérables",
        17,
        ("Jean Valjean", "N. N."),
        "A man runs.",
    )
    assert data.user_ids == {"1", "2"}
    assert data.problems.examples == ["movies_extrainfos.dat:2: 6 columns instead of 11"]


def test_ml_100k_is_read_from_its_atomic_files(tmp_path: Path) -> None:
    (tmp_path / "ml-100k.item").write_text(
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
        "8\tBabe\t1995\tChildren's Comedy\n",
        encoding="utf-8",
    )
    (tmp_path / "ml-100k.inter").write_text(
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n5\t8\t3\t881250949\n"
    )
    (tmp_path / "ml-100k.user").write_text(
        "user_id\tage\tgender\toccupation\tzip\n5\t24\tM\ttechnician\t85711\n6\t24\tM\tother\t85711\n"
    )
    data = read(tmp_path)
    assert (data.form, data.user_ids, data.problems.total) == ("ml-100k", {"5", "6"}, 0)
    title = _titles(_events(data))["ml-100k-t8"].title
    assert (title.name, title.release_year, title.genres) == ("Babe", 1995, ("Children", "Comedy"))


def test_a_folder_of_an_unsupported_form_is_rejected_with_a_message(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="not a MovieLens folder"):
        read(tmp_path)


def test_a_folder_without_a_valid_rating_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="2 lines were malformed"):
        read(_latest(tmp_path, ratings="userId,movieId,rating,timestamp\nbroken\nbroken\n"))


@pytest.mark.parametrize(
    ("folder", "movies", "people", "ratings"),
    [
        ("ml-latest-small", 9125, 671, 100_004),
        ("ml-100k", 1682, 943, 100_000),
        pytest.param("ml-1m", 3883, 6040, 1_000_209, marks=pytest.mark.slow),
    ],
)
def test_all_lines_of_the_real_folders_are_read(
    folder: str, movies: int, people: int, ratings: int
) -> None:
    if not (DATA / folder).is_dir():
        pytest.skip(f"{folder} is missing: set MARQUEE_DATA to a folder with it")
    data = read(DATA / folder)
    assert (len(data.movies), len(data.user_ids), len(data.ratings), data.problems.total) == (
        movies,
        people,
        ratings,
        0,
    )
    kinds: Counter[str] = Counter()
    for index, (topic, _, value) in enumerate(events_of(data, NOW_MS)):
        if index % 97 == 0:
            kinds[accept(value, NOW_MS, topic).envelope.type] += 1
    assert kinds["play.completed"] > kinds["play.stopped"] > 0
