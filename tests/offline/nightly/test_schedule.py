"""The schedule: the order of steps, and wiring by object."""

import pytest

from infra.commands.offline_steps import STEPS_HELP
from offline.nightly import step_names
from offline.run import Step, step
from offline.schedule import build_schedule
from offline.steps.judge import judge_models
from offline.steps.publish import publish_generation
from offline.steps.roles import AssignedRoles
from offline.training.recipes import RECIPES, select_recipes
from shared.errors import SetupError

SCHEDULE = build_schedule(RECIPES)


def test_every_step_comes_after_the_steps_that_it_needs() -> None:
    steps = SCHEDULE.steps
    for number, current in enumerate(steps):
        assert set(current.needs) <= set(steps[:number])
    assert steps[-1].name == "publish"


def test_a_part_of_the_schedule_has_only_the_needed_steps() -> None:
    schedule = build_schedule(select_recipes(["popularity", "ease"]))
    names = [current.name for current in schedule.up_to("train:ease")]
    assert names == ["dataset", "train:ease"]
    assert [current.name for current in schedule.up_to("candidates")] == [
        "dataset",
        "train:popularity",
        "train:ease",
        "judge",
        "roles",
        "candidates",
    ]


def test_two_recipes_with_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        build_schedule((*RECIPES, RECIPES[0]))


def test_a_step_stores_the_type_that_its_function_returns() -> None:
    assert SCHEDULE.roles.output_type is AssignedRoles


def test_mypy_refuses_a_step_that_is_wired_to_the_wrong_output() -> None:
    # mypy --strict reports an unused `type: ignore`, so `make check` fails if this type-checks.
    roles, dataset = SCHEDULE.roles, SCHEDULE.dataset
    wrong_step = step("judge", judge_models, roles, dataset)  # type: ignore[arg-type]
    wrong_count = step("publish", publish_generation, SCHEDULE.dataset)  # type: ignore[arg-type]
    assert isinstance(wrong_step, Step)
    assert isinstance(wrong_count, Step)


def test_the_help_of_marquee_offline_lists_exactly_the_steps_that_exist() -> None:
    names = {name.split(":")[0] for name in step_names(SCHEDULE)}
    listed = STEPS_HELP.removeprefix("One of ").rstrip(".").split(", ")
    assert {entry.split(" ")[0].split(":")[0] for entry in listed} == names


def test_recipes_are_selected_by_name_and_unknown_names_are_refused() -> None:
    assert select_recipes([]) == RECIPES
    assert [recipe.name for recipe in select_recipes(["ease", "popularity"])] == [
        "popularity",
        "ease",
    ]
    with pytest.raises(SetupError, match="no recipe eaze"):
        select_recipes(["eaze"])
