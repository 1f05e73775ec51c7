"""Which models pass the gates, and which fill a role."""

import numpy as np
import pytest

from offline.evaluation.evaluate import PRIMARY, Evaluation
from offline.evaluation.gates import Decision, challenger_gate, decide, first_gate, refresh_gate
from offline.evaluation.settings import GateSettings

PROFILES = 200
SETTINGS = GateSettings(draws=400)
HARDNESS = np.random.default_rng(0).uniform(0.1, 0.4, PROFILES)


def _evaluation(
    name: str,
    *,
    shift: float = 0.0,
    noise: float = 0.02,
    seed: int = 1,
    coverage: float = 0.5,
    long_histories: float | None = None,
) -> Evaluation:
    values = HARDNESS + shift + np.random.default_rng(seed).normal(0, noise, PROFILES)
    mean = float(values.mean())
    return Evaluation(
        name=name,
        values={PRIMARY: values},
        guards={"coverage@10": coverage},
        by_activity=(mean,) * 5 + ((mean if long_histories is None else long_histories),) * 5,
        profiles=np.arange(PROFILES),
        seconds=0.0,
    )


POPULARITY = _evaluation("popularity", shift=-0.05)


def _decide_against_live_ease(contenders: dict[str, Evaluation]) -> Decision:
    return decide(
        "top_picks",
        contenders,
        floor=POPULARITY,
        fallback="popularity",
        live=_evaluation("live"),
        live_recipe="ease",
        settings=SETTINGS,
    )


def test_the_first_model_must_beat_popularity_by_the_interval() -> None:
    assert first_gate(_evaluation("ease"), POPULARITY, SETTINGS).passed
    close = first_gate(_evaluation("ease", shift=-0.0499, noise=0.2), POPULARITY, SETTINGS)
    assert not close.passed
    assert close.low < 0 < close.high
    assert "not significantly above" in close.reasons[0]


def test_more_contenders_widen_the_interval() -> None:
    candidate = _evaluation("als", shift=0.01, noise=0.1)
    alone, among_many = (
        challenger_gate(candidate, _evaluation("ease"), SETTINGS, n) for n in (1, 20)
    )
    assert among_many.low < alone.low


def test_an_equal_refresh_passes() -> None:
    live = _evaluation("live")
    assert refresh_gate(_evaluation("ease"), live, SETTINGS).passed


def test_a_refresh_may_lose_a_little_but_not_more_than_the_margin() -> None:
    live = _evaluation("live", noise=0)
    lost_a_little, lost_much = _evaluation("ease", shift=-0.01), _evaluation("ease", shift=-0.05)
    assert refresh_gate(lost_a_little, live, SETTINGS).passed
    refused = refresh_gate(lost_much, live, SETTINGS)
    assert not refused.passed
    assert PRIMARY in refused.reasons[0]


def test_a_refresh_that_narrows_the_catalog_is_refused() -> None:
    refused = refresh_gate(
        _evaluation("ease", coverage=0.3), _evaluation("live", coverage=0.5), SETTINGS
    )
    assert not refused.passed
    assert refused.reasons == ("coverage@10 fell from 0.500 to 0.300",)


def test_a_refresh_that_fails_one_group_of_members_is_refused() -> None:
    refused = refresh_gate(_evaluation("ease", long_histories=0.1), _evaluation("live"), SETTINGS)
    assert not refused.passed
    assert "long histories" in refused.reasons[0]


def test_a_refresh_that_could_not_be_measured_is_refused() -> None:
    unmeasured = Evaluation(
        "ease",
        {PRIMARY: np.empty(0)},
        {"coverage@10": 0.5},
        (float("nan"),) * 10,
        np.empty(0, np.int64),
        0.0,
    )
    assert not refresh_gate(unmeasured, unmeasured, SETTINGS).passed


class TestRoles:
    def test_first_the_best_that_beats_popularity_serves(self) -> None:
        contenders = {
            "popularity": POPULARITY,
            "als": _evaluation("als", shift=0.02),
            "ease": _evaluation("ease", shift=0.05),
        }
        decision = decide(
            "top_picks", contenders, floor=POPULARITY, fallback="popularity", settings=SETTINGS
        )
        assert (decision.chosen, decision.passed) == ("ease", True)
        assert len(decision.verdicts) == 2

    def test_first_popularity_serves_when_nothing_beats_it(self) -> None:
        contenders = {"popularity": POPULARITY, "ease": _evaluation("ease", shift=-0.1)}
        decision = decide(
            "top_picks", contenders, floor=POPULARITY, fallback="popularity", settings=SETTINGS
        )
        assert (decision.chosen, decision.passed) == ("popularity", True)

    def test_a_fallback_that_was_not_trained_leaves_the_floor(self) -> None:
        decision = decide(
            "encoder",
            {"popularity": POPULARITY},
            floor=POPULARITY,
            fallback="als",
            settings=SETTINGS,
        )
        assert decision.chosen == "popularity"
        unfilled = decide("similars", {}, floor=POPULARITY, fallback="item_knn", settings=SETTINGS)
        assert (unfilled.chosen, unfilled.passed) == (None, False)

    def test_a_good_refresh_replaces_the_live_artifact(self) -> None:
        contenders = {
            "popularity": POPULARITY,
            "ease": _evaluation("ease"),
            "als": _evaluation("als", shift=0.0005, noise=0.1),
        }
        decision = _decide_against_live_ease(contenders)
        assert (decision.chosen, decision.passed) == ("ease", True)

    def test_a_better_recipe_takes_the_role(self) -> None:
        contenders = {"ease": _evaluation("ease"), "als": _evaluation("als", shift=0.05)}
        decision = _decide_against_live_ease(contenders)
        assert (decision.chosen, decision.passed) == ("als", True)

    def test_a_broken_refresh_leaves_the_live_artifact_and_gives_the_reason(self) -> None:
        contenders = {
            "ease": _evaluation("ease", shift=-0.1),
            "als": _evaluation("als", shift=-0.1),
        }
        decision = _decide_against_live_ease(contenders)
        assert (decision.chosen, decision.passed) == (None, False)
        assert "stays" in decision.reason
        assert PRIMARY in decision.reason

    def test_a_recipe_no_longer_trained_stays_until_beaten(self) -> None:
        live = _evaluation("live")
        decision = decide(
            "encoder",
            {"als": _evaluation("als")},
            floor=POPULARITY,
            fallback="als",
            live=live,
            live_recipe="retired",
            settings=SETTINGS,
        )
        assert (decision.chosen, decision.passed) == (None, True)

    def test_the_same_evaluations_give_the_same_decision(self) -> None:
        contenders = {"popularity": POPULARITY, "ease": _evaluation("ease", noise=0.3)}
        first, second = (
            decide("top_picks", contenders, floor=POPULARITY, fallback="popularity")
            for _ in range(2)
        )
        assert first == second
        assert first.verdicts[0].difference == pytest.approx(
            float((contenders["ease"].values[PRIMARY] - POPULARITY.values[PRIMARY]).mean())
        )
