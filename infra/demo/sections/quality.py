"""The quality table: held-out metrics of each model and the true value of its pages."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import numpy as np
from rich.table import Table

from infra.demo.client import DemoClient
from infra.demo.data import read_digest
from infra.demo.printing import PAGE_COLUMNS, PAGE_ROWS
from infra.demo.report import GenerationReport, load_models, read_report
from infra.demo.run import DemoRun
from infra.demo.template_pages import ranking, template_page
from infra.wiring import open_artifacts, open_store
from infra.world.behavior import VisitContext
from infra.world.truth import ShownRow, shown_rows
from infra.world.world import World
from shared.ids import ProfileId
from shared.metrics.intervals import ConfidenceInterval, Values, bootstrap, paired_bootstrap
from shared.models.port import Query, QueryContext
from shared.models.queries import history_of
from shared.models.registry import Model
from shared.records.digest import Digest
from shared.store.port import Store

SAMPLE: Final = 120
"""Profiles whose pages are measured; a guess: more profiles take longer."""
DEVICE: Final = "tv"
BASELINE: Final = "popularity"
LIVE: Final = "the live page"
BOUND: Final = "best possible (greedy)"
METRICS: Final = ("ndcg@10", "recall@50")
TRUTH_PROTOCOL: Final = (
    "Good plays: the exact expected number of satisfied plays in one visit now, computed from the "
    f"world's truth for a {DEVICE}. Values are means over randomly drawn profiles with a play; "
    "intervals are 95 % bootstrap intervals over profiles; differences are paired. The page of a "
    f"model has the live page's shape ({PAGE_ROWS} × {PAGE_COLUMNS}) and its continue-watching "
    "row. Every other tile is the next title of the model's ranking that is eligible and not "
    "played."
)
HELD_OUT_PROTOCOL: Final = (
    "Held-out: every first positive viewing of the last days is a query over the whole catalog, "
    "with the history before it. No model is trained with those days."
)


@dataclass(frozen=True, slots=True)
class SampledProfile:
    """A sampled profile with its live page."""

    profile_id: ProfileId
    digest: Digest
    live: tuple[ShownRow, ...]


def compare(run: DemoRun, client: DemoClient, world: World, excluded: Sequence[ProfileId]) -> None:
    """Print the table without the profiles in `excluded`, which the demo has changed."""
    artifacts = open_artifacts(run.settings)
    rng = np.random.default_rng(world.settings.seed)
    now_ms = run.clock.now_ms()
    with (
        run.console.status(f"computing the value of the pages of {SAMPLE} profiles"),
        closing(open_store(run.settings)) as store,
    ):
        report = read_report(store, artifacts)
        profiles = _sample(store, client, world, excluded, rng)
        values = page_values(world, load_models(report, artifacts), profiles, now_ms)
    run.console.print(_table(report, values, rng))
    run.print(live_page_verdict(values, rng))
    run.print(f"[dim]{TRUTH_PROTOCOL} {len(profiles)} profiles were drawn.[/dim]")
    run.print(f"[dim]{HELD_OUT_PROTOCOL} {report.queries} queries.[/dim]")


def show_held_out(run: DemoRun) -> None:
    """Print the held-out metrics only, because the truth of an imported data set is unknown."""
    with closing(open_store(run.settings)) as store:
        report = read_report(store, open_artifacts(run.settings))
    run.console.print(_held_out_table(report))
    run.print(
        f"[dim]{HELD_OUT_PROTOCOL} {report.queries} queries. The true preferences of real people "
        "are unknown, so there is no column for them.[/dim]"
    )


def page_values(
    world: World, models: Mapping[str, Model], profiles: Sequence[SampledProfile], now_ms: int
) -> dict[str, Values]:
    """Per model, the live page and the bound: the expected good plays of each profile's page."""
    context = VisitContext(now_ms, DEVICE)
    values: dict[str, list[float]] = {name: [] for name in (*models, LIVE, BOUND)}
    for profile in profiles:
        eligible = set(world.truth.eligible(profile.profile_id, now_ms))
        allowed = eligible - {watched.title_id for watched in profile.digest.watched}
        query = _query(profile.digest, now_ms)
        pages = {
            name: template_page(profile.live, ranking(model, query, allowed))
            for name, model in models.items()
        }
        pages[LIVE] = profile.live
        bound = world.truth.best_page(profile.profile_id, PAGE_ROWS, PAGE_COLUMNS, context)
        pages[BOUND] = bound
        for name, page in pages.items():
            value = world.truth.expected_good_plays(profile.profile_id, page, context)
            values[name].append(value)
    return {name: np.array(numbers) for name, numbers in values.items()}


def live_page_verdict(values: Mapping[str, Values], rng: np.random.Generator) -> str:
    """One sentence that compares the live page with the page of the best model."""
    models = [name for name in values if name not in {LIVE, BOUND}]
    best = max(models, key=lambda name: float(values[name].mean()))
    difference = paired_bootstrap(values[LIVE], values[best], np.arange(len(values[LIVE])), rng)
    compared = f"{best}, the best page of a model: {_text(difference)} good plays per page"
    if difference.low <= 0 <= difference.high:
        return f"No measurable difference between {LIVE} and {compared}."
    verb = "more" if difference.mean > 0 else "less"
    return f"{LIVE.capitalize()} is worth {verb} than {compared}."


def _sample(
    store: Store,
    client: DemoClient,
    world: World,
    excluded: Sequence[ProfileId],
    rng: np.random.Generator,
) -> list[SampledProfile]:
    profiles: list[SampledProfile] = []
    for number in rng.permutation(len(world.profiles)):
        profile_id = world.profiles[int(number)].profile_id
        digest = read_digest(store, profile_id)
        if profile_id in excluded or digest is None or not digest.plays:
            continue
        page = client.page(profile_id, device=DEVICE, rows=PAGE_ROWS, columns=PAGE_COLUMNS)
        live = shown_rows(page)
        profiles.append(SampledProfile(profile_id, digest, live))
        if len(profiles) == SAMPLE:
            break
    return profiles


def _query(digest: Digest, now_ms: int) -> Query:
    country = digest.facts.country if digest.facts else None
    return Query(history_of(digest), QueryContext(now_ms, device=DEVICE, country=country))


def _held_out_table(report: GenerationReport) -> Table:
    title = "Quality: held-out metrics"
    table = Table("model", *METRICS, "roles", title=title, title_justify="left")
    for name in report.models:
        roles = ", ".join(role for role, filled in report.roles.items() if filled.recipe == name)
        table.add_row(name, *(_text(report.held_out(name, metric)) for metric in METRICS), roles)
    return table


def _table(
    report: GenerationReport, values: Mapping[str, Values], rng: np.random.Generator
) -> Table:
    title = "Quality: held-out metrics and the true value of pages"
    table = Table("page", title=title, title_justify="left")
    for name in (*METRICS, "good plays per page (truth)", f"more than {BASELINE}"):
        table.add_column(name, justify="right")
    groups = np.arange(len(values[LIVE]))
    for name, numbers in values.items():
        held_out = [_text(report.held_out(name, metric)) for metric in METRICS]
        difference = (
            None if name == BASELINE else paired_bootstrap(numbers, values[BASELINE], groups, rng)
        )
        value = _text(bootstrap(numbers, groups, rng))
        style = "bold" if name == LIVE else "dim" if name == BOUND else ""
        table.add_row(name, *held_out, value, _text(difference), style=style)
    return table


def _text(interval: ConfidenceInterval | None) -> str:
    if interval is None:
        return ""
    return f"{interval.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
