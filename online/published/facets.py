"""Facets: the genres, moods and their crossings that rows can be about, taken from titles alone."""

from dataclasses import dataclass

from shared.catalog.titles import Title


@dataclass(frozen=True, slots=True, order=True)
class Facet:
    """Something a row can be about: `kind` is genre, mood, genre_kind (a genre's films or series)
    or genre_decade.
    """

    kind: str
    value: str
    detail: str = ""


def facets_of(title: Title) -> tuple[Facet, ...]:
    """Every facet that the title belongs to."""
    facets = [Facet("genre", genre) for genre in title.genres]
    facets += [Facet("mood", mood) for mood in title.moods]
    facets += [Facet("genre_kind", genre, title.kind) for genre in title.genres]
    if title.release_year is not None:
        decade = f"{title.release_year // 10 * 10}s"
        facets += [Facet("genre_decade", genre, decade) for genre in title.genres]
    return tuple(dict.fromkeys(facets))


def facet_name(facet: Facet) -> str:
    """The row's name in words."""
    if facet.kind == "genre_kind":
        return f"{facet.value} {'films' if facet.detail == 'film' else 'series'}"
    if facet.kind == "genre_decade":
        return f"{facet.value} from the {facet.detail}"
    if facet.kind == "mood":
        return f"{facet.value[:1].upper()}{facet.value[1:]}"
    return facet.value
