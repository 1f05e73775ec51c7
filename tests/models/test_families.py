"""Results of the model families, worked out by hand or by another method."""

from math import sqrt

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from shared.clock import DAY_MS
from shared.ids import ProfileId
from shared.models.als import Als, AlsSettings, half_step
from shared.models.ease import Ease, EaseSettings, ease_weights
from shared.models.history import HistoryWeighting, history_matrix, strength
from shared.models.interactions import Interactions, sorted_interactions
from shared.models.item_knn import ItemKnn, ItemKnnSettings
from shared.models.popularity import Popularity, PopularitySettings
from shared.models.port import HistoryEntry, Query, QueryContext
from tests.models.data import NOW_MS, interactions_of, query_of, title_id, vocabulary_of


def _plays(rows: list[tuple[int, float, int, float]], titles: int = 3) -> Interactions:
    """Rows of (title, days before NOW_MS, country, weight), each by another profile."""
    count = len(rows)
    return sorted_interactions(
        [ProfileId(f"p{number}") for number in range(count)],
        vocabulary_of(titles),
        users=np.arange(count),
        items=[row[0] for row in rows],
        time_ms=[NOW_MS - round(row[1] * DAY_MS) for row in rows],
        fraction=np.ones(count),
        weight=[row[3] for row in rows],
        device=np.ones(count),
        offset_min=np.zeros(count),
        country=[row[2] for row in rows],
        countries=("NL", "US"),
    )


class TestPopularity:
    def test_a_viewing_counts_half_after_the_half_life(self) -> None:
        model = Popularity.train(
            _plays([(0, 0, -1, 1), (1, 7, -1, 1), (1, 14, -1, 1)]),
            PopularitySettings(half_life_days=7),
        )
        rewards = np.array([1, 1 / 2 + 1 / 4, 0])
        assert model.score([query_of()])[0] == pytest.approx(rewards / rewards.sum(), rel=1e-6)

    def test_country_shares_are_mixed_with_worldwide_shares(self) -> None:
        settings = PopularitySettings(half_life_days=1e9, country_prior=2)
        model = Popularity.train(
            _plays([(0, 0, 0, 1), (1, 0, 1, 1), (1, 0, 1, 1), (1, 0, 1, 1)]), settings
        )
        # Worldwide shares are 1/4 and 3/4. NL: one play of title 0, and two with worldwide shares.
        in_nl, in_us, in_fr = model.score(
            [Query((), QueryContext(NOW_MS, country=country)) for country in ("NL", "US", "FR")]
        )
        assert in_nl[:2] == pytest.approx([(1 + 2 / 4) / 3, (0 + 2 * 3 / 4) / 3])
        assert in_us[:2] == pytest.approx([(0 + 2 / 4) / 5, (3 + 2 * 3 / 4) / 5])
        assert in_fr[:2] == pytest.approx([1 / 4, 3 / 4])

    def test_viewings_with_negative_reward_add_nothing(self) -> None:
        model = Popularity.train(_plays([(0, 0, 0, 1), (1, 0, 0, -5)]))
        assert model.score([query_of()])[0].tolist() == [1, 0, 0]

    def test_training_without_plays_gives_zero_scores(self) -> None:
        assert not Popularity.train(_plays([])).score([query_of()]).any()


class TestItemKnn:
    data = interactions_of([(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 2)], titles=4, profiles=3)

    def test_similarity_is_the_shrunk_cosine(self) -> None:
        model = ItemKnn.train(self.data, ItemKnnSettings(neighbors=3, shrink=1.0))
        numbers, scores = model.similar(0, 5)
        # Title 0 was watched by 3, title 1 by 2 of them, title 2 by 1 of them.
        assert numbers.tolist() == [1, 2]
        assert scores == pytest.approx([2 / (sqrt(3) * sqrt(2) + 1), 1 / (sqrt(3) * 1 + 1)])

    def test_a_score_is_the_sum_over_the_history(self) -> None:
        model = ItemKnn.train(self.data, ItemKnnSettings(neighbors=3, shrink=0.0))
        assert model.score([query_of(0, 1)])[0][2] == pytest.approx(1 / sqrt(3) + 0, abs=1e-5)

    def test_only_the_nearest_neighbors_are_stored(self) -> None:
        assert ItemKnn.train(self.data, ItemKnnSettings(neighbors=1, shrink=0.0)).similar(0, 5)[
            0
        ].tolist() == [1]


class TestEase:
    def test_weights_are_the_constrained_ridge_solution(self) -> None:
        """Column j is the ridge regression of title j on all others; here each is solved alone."""
        x = (np.random.default_rng(0).random((30, 6)) < 0.4).astype(np.float64)
        weights = ease_weights(csr_matrix(x.astype(np.float32)), 5.0)
        for column in range(6):
            others = np.delete(np.arange(6), column)
            a = x[:, others]
            expected = np.linalg.solve(a.T @ a + 5.0 * np.eye(5), a.T @ x[:, column])
            assert weights[others, column] == pytest.approx(expected, abs=1e-6)
            assert weights[column, column] == 0

    def test_titles_without_weights_rank_last_by_popularity(self) -> None:
        data = interactions_of(
            [(user, title) for user in range(6) for title in range(4) if user >= title],
            titles=5,
            profiles=6,
        )
        model = Ease.train(data, EaseSettings(ridge=1.0, max_titles=2))
        scores = model.score([query_of(0)])[0]
        assert scores[1] > scores[2] > scores[3] > scores[4] == 0
        assert model.similar(3, 2)[0].tolist() == []


class TestAls:
    def test_folding_in_solves_the_ridge_equation(self) -> None:
        rng = np.random.default_rng(1)
        factors = rng.normal(size=(5, 3)).astype(np.float32)
        settings = AlsSettings(embedding_size=3, alpha=2.0, ridge=0.3)
        liked = np.array([1.0, 0, 0.5, 0, 0], np.float32)
        confidence = np.diag(1 + 2.0 * liked)
        doubles = factors.astype(np.float64)
        expected = np.linalg.solve(
            doubles.T @ confidence @ doubles + 0.3 * 2 * np.eye(3),
            doubles.T @ confidence @ (liked > 0),
        )
        assert half_step(csr_matrix(liked[None, :]), factors, settings)[0] == pytest.approx(
            expected, rel=1e-5
        )

    def test_two_factors_recover_two_kinds_of_members_and_titles(self) -> None:
        """Two kinds of members watch two kinds of titles, so two factors suffice."""
        pairs = [
            (user, title) for user in range(10) for title in range(10) if user % 2 == title % 2
        ]
        data = interactions_of(pairs, titles=10, profiles=10)
        settings = AlsSettings(embedding_size=2, alpha=20.0, ridge=0.001)
        matrix, factors = (
            data.matrix(),
            np.random.default_rng(0).normal(0, 0.1, (10, 2)).astype(np.float32),
        )
        for _ in range(15):
            factors = half_step(matrix.T.tocsr(), half_step(matrix, factors, settings), settings)
        model = Als.of_factors(settings, data.vocabulary, factors, matrix)
        assert model.score(data.queries(NOW_MS)) == pytest.approx(matrix.toarray(), abs=0.05)

    def test_a_cold_profile_has_the_mean_embedding(self) -> None:
        data = interactions_of([(0, 0), (1, 1)], titles=2, profiles=3)
        factors = np.eye(2, dtype=np.float32)
        model = Als.of_factors(
            AlsSettings(embedding_size=2), data.vocabulary, factors, data.matrix()
        )
        embeddings = model.encode(data.queries(NOW_MS)[:2])
        assert model.encode([query_of()])[0] == pytest.approx(embeddings.mean(axis=0))


class TestHistories:
    def test_strength_is_zero_below_the_floor_and_one_from_the_qualified_fraction(self) -> None:
        assert strength([0.0, 0.049, 0.35, 0.7, 1.0]).tolist() == pytest.approx([0, 0, 0.5, 1, 1])

    def test_half_life_and_step_decay_reduce_the_weights_of_older_entries(self) -> None:
        entries = [
            HistoryEntry(title_id(0), NOW_MS - 4 * DAY_MS),
            HistoryEntry(title_id(1), NOW_MS - 2 * DAY_MS),
        ]
        query = [Query(tuple(entries), QueryContext(NOW_MS))]
        vocabulary = vocabulary_of(2)
        assert history_matrix(query, vocabulary).toarray().tolist() == [[1, 1]]
        assert history_matrix(query, vocabulary, HistoryWeighting(half_life_days=2)).toarray()[
            0
        ] == pytest.approx([1 / 4, 1 / 2])
        assert history_matrix(query, vocabulary, HistoryWeighting(step_decay=0.8)).toarray()[
            0
        ] == pytest.approx([0.8, 1])

    def test_a_title_that_occurs_twice_counts_once_by_its_latest_entry(self) -> None:
        entries = (
            HistoryEntry(title_id(0), NOW_MS - DAY_MS, 1.0),
            HistoryEntry(title_id(0), NOW_MS, 0.35),
        )
        assert history_matrix(
            [Query(entries, QueryContext(NOW_MS))], vocabulary_of(1)
        ).toarray() == pytest.approx(0.5)
