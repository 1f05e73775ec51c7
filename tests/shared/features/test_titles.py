import numpy as np
import pytest

from shared.catalog.titles import Franchise, Title, Window
from shared.features.titles import feature_matrix, title_features, words_of
from shared.ids import TitleId
from shared.vocabulary import Vocabulary


def _title(title_id: str = "a", **changes: object) -> Title:
    facts: dict[str, object] = {
        "name": "A film",
        "kind": "film",
        "genres": ("drama", "crime"),
        "runtime_s": 6_000,
        "launch_ms": 0,
        "windows": (Window("*", 0),),
        "maturity": 12,
        "release_year": 1994,
    }
    return Title(title_id=TitleId(title_id), **{**facts, **changes})  # type: ignore[arg-type]


def test_a_title_is_described_field_by_field() -> None:
    title = _title(moods=("dark",), franchise=Franchise("Saga", 2), language="fr")
    assert words_of(title) == [
        ["kind:film"],
        ["genre:drama", "genre:crime"],
        ["mood:dark"],
        ["language:fr"],
        ["maturity:12"],
        ["decade:199"],
        ["franchise:Saga"],
    ]


def test_an_unknown_maturity_counts_as_adult_here_too() -> None:
    assert ["maturity:18"] in words_of(_title(maturity=None))


def test_many_words_of_a_field_are_not_louder_than_few() -> None:
    few, many = (
        feature_matrix([_title(tags=("x",)), _title(tags=tuple("abcdefgh"))])
        .sum(axis=1)
        .ravel()
        .tolist()[0]
    )
    assert few == pytest.approx(many)


def test_a_title_keeps_its_buckets_whatever_stands_beside_it() -> None:
    alone = feature_matrix([_title()]).toarray()[0]
    among_others = feature_matrix([_title("b", genres=("war",)), _title()]).toarray()[1]
    np.testing.assert_array_equal(alone, among_others)


def test_a_title_without_metadata_has_no_features() -> None:
    vocabulary = Vocabulary([TitleId("gone"), TitleId("a")])
    features = title_features(vocabulary, {TitleId("a"): _title()})
    assert features.matrix[[0]].nnz == 0
    assert features.matrix[[1]].nnz > 0
