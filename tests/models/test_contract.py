"""The tests of every model family in the registry. A new family needs an entry in `TRAINERS`."""

from functools import cache

import numpy as np
import pytest

from shared.errors import ArtifactCorrupt
from shared.ids import TitleId
from shared.models.files import ARRAYS, MODEL, content_id
from shared.models.popularity import Popularity
from shared.models.port import Encoder, HistoryEntry, Query, QueryContext, SimilarTitles
from shared.models.ranking import NEVER, exclude_seen
from shared.models.registry import FAMILIES, Model, load_model
from tests.models.data import NOW_MS, checkerboard, checkerboard_features, query_of, recommend
from tests.models.trainers import TRAINERS

SIZE = 30
UNPLAYED = 2

NOT_PERSONAL = {Popularity.family: "popularity ranks the same for all profiles"}


@cache
def trained(family: str, seed: int = 1) -> Model:
    return TRAINERS[family](
        checkerboard(SIZE, unplayed=UNPLAYED), checkerboard_features(SIZE, UNPLAYED), seed
    )


def encoder(family: str) -> Encoder:
    model = trained(family)
    assert isinstance(model, Encoder)
    return model


def similar(family: str) -> SimilarTitles:
    model = trained(family)
    assert isinstance(model, SimilarTitles)
    return model


@pytest.mark.parametrize("family", sorted(FAMILIES))
class TestEveryFamily:
    queries = (query_of(0, 2, 4), query_of(), query_of(5), query_of(1, 3, 9, 11, 13))

    def test_the_same_seed_gives_the_same_bytes(self, family: str) -> None:
        retrained = TRAINERS[family](
            checkerboard(SIZE, unplayed=UNPLAYED), checkerboard_features(SIZE, UNPLAYED), 1
        )
        assert retrained.to_files() == trained(family).to_files()

    def test_a_loaded_model_has_the_scores_of_the_stored_one(self, family: str) -> None:
        model = trained(family)
        loaded = load_model(family, model.to_files())
        np.testing.assert_array_equal(loaded.score(self.queries), model.score(self.queries))
        assert loaded.to_files() == model.to_files()

    def test_scores_are_finite_float32_of_shape_batch_by_titles(self, family: str) -> None:
        scores = trained(family).score(self.queries)
        assert scores.shape == (len(self.queries), SIZE + UNPLAYED)
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()

    def test_an_empty_batch_gives_an_empty_matrix(self, family: str) -> None:
        assert trained(family).score([]).shape == (0, SIZE + UNPLAYED)

    def test_candidates_have_the_scores_of_the_whole_vocabulary(self, family: str) -> None:
        model = trained(family)
        candidates = np.asarray([7, 0, 31], np.int32)
        np.testing.assert_allclose(
            model.score(self.queries, candidates),
            model.score(self.queries)[:, candidates],
            rtol=1e-5,
            atol=1e-6,
        )

    def test_a_score_does_not_depend_on_the_rest_of_the_batch(self, family: str) -> None:
        model = trained(family)
        batch = model.score(self.queries)
        for row, query in enumerate(self.queries):
            np.testing.assert_allclose(model.score([query])[0], batch[row], rtol=1e-5, atol=1e-6)

    def test_titles_outside_the_vocabulary_do_not_change_scores(self, family: str) -> None:
        model = trained(family)
        unknown = HistoryEntry(TitleId("unknown"), NOW_MS - 10, 1.0, "tv")
        query = query_of(2, 4)
        extended = Query((*query.history, unknown), query.context)
        np.testing.assert_array_equal(model.score([extended]), model.score([query]))

    def test_an_unknown_device_and_country_give_finite_scores(self, family: str) -> None:
        query = Query(
            query_of(2).history,
            QueryContext(NOW_MS, utc_offset_min=-720, device="toaster", country="XX"),
        )
        assert np.isfinite(trained(family).score([query])).all()

    def test_seen_titles_rank_last_with_the_score_never(self, family: str) -> None:
        numbers, scores = recommend(trained(family), [query_of(0, 2, 4)], SIZE + UNPLAYED)
        assert set(numbers[0][-3:].tolist()) == {0, 2, 4}
        assert (scores[0][-3:] == NEVER).all()

    def test_a_cold_profile_gets_played_titles_before_unplayed_ones(self, family: str) -> None:
        numbers, _ = recommend(trained(family), [query_of()], SIZE)
        assert not {SIZE, SIZE + 1} & set(numbers[0][: SIZE // 2].tolist())

    def test_the_withheld_title_of_a_profile_is_its_best_unseen_title(
        self, family: str, request: pytest.FixtureRequest
    ) -> None:
        if family in NOT_PERSONAL:
            request.applymarker(
                pytest.mark.xfail(raises=AssertionError, strict=True, reason=NOT_PERSONAL[family])
            )
        interactions = checkerboard(SIZE, unplayed=UNPLAYED)
        model = trained(family)
        queries = interactions.queries(NOW_MS)
        numbers, _ = recommend(model, queries, 1)
        assert numbers[:, 0].tolist() == list(range(SIZE))

    def test_files_that_are_not_a_model_are_rejected(self, family: str) -> None:
        files = dict(trained(family).to_files())
        for broken in (
            {},
            {MODEL: files[MODEL]},
            {**files, MODEL: b"{}"},
            {**files, ARRAYS: files[ARRAYS][:-5]},
            {**files, ARRAYS: b"\x80\x04\x95malicious pickle"},
            {**files, MODEL: files[MODEL].replace(b'"t000",', b"")},
        ):
            with pytest.raises(ArtifactCorrupt):
                load_model(family, broken)


@pytest.mark.parametrize(
    "family", [family for family in sorted(FAMILIES) if hasattr(FAMILIES[family], "encode")]
)
class TestEveryEncoder:
    queries = TestEveryFamily.queries

    def test_an_encoder_scores_by_dot_product(self, family: str) -> None:
        model = encoder(family)
        embeddings = model.encode(self.queries)
        assert embeddings.dtype == np.float32
        np.testing.assert_allclose(
            embeddings @ model.item_vectors.T, model.score(self.queries), rtol=1e-5, atol=1e-6
        )
        assert model.encoder_id == content_id(trained(family).to_files())
        assert model.encode([]).shape == (0, model.item_vectors.shape[1])

    def test_an_embedding_has_the_same_bytes_in_any_batch(self, family: str) -> None:
        model = encoder(family)
        batch = model.encode(self.queries)
        for row, query in enumerate(self.queries):
            assert model.encode([query])[0].tobytes() == batch[row].tobytes()


@pytest.mark.parametrize(
    "family", [family for family in sorted(FAMILIES) if hasattr(FAMILIES[family], "similar")]
)
class TestEveryModelOfSimilarTitles:
    def test_similar_titles_are_of_the_same_kind(self, family: str) -> None:
        model = similar(family)
        for number in range(SIZE):
            numbers, scores = model.similar(number, 5)
            assert {neighbor % 2 for neighbor in numbers.tolist()} == {number % 2}
            assert number not in numbers
            assert (np.diff(scores) <= 0).all()

    def test_a_title_without_plays_has_at_most_k_similar_titles(self, family: str) -> None:
        model = similar(family)
        numbers, scores = model.similar(SIZE, 5)
        assert len(numbers) == len(scores) <= 5


def test_every_family_has_a_trainer_in_the_tests() -> None:
    assert TRAINERS.keys() == FAMILIES.keys()


def test_an_unknown_family_is_rejected_with_its_name() -> None:
    with pytest.raises(ArtifactCorrupt, match="no model family oracle"):
        load_model("oracle", {})


def test_seen_titles_are_excluded_among_candidates() -> None:
    model = trained(Popularity.family)
    candidates = np.asarray([4, 9], np.int32)
    queries = [query_of(4, 5)]
    scores = exclude_seen(model.score(queries, candidates), queries, model.vocabulary, candidates)
    assert scores[0, 0] == NEVER
    assert scores[0, 1] > 0
