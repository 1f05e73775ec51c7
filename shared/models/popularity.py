"""Popularity: recent viewing, worldwide and per country; the fallback for every role."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from shared.clock import DAY_MS
from shared.models.dot_product import DotProductEncoder
from shared.models.files import ArraySpec, from_model_files, to_model_files
from shared.models.interactions import Interactions
from shared.models.port import Files, Query, Vectors
from shared.vocabulary import Vocabulary

# Small enough that popularity only orders titles with otherwise equal scores.
_TIE_BREAKER_SCALE = 1e-6


@dataclass(frozen=True)
class PopularitySettings:
    """Decay of popularity, and the weight of the worldwide shares in each country; guesses."""

    half_life_days: float = 7.0
    """Age at which a viewing counts half."""
    country_prior: float = 100.0
    """Viewings with worldwide shares that are added to each country's own."""


class Popularity(DotProductEncoder):
    """The share of each title in all viewing, weighted by reward and age.

    The embedding of a query selects the column of its country; the history is not used. As an
    encoder it can fill the encoder role where no better model passed its gate.
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
        """Sum the rewards of each title's viewings; ages are relative to the latest viewing."""
        chosen = settings or PopularitySettings()
        reward = np.maximum(interactions.weight, 0).astype(np.float64)
        if len(interactions):
            age_ms = interactions.time_ms[-1] - interactions.time_ms
            reward *= np.exp2(-age_ms / (chosen.half_life_days * DAY_MS))
        worldwide = _shares(reward, interactions.items, len(interactions.vocabulary))
        columns = [worldwide]
        for number in range(len(interactions.countries)):
            rows = interactions.country == number
            counts = np.bincount(interactions.items[rows], reward[rows], minlength=len(worldwide))
            columns.append(
                (counts + chosen.country_prior * worldwide) / (counts.sum() + chosen.country_prior)
            )
        shares = np.stack(columns, axis=1).astype(np.float32)
        return cls(chosen, interactions.vocabulary, shares, interactions.countries)

    @property
    def item_vectors(self) -> Vectors:
        """float32[titles, 1 + countries]: shares worldwide, then in each country."""
        return self._shares

    def encode(self, queries: Sequence[Query]) -> Vectors:
        """One-hot: the column of the query's country; the worldwide column for other countries."""
        columns = [self._column.get(query.context.country or "", 0) for query in queries]
        return np.eye(self._shares.shape[1], dtype=np.float32)[columns]

    def to_files(self) -> Files:
        return to_model_files(self, {"shares": self._shares}, {"countries": self.countries})

    @classmethod
    def from_files(cls, files: Files) -> Self:
        parts = from_model_files(files, cls.family, PopularitySettings, _specs)
        return cls(
            parts.settings, parts.vocabulary, parts.arrays["shares"], parts.facts["countries"]
        )


def _shares(
    reward: npt.NDArray[np.float64], items: npt.NDArray[np.int32], titles: int
) -> npt.NDArray[np.float64]:
    sums = np.bincount(items, reward, minlength=titles)
    total = max(float(sums.sum()), np.finfo(np.float64).tiny)
    return (sums / total).astype(np.float64)


def tie_breaker(matrix: csr_matrix) -> Vectors:
    """float32[titles]: popularity scaled down so that it orders only titles with equal scores."""
    counts = np.asarray(matrix.sum(axis=0), np.float64).ravel()
    greatest = max(float(counts.max(initial=0.0)), 1.0)
    return (_TIE_BREAKER_SCALE * counts / greatest).astype(np.float32)


def _specs(_: PopularitySettings, titles: int) -> dict[str, ArraySpec]:
    return {"shares": ArraySpec(np.float32, (titles, None))}
