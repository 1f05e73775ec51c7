"""The quality table: what the held-out days say of each model, beside what the world's truth says
of its pages and of the live page.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from rich.table import Table

from infra.demo.cast import digest_of
from infra.demo.compared import Values, ranking, template_page
from infra.demo.report import Report, load_models, read_report
from infra.demo.screen import ASKED_COLUMNS, ASKED_ROWS
from infra.demo.service import Service
from infra.demo.stage import Stage
from infra.wiring import open_artifacts, open_store
from infra.world import PageRow, VisitContext, World
from infra.world.truth import page_of_answer
from shared.ids import ProfileId
from shared.metrics.intervals import ConfidenceInterval, bootstrap, paired_bootstrap
from shared.models.port import Query, QueryContext
from shared.models.queries import history_of
from shared.models.registry import Model
from shared.records.digest import Digest
from shared.store.port import Store

SAMPLE = 120
DEVICE: Final = "tv"
BASELINE = "popularity"
LIVE = "the live page"
BOUND = "best possible (greedy)"
METRICS = ("ndcg@10", "recall@50")
TRUTH_PROTOCOL = (
    f"Good plays: the exact expectation, by the world's truth, of plays that satisfy in one visit on a {DEVICE} now; the mean over "
    "profiles drawn at random among those with a play, 95 % bootstrap intervals over profiles, differences paired. A model's page is a "
    f"template: the live page's shape ({ASKED_ROWS} × {ASKED_COLUMNS}) and its continue-watching row, every other place filled with the "
    "model's ranking, best first, of what the profile may be shown and has not played."
)
HELD_OUT_PROTOCOL = (
    "Held-out: every first liked watching of the last days is a question, asked of the whole catalog with the history before that "
    "moment; no model has seen those days."
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A sampled profile with its live page."""

    profile_id: ProfileId
    digest: Digest
    live: tuple[PageRow, ...]


def compare(stage: Stage, service: Service, world: World, avoid: Sequence[ProfileId]) -> None:
    """Print the table; `avoid` are profiles whose truth the demo has disturbed."""
    artifacts = open_artifacts(stage.settings)
    rng = np.random.default_rng(world.settings.seed)
    now_ms = stage.clock.now_ms()
    with (
        stage.console.status(f"judging the pages of {SAMPLE} profiles"),
        closing(open_store(stage.settings)) as store,
    ):
        report = read_report(store, artifacts)
        judged = _sample(store, service, world, avoid, rng)
        values = worth(world, load_models(report, artifacts), judged, now_ms)
    stage.console.print(_table(report, values, rng))
    stage.say(f"[dim]{TRUTH_PROTOCOL} {len(judged)} profiles were judged.[/dim]")
    stage.say(f"[dim]{HELD_OUT_PROTOCOL} {report.asked} were asked.[/dim]")


def show_held_out(stage: Stage) -> None:
    """Print what the held-out days say; the truth about real people is known to nobody, so its
    column is left out.
    """
    with closing(open_store(stage.settings)) as store:
        report = read_report(store, open_artifacts(stage.settings))
    stage.console.print(_held_out_table(report))
    stage.say(
        f"[dim]{HELD_OUT_PROTOCOL} {report.asked} were asked. Real people's true preferences are unknown: no column of truth.[/dim]"
    )


def worth(
    world: World, models: Mapping[str, Model], judged: Sequence[Judged], now_ms: int
) -> dict[str, Values]:
    """Per contestant, the expected good plays of each judged profile's page."""
    context = VisitContext(now_ms, DEVICE)
    values: dict[str, list[float]] = {name: [] for name in (*models, LIVE, BOUND)}
    for each in judged:
        allowed = set(world.truth.eligible(each.profile_id, now_ms)) - {
            watched.title_id for watched in each.digest.watched
        }
        query = _query(each.digest, now_ms)
        pages = {
            name: template_page(each.live, ranking(model, query, allowed))
            for name, model in models.items()
        }
        pages[LIVE] = each.live
        pages[BOUND] = world.truth.best_page(each.profile_id, ASKED_ROWS, ASKED_COLUMNS, context)
        for name, page in pages.items():
            values[name].append(world.truth.expected_good_plays(each.profile_id, page, context))
    return {name: np.array(numbers) for name, numbers in values.items()}


def _sample(
    store: Store,
    service: Service,
    world: World,
    avoid: Sequence[ProfileId],
    rng: np.random.Generator,
) -> list[Judged]:
    found: list[Judged] = []
    for number in rng.permutation(len(world.profiles)):
        profile_id = world.profiles[int(number)].profile_id
        digest = digest_of(store, profile_id)
        if profile_id in avoid or digest is None or not digest.plays:
            continue
        answer = service.page_bytes(
            profile_id, device=DEVICE, rows=ASKED_ROWS, columns=ASKED_COLUMNS
        )
        found.append(Judged(profile_id, digest, page_of_answer(msgspec.json.decode(answer))))
        if len(found) == SAMPLE:
            break
    return found


def _query(digest: Digest, now_ms: int) -> Query:
    country = digest.facts.country if digest.facts else None
    return Query(history_of(digest), QueryContext(now_ms, device=DEVICE, country=country))


def _held_out_table(report: Report) -> Table:
    table = Table(
        "model", *METRICS, "fills", title="Quality: held-out measures", title_justify="left"
    )
    for name, model in report.models.items():
        roles = ", ".join(
            role for role, filled in report.roles.items() if filled.family == model.family
        )
        table.add_row(name, *(_text(report.held_out(name, metric)) for metric in METRICS), roles)
    return table


def _table(report: Report, values: Mapping[str, Values], rng: np.random.Generator) -> Table:
    table = Table("page", title="Quality: held-out measures beside the truth", title_justify="left")
    for name in (*METRICS, "good plays per page (truth)", f"more than {BASELINE}"):
        table.add_column(name, justify="right")
    groups = np.arange(len(values[LIVE]))
    for name, numbers in values.items():
        held_out = [_text(report.held_out(name, metric)) for metric in METRICS]
        difference = (
            None if name == BASELINE else paired_bootstrap(numbers, values[BASELINE], groups, rng)
        )
        style = "bold" if name == LIVE else "dim" if name == BOUND else ""
        table.add_row(
            name, *held_out, _text(bootstrap(numbers, groups, rng)), _text(difference), style=style
        )
    return table


def _text(interval: ConfidenceInterval | None) -> str:
    return (
        "" if interval is None else f"{interval.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
    )
