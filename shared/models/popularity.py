"""Popularity: what was watched most of late, in the member's country as far as the country's own
plays can tell; the floor for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from shared.clock import DAY_MS
from shared.ids import EncoderId
from shared.models.files import ArraySpec, ModelParts, content_id, from_model_files, to_model_files
from shared.models.interactions import Interactions
from shared.models.port import Files, Query, Scores, Vectors
from shared.vocabulary import Numbers, Vocabulary

_FAINT = 1e-6


@dataclass(frozen=True)
class PopularitySettings:
    """How fast popularity fades, and how much a country must watch to be heard."""

    half_life_days: float = 7.0
    """A watching counts half after so many days."""
    country_prior: float = 100.0
    """So many viewings of worldwide taste are mixed into each country's own."""


class Popularity:
    """A title's share of all (reward-weighted, faded) watching, worldwide and per country.

    It is an encoder too: a query's embedding picks the column of its country, so that a service
    without a better encoder still has one. Histories do not matter to it.
    """

    family: str = "popularity"

    def __init__(
        self,
        settings: PopularitySettings,
        vocabulary: Vocabulary,
        shares: Vectors,
        countries: Sequence[str],
    ) -> None:
        self.settings = settings
        self.vocabulary = vocabulary
        self.countries = tuple(countries)
        self._shares = shares
        self._column = {country: column for column, country in enumerate(self.countries, start=1)}

    @classmethod
    def train(cls, interactions: Interactions, settings: PopularitySettings | None = None) -> Self:
        """Count the viewings, each faded by its age at the latest one."""
        chosen = settings or PopularitySettings()
        mass = np.maximum(interactions.weight, 0).astype(np.float64)
        if len(interactions):
            mass *= np.exp2(
                -(interactions.time_ms[-1] - interactions.time_ms)
                / (chosen.half_life_days * DAY_MS)
            )
        everyone = _shares(mass, interactions.items, len(interactions.vocabulary))
        columns = [everyone]
        for number in range(len(interactions.countries)):
            here = interactions.country == number
            counts = np.bincount(interactions.items[here], mass[here], minlength=len(everyone))
            columns.append(
                (counts + chosen.country_prior * everyone) / (counts.sum() + chosen.country_prior)
            )
        return cls(
            chosen,
            interactions.vocabulary,
            np.stack(columns, axis=1).astype(np.float32),
            interactions.countries,
        )

    @cached_property
    def encoder_id(self) -> EncoderId:
        return EncoderId(content_id(self.to_files()))

    @property
    def item_vectors(self) -> Vectors:
        """float32[titles, 1 + countries]: shares worldwide, then in each country."""
        return self._shares

    def encode(self, queries: Sequence[Query]) -> Vectors:
        """One-hot: the query's country, or the world when it is not known here."""
        columns = [self._column.get(query.context.country or "", 0) for query in queries]
        return np.eye(self._shares.shape[1], dtype=np.float32)[columns]

    def score(self, queries: Sequence[Query], candidates: Numbers | None = None) -> Scores:
        vectors = self._shares if candidates is None else self._shares[candidates]
        return self.encode(queries) @ vectors.T

    def to_files(self) -> Files:
        return to_model_files(
            self.family,
            ModelParts(
                self.settings,
                self.vocabulary,
                {"shares": self._shares},
                {"countries": self.countries},
            ),
        )

    @classmethod
    def from_files(cls, files: Files) -> Self:
        parts = from_model_files(
            files,
            cls.family,
            PopularitySettings,
            lambda _, titles: {"shares": ArraySpec(np.float32, (titles, None))},
        )
        return cls(
            parts.settings, parts.vocabulary, parts.arrays["shares"], parts.facts["countries"]
        )


def _shares(
    mass: npt.NDArray[np.float64], items: npt.NDArray[np.int32], titles: int
) -> npt.NDArray[np.float64]:
    counts = np.bincount(items, mass, minlength=titles)
    total = max(float(counts.sum()), np.finfo(np.float64).tiny)
    return (counts / total).astype(np.float64)


def tie_breaker(matrix: csr_matrix) -> Vectors:
    """float32[titles]: popularity too faint to outweigh evidence, for models that would leave
    unrelated titles equal.
    """
    counts = np.asarray(matrix.sum(axis=0), np.float64).ravel()
    return (_FAINT * counts / max(float(counts.max(initial=0.0)), 1.0)).astype(np.float32)
