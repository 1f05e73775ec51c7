"""Title features: hashed tokens of the metadata, the same for old and new titles."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix

from shared.catalog.catalog import maturity_of
from shared.catalog.titles import Title
from shared.ids import TitleId
from shared.vocabulary import Vocabulary

# A guess: more buckets mean fewer collisions and larger models.
BUCKETS: Final = 2048


@dataclass(frozen=True, eq=False)
class TitleFeatures:
    """float32[titles, buckets] for the titles of a vocabulary; zeros for a title without metadata.

    The tokens of a field share the weight 1, so twenty tags weigh no more than two.
    """

    vocabulary: Vocabulary
    matrix: csr_matrix


def title_features(
    vocabulary: Vocabulary, titles: Mapping[TitleId, Title], buckets: int = BUCKETS
) -> TitleFeatures:
    """The features of the vocabulary's titles, in its order."""
    return TitleFeatures(
        vocabulary,
        feature_matrix([titles.get(title_id) for title_id in vocabulary.title_ids], buckets),
    )


def feature_matrix(titles: Sequence[Title | None], buckets: int = BUCKETS) -> csr_matrix:
    """float32[titles, buckets]: hashed tokens of each title's metadata.

    A hash depends on the token alone, so titles published later use the same buckets.
    """
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, title in enumerate(titles):
        for tokens in () if title is None else metadata_tokens(title):
            rows.extend(row for _ in tokens)
            columns.extend(zlib.crc32(token.encode()) % buckets for token in tokens)
            values.extend(1.0 / len(tokens) for _ in tokens)
    return csr_matrix(
        (np.asarray(values, np.float32), (rows, columns)),
        shape=(len(titles), buckets),
        dtype=np.float32,
    )


def metadata_tokens(title: Title) -> list[list[str]]:
    """The tokens of each metadata field that is not empty."""
    fields: dict[str, Iterable[object]] = {
        "kind": (title.kind,),
        "genre": title.genres,
        "mood": title.moods,
        "tag": title.tags,
        "language": (title.language,),
        "maturity": (maturity_of(title),),
        "decade": () if title.release_year is None else (title.release_year // 10,),
        "franchise": () if title.franchise is None else (title.franchise.name,),
    }
    tokens = (
        [f"{field}:{value}" for value in dict.fromkeys(values)] for field, values in fields.items()
    )
    return [field for field in tokens if field]
