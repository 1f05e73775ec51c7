"""Readers of the three forms of MovieLens folders; all return the same `DataSet`."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from infra.importers.problems import Problems
from shared.errors import SetupError

Form = Literal["ml-latest", "ml-1m", "ml-100k"]

_NAME_YEAR = re.compile(r"^(?P<name>.*\S)\s*\((?P<year>\d{4})\)\s*$")
_ARTICLE = re.compile(r"^(?P<rest>.+), (?P<article>The|A|An|Le|La|Les|Il|El|Das|Der|Die)$")
_MPAA = {
    "G": 0,
    "TV-G": 0,
    "TV-Y": 0,
    "PG": 7,
    "TV-PG": 7,
    "PG-13": 13,
    "TV-14": 14,
    "R": 17,
    "TV-MA": 17,
    "NC-17": 18,
    "X": 18,
}
_MAX_TAGS = 5
_MAX_CAST = 6


@dataclass(frozen=True, slots=True)
class Movie:
    """One movie of a data set."""

    movie_id: str
    name: str
    genres: tuple[str, ...]
    year: int | None = None
    maturity: int | None = None
    cast: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    synopsis: str = ""


class RatingRow(NamedTuple):
    """One rating; `order` is its index in the file, the order within one second."""

    time_s: int
    order: int
    user_id: str
    movie_id: str
    stars: float


@dataclass
class DataSet:
    """A whole folder in memory; ratings are in the order of the file."""

    form: Form
    movies: dict[str, Movie] = field(default_factory=dict)
    ratings: list[RatingRow] = field(default_factory=list)
    user_ids: set[str] = field(default_factory=set)
    """Every user of the data set, with or without a rating."""
    problems: Problems = field(default_factory=Problems)

    def __str__(self) -> str:
        return (
            f"{self.form}: {len(self.movies):,} titles, {len(self.user_ids):,} profiles, "
            f"{len(self.ratings):,} ratings"
        )


def detect(folder: Path) -> Form:
    """The form of a folder, by the names of its files.

    Raises:
        SetupError: the folder has no supported form.
    """
    if (folder / "ratings.csv").exists() and (folder / "movies.csv").exists():
        return "ml-latest"
    if (folder / "movies.dat").exists() and (
        (folder / "ml1m_rebuilt.parquet").exists() or (folder / "ratings.dat").exists()
    ):
        return "ml-1m"
    if list(folder.glob("*.inter")) and list(folder.glob("*.item")):
        return "ml-100k"
    raise SetupError(
        f"{folder} is not a MovieLens folder: expected movies.csv and ratings.csv, or movies.dat "
        "and ratings.dat (or ml1m_rebuilt.parquet), or one .inter and one .item file."
    )


def read(folder: Path) -> DataSet:
    """Read a folder; malformed lines are counted in `problems`.

    Raises:
        SetupError: the folder has no supported form, or no valid rating.
    """
    data = DataSet(detect(folder))
    _READERS[data.form](folder, data)
    if not data.ratings:
        raise SetupError(
            f"{folder} has no valid rating; {data.problems.total} lines were malformed."
        )
    return data


def _read_latest(folder: Path, data: DataSet) -> None:
    tags: dict[str, Counter[str]] = {}
    if (folder / "tags.csv").exists():
        for line, row in _csv(folder / "tags.csv", 4, data.problems):
            if row[2].strip():
                tags.setdefault(row[1], Counter())[row[2].strip().lower()] += 1
            else:
                data.problems.add("tags.csv", line, "an empty tag")
    for line, (movie_id, title, genres) in _csv(folder / "movies.csv", 3, data.problems):
        _add_movie(
            data,
            "movies.csv",
            line,
            movie_id,
            title,
            genres.split("|"),
            tags=_common(tags.get(movie_id)),
        )
    for line, row in _csv(folder / "ratings.csv", 4, data.problems):
        _add_rating(data, "ratings.csv", line, row)


def _common(tags: Counter[str] | None) -> tuple[str, ...]:
    """The most frequent tags; ties are in alphabetical order."""
    if tags is None:
        return ()
    by_count = sorted(tags.items(), key=lambda item: (-item[1], item[0]))
    return tuple(tag for tag, _ in by_count[:_MAX_TAGS])


def _read_1m(folder: Path, data: DataSet) -> None:
    extras = dict(_extras(folder, data.problems))
    for line, (movie_id, title, genres) in _split(folder / "movies.dat", "::", 3, data.problems):
        _add_movie(
            data, "movies.dat", line, movie_id, title, genres.split("|"), extra=extras.get(movie_id)
        )
    if (folder / "users.dat").exists():
        data.user_ids.update(
            row[0] for _, row in _split(folder / "users.dat", "::", 5, data.problems)
        )
    if (folder / "ratings.dat").exists():
        for line, row in _split(folder / "ratings.dat", "::", 4, data.problems):
            _add_rating(data, "ratings.dat", line, row)
    else:
        _read_1m_parquet(folder / "ml1m_rebuilt.parquet", data)


def _read_1m_parquet(path: Path, data: DataSet) -> None:
    """Read the rebuilt ratings; their unknown times are interpolated between the neighbors."""
    from pyarrow import parquet

    table = parquet.read_table(path, columns=["user", "movie", "rating", "ts_interp"])
    columns = [table.column(name).to_pylist() for name in ("user", "movie", "rating", "ts_interp")]
    for row, values in enumerate(zip(*columns, strict=True), start=1):
        _add_rating(data, path.name, row, ["" if value is None else str(value) for value in values])


def _extras(folder: Path, problems: Problems) -> Iterator[tuple[str, Sequence[str]]]:
    path = folder / "movies_extrainfos.dat"
    if path.exists():
        for _, row in _split(path, "::", 11, problems):
            yield row[0], row


def _read_100k(folder: Path, data: DataSet) -> None:
    items, ratings = next(folder.glob("*.item")), next(folder.glob("*.inter"))
    for line, row in _split(items, "\t", 4, data.problems, header=True):
        title = f"{row[1]} ({row[2]})" if row[2].isdigit() else row[1]
        _add_movie(data, items.name, line, row[0], title, row[3].split(" "))
    for users in folder.glob("*.user"):
        data.user_ids.update(
            row[0] for _, row in _split(users, "\t", 5, data.problems, header=True)
        )
    for line, row in _split(ratings, "\t", 4, data.problems, header=True):
        _add_rating(data, ratings.name, line, row)


def _csv(path: Path, columns: int, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """Data lines of a CSV file with a header.

    Each line is parsed separately, so an unclosed quote makes only its own line malformed.
    """
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        for number, line in enumerate(file, start=1):
            text = line.rstrip("\r\n")
            if number == 1 or not text:
                continue
            try:
                row = next(csv.reader([text], strict=True))
            except csv.Error as error:
                problems.add(path.name, number, str(error))
                continue
            if len(row) == columns:
                yield number, row
            else:
                problems.add(path.name, number, f"{len(row)} columns instead of {columns}")


def _split(
    path: Path, separator: str, columns: int, problems: Problems, *, header: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Data lines of a file with a plain separator; a line is UTF-8 or else Latin-1."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            row = _text(raw).rstrip("\r\n").split(separator)
            if header and number == 1:
                continue
            if len(row) == columns:
                yield number, row
            elif row != [""]:
                problems.add(path.name, number, f"{len(row)} columns instead of {columns}")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _add_movie(
    data: DataSet,
    file: str,
    line: int,
    movie_id: str,
    title: str,
    genres: Sequence[str],
    tags: tuple[str, ...] = (),
    extra: Sequence[str] | None = None,
) -> None:
    match = _NAME_YEAR.match(title.strip())
    name = match["name"] if match else title.strip()
    if not movie_id.isdigit() or not name:
        data.problems.add(file, line, "a movie without a number or a name")
        return
    if movie_id in data.movies:
        data.problems.add(file, line, f"movie {movie_id} is listed twice")
        return
    genre_names = tuple(
        "Children" if genre == "Children's" else genre
        for genre in genres
        if genre and not genre.startswith("(no genres")
    )
    data.movies[movie_id] = Movie(
        movie_id=movie_id,
        name=_ARTICLE.sub(r"\g<article> \g<rest>", name),
        genres=genre_names,
        year=int(match["year"]) if match else None,
        maturity=_MPAA.get(extra[3].strip()) if extra else None,
        cast=_cast(extra[8]) if extra else (),
        tags=tags,
        synopsis=_without_na(extra[9]) if extra else "",
    )


def _cast(text: str) -> tuple[str, ...]:
    names = (name.strip() for name in _without_na(text).split(","))
    return tuple(name for name in names if name)[:_MAX_CAST]


def _without_na(text: str) -> str:
    return "" if text.strip() == "N/A" else text.strip()


def _add_rating(data: DataSet, file: str, line: int, row: Sequence[str]) -> None:
    user_id, movie_id, stars_text, time_text = (value.strip() for value in row)
    try:
        stars, time_s = float(stars_text), int(float(time_text))
    except ValueError:
        data.problems.add(file, line, f"not a number in {','.join(row)!r}")
        return
    if not user_id.isdigit() or not 0.5 <= stars <= 5.0 or time_s <= 0:
        data.problems.add(file, line, f"out of range: {','.join(row)!r}")
    elif movie_id not in data.movies:
        data.problems.add(file, line, f"movie {movie_id!r} is unknown")
    else:
        data.user_ids.add(user_id)
        data.ratings.append(RatingRow(time_s, len(data.ratings), user_id, movie_id, stars))


_READERS: dict[Form, Callable[[Path, DataSet], None]] = {
    "ml-latest": _read_latest,
    "ml-1m": _read_1m,
    "ml-100k": _read_100k,
}
