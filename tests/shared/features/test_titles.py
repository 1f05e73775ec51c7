import numpy as np
import pytest

from shared.catalog.titles import Franchise, Title, Window
from shared.features.titles import feature_matrix, metadata_tokens, title_features
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


def test_every_metadata_field_has_its_tokens() -> None:
    title = _title(moods=("dark",), franchise=Franchise("Saga", 2), language="fr")
    assert metadata_tokens(title) == [
        ["kind:film"],
        ["genre:drama", "genre:crime"],
        ["mood:dark"],
        ["language:fr"],
        ["maturity:12"],
        ["decade:199"],
        ["franchise:Saga"],
    ]


def test_an_unknown_maturity_has_the_token_of_adult_titles() -> None:
    assert ["maturity:18"] in metadata_tokens(_title(maturity=None))


def test_a_field_has_the_same_weight_with_one_token_as_with_eight() -> None:
    few, many = (
        feature_matrix([_title(tags=("x",)), _title(tags=tuple("abcdefgh"))])
        .sum(axis=1)
        .ravel()
        .tolist()[0]
    )
    assert few == pytest.approx(many)


def test_the_features_of_a_title_do_not_depend_on_other_titles() -> None:
    single = feature_matrix([_title()]).toarray()[0]
    second = feature_matrix([_title("b", genres=("war",)), _title()]).toarray()[1]
    np.testing.assert_array_equal(single, second)


def test_a_title_without_metadata_has_no_features() -> None:
    vocabulary = Vocabulary([TitleId("unknown"), TitleId("a")])
    features = title_features(vocabulary, {TitleId("a"): _title()})
    assert features.matrix[[0]].nnz == 0
    assert features.matrix[[1]].nnz > 0
