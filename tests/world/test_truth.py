"""The exact truth, compared with values computed by hand and with simulated visits."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from infra.world.behavior import Grid, VisitContext, first_take_probabilities
from infra.world.truth import ShownRow, shown_rows
from infra.world.visits import ShownPage
from shared.api.page import TileAnswer
from shared.events.searches import SearchPerformed
from shared.ids import PageId, ProfileId, TitleId, VisitId
from tests.answers import page_answer
from tests.world.conftest import NOW_MS, WorldHistory

TV = VisitContext(NOW_MS, "tv")


def page_of_list(title_ids: list[TitleId], columns: int) -> tuple[ShownRow, ...]:
    """A ranked list laid out in rows of `columns` tiles, best first."""
    return tuple(
        ShownRow(tuple(title_ids[start : start + columns]))
        for start in range(0, len(title_ids), columns)
    )


def test_take_probabilities_equal_those_computed_by_hand() -> None:
    grid = Grid.of(["", ""], [np.array([0, 1]), np.array([2])])
    take, reach, columns = (
        np.array([0.5, 0.4, 0.3]),
        np.array([1.0, 0.5], dtype=np.float32),
        np.array([1.0, 0.8, 1.0], dtype=np.float32),
    )
    # Tile 0 is always seen. Tile 1 is seen with 0.8, and tile 0 is not taken with 0.5. Row 2 is
    # reached with 0.5, and no tile above is taken with 1 − 0.5 − 0.16.
    assert first_take_probabilities(grid, take, reach, columns) == pytest.approx(
        [0.5, 0.8 * 0.5 * 0.4, 0.5 * 0.34 * 0.3]
    )


def test_a_billboard_on_top_is_always_seen_and_adds_no_depth(
    history: WorldHistory,
) -> None:
    examination = history.world.behavior.examination("tv")
    row = np.array([0])
    assert examination.row_reach(Grid.of(["billboard", "", ""], [row, row, row])) == pytest.approx(
        [1.0, 1.0, examination.rows[1]]
    )
    assert examination.row_reach(Grid.of(["", "billboard"], [row, row])) == pytest.approx(
        examination.rows[:2]
    )


def test_examination_falls_with_row_and_column_on_every_device(history: WorldHistory) -> None:
    for device in ("tv", "phone", "tablet", "web"):
        rows, columns = history.world.truth.examination(device)
        assert rows[0] == columns[0] == 1.0
        assert (np.diff(rows) < 0).all()
        assert (np.diff(columns) < 0).all()


def _profile_with_an_unfinished_title(history: WorldHistory) -> int:
    return next(
        profile.number
        for profile in history.world.profiles
        if history.world.behavior.resume_probabilities(
            history.world.population.memories[profile.number], NOW_MS
        )
        and history.world.truth.eligible(profile.profile_id, NOW_MS)
    )


def _simulated_good_plays(
    history: WorldHistory, number: int, page: list[ShownRow], visits: int
) -> float:
    world, profile = history.world, history.world.profiles[number]
    rows = [np.array([world.titles.number[title] for title in row.title_ids]) for row in page]
    shown_page = ShownPage(
        PageId("g"), Grid.of([row.kind for row in page], rows), (None,) * sum(map(len, rows))
    )
    rng, good = np.random.default_rng(5), 0
    for _ in range(visits):
        visit = world.visits.visit(
            profile,
            copy.deepcopy(world.population.memories[number]),
            TV,
            shown_page,
            VisitId("v-x"),
            rng,
        )
        searched = any(isinstance(event.body, SearchPerformed) for event in visit.events)
        good += visit.choice is not None and visit.choice.satisfied and not searched
    return good / visits


def test_expected_good_plays_equal_the_mean_of_simulated_visits(history: WorldHistory) -> None:
    number = _profile_with_an_unfinished_title(history)
    profile, truth = history.world.profiles[number].profile_id, history.world.truth
    page = [
        ShownRow((truth.eligible(profile, NOW_MS)[0],), "billboard"),
        *truth.best_page(profile, 3, 5, TV),
    ]
    expected = truth.expected_good_plays(profile, page, TV)
    visits = 3_000
    deviation = np.sqrt(expected * (1 - expected) / visits)
    assert _simulated_good_plays(history, number, page, visits) == pytest.approx(
        expected, abs=4 * deviation
    )


def test_truth_methods_change_no_memory(history: WorldHistory) -> None:
    profile = history.world.profiles[0].profile_id
    memory = copy.deepcopy(history.world.population.memories[0])
    first = history.world.truth.expected_good_plays(
        profile, history.world.truth.best_page(profile, 4, 6, TV), TV
    )
    assert (
        history.world.truth.expected_good_plays(
            profile, history.world.truth.best_page(profile, 4, 6, TV), TV
        )
        == first
    )
    assert (history.world.population.memories[0].times_shown == memory.times_shown).all()


def test_the_best_page_beats_popularity_which_beats_a_random_page(history: WorldHistory) -> None:
    truth, rng = history.world.truth, np.random.default_rng(0)
    value: dict[str, list[float]] = {"best": [], "popular": [], "random": []}
    popular = [
        history.world.titles.catalog[number].title_id
        for number in np.argsort(-history.world.titles.popularity)
    ]
    for profile in history.world.profiles:
        allowed = set(truth.eligible(profile.profile_id, NOW_MS))
        ranked = [title for title in popular if title in allowed][:40]
        shuffled = [TitleId(str(title)) for title in rng.permutation(sorted(allowed))[:40]]
        value["best"].append(
            truth.expected_good_plays(
                profile.profile_id, truth.best_page(profile.profile_id, 5, 8, TV), TV
            )
        )
        value["popular"].append(
            truth.expected_good_plays(profile.profile_id, page_of_list(ranked, 8), TV)
        )
        value["random"].append(
            truth.expected_good_plays(profile.profile_id, page_of_list(shuffled, 8), TV)
        )
    means = {name: np.mean(values) for name, values in value.items()}
    assert means["best"] > means["popular"] > means["random"]
    assert all(
        best >= popular_value - 1e-6
        for best, popular_value in zip(value["best"], value["popular"], strict=True)
    )


def test_a_continue_row_at_the_bottom_lowers_the_value_of_a_page(history: WorldHistory) -> None:
    number = _profile_with_an_unfinished_title(history)
    profile, truth = history.world.profiles[number].profile_id, history.world.truth
    resumable = history.world.behavior.resume_probabilities(
        history.world.population.memories[number], NOW_MS
    )
    resume = ShownRow(
        tuple(history.world.titles.catalog[title].title_id for title in resumable),
        "continue_watching",
    )
    rest = [title for title in truth.eligible(profile, NOW_MS) if title not in resume.title_ids]
    filler = list(page_of_list(rest[:60], 10))
    assert truth.expected_good_plays(profile, [resume, *filler], TV) > truth.expected_good_plays(
        profile, [*filler, resume], TV
    )


def test_titles_of_another_world_have_probability_zero(history: WorldHistory) -> None:
    profile = history.world.profiles[0].profile_id
    unknown = [TitleId("t-99999")]
    assert history.world.truth.take_probability(profile, unknown, TV).tolist() == [0.0]
    assert history.world.truth.expected_good_plays(profile, [ShownRow(tuple(unknown))], TV) == 0.0


def test_bait_raises_the_take_probability_and_lowers_satisfaction(history: WorldHistory) -> None:
    titles, profile = history.world.titles, history.world.profiles[0].profile_id
    plain = replace(titles, bait=np.zeros_like(titles.bait))
    behavior = type(history.world.behavior)(
        history.world.settings.choice, history.world.settings.visits, plain
    )
    person, memory = history.world.profiles[0], history.world.population.memories[0]
    without, bait = behavior.logits(person, memory, TV), titles.bait
    logits = history.world.behavior.logits(person, memory, TV)
    ids = [title.title_id for title in titles.catalog]
    take = history.world.truth.take_probability(ProfileId(profile), ids, TV)
    grid = Grid.of([""], [np.arange(len(ids))])
    assert (
        take[bait > 0.1] > behavior.take_probability(person, without, grid, NOW_MS)[bait > 0.1]
    ).all()
    for number in np.flatnonzero(bait > 0.1).tolist():
        assert behavior.satisfaction(logits, number) < behavior.satisfaction(without, number)


def test_shown_rows_have_the_kinds_titles_and_artworks_of_a_page() -> None:
    tile = TileAnswer(TitleId("t-00001"), "Name", 0, artwork="t-00001-2")
    answer = page_answer([("billboard", [tile])])
    assert shown_rows(answer) == (ShownRow((TitleId("t-00001"),), "billboard", ("t-00001-2",)),)
