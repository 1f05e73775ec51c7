"""Facets: genres, moods and their combinations, as subjects of rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from shared.catalog.titles import Title


@dataclass(frozen=True, slots=True, order=True)
class Facet:
    """The subject of a row.

    `kind` is genre, mood, genre_kind (films or series of a genre) or genre_decade. `value` is the
    genre or mood without case, so that spellings of one genre are one facet; `label` is the
    spelling that was published first.
    """

    kind: str
    value: str
    detail: str = ""
    label: str = field(default="", compare=False)


def facets_of(title: Title) -> tuple[Facet, ...]:
    """Every facet of the title; empty genres and moods have none."""
    genres, moods = list(_normalized(title.genres)), _normalized(title.moods)
    facets = [Facet("genre", value, label=label) for value, label in genres]
    facets += [
        Facet("mood", value, label=f"{label[:1].upper()}{label[1:]}") for value, label in moods
    ]
    facets += [Facet("genre_kind", value, title.kind, label) for value, label in genres]
    if title.release_year is not None:
        decade = f"{title.release_year // 10 * 10}s"
        facets += [Facet("genre_decade", value, decade, label) for value, label in genres]
    return tuple(dict.fromkeys(facets))


def _normalized(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (value, label) of each name that is not empty."""
    for name in names:
        label = " ".join(name.split())
        if label:
            yield label.casefold(), label
