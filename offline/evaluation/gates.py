"""The gates: they decide which model may fill a role, by evaluations on the same queries."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np

from offline.evaluation.evaluate import PRIMARY, Evaluation
from offline.evaluation.settings import GateSettings
from shared.metrics.intervals import ConfidenceInterval, paired_bootstrap

GateKind = Literal["first", "refresh", "challenger"]


class GateVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison of a candidate with another model in the primary metric.

    `low` and `high` bound the interval of the difference. `reasons` are sentences for people.
    """

    kind: GateKind
    candidate: str
    against: str
    passed: bool
    metric: str
    value: float
    against_value: float
    difference: float
    low: float
    high: float
    reasons: tuple[str, ...]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The contender that fills a role from now on; the live model stays if `chosen` is None.

    `passed` is false if the refresh of the live recipe was refused and no challenger was better; an
    operator should read the reason.
    """

    role: str
    chosen: str | None
    passed: bool
    reason: str
    verdicts: tuple[GateVerdict, ...]


def first_gate(
    candidate: Evaluation, floor: Evaluation, settings: GateSettings, contenders: int = 1
) -> GateVerdict:
    """Without a live model: pass if the interval of the gain over popularity is above 0."""
    return _superiority("first", candidate, floor, settings, contenders)


def challenger_gate(
    candidate: Evaluation, live: Evaluation, settings: GateSettings, contenders: int = 1
) -> GateVerdict:
    """A new recipe: pass if the interval of the gain over the live model is above 0.

    The interval is wider the more contenders there are.
    """
    return _superiority("challenger", candidate, live, settings, contenders)


def refresh_gate(candidate: Evaluation, live: Evaluation, settings: GateSettings) -> GateVerdict:
    """The live recipe on newer data: pass if the loss is within the margin, and no guard and no
    group of profiles lost more than its own margin.
    """
    interval = _difference(candidate, live, settings, settings.refresh_level)
    min_difference = -settings.margin * live.mean()
    failures = [
        *_metric_failures(interval, min_difference),
        *_guard_failures(candidate, live, settings),
        *_group_failures(candidate, live, settings),
    ]
    success = (
        f"{PRIMARY} changed by {interval}, at least {min_difference:.4f} is required;"
        " all guards and groups are within their margins"
    )
    return _verdict(
        "refresh", candidate, live, interval, passed=not failures, reasons=failures or [success]
    )


def decide(
    role: str,
    contenders: Mapping[str, Evaluation],
    *,
    floor: Evaluation,
    fallback: str,
    live: Evaluation | None = None,
    live_recipe: str | None = None,
    settings: GateSettings | None = None,
) -> Decision:
    """Decide which contender fills the role.

    `contenders` are the models of this run by recipe. `floor` is the evaluation of popularity.
    `fallback` is the contender that serves if nothing beats the floor on the first run; the floor
    serves if the fallback is not a contender. `live` is the evaluation of the live model, which
    `live_recipe` trained.

    All models were evaluated on the same queries, from days without training data of any of them.
    The published model is the measured one, so the live model, too, was trained on data before the
    split.
    """
    chosen = settings or GateSettings()
    if live is None or live_recipe is None:
        return _first(role, contenders, floor, fallback, chosen)
    return _against_live(role, contenders, live, live_recipe, chosen)


def _first(
    role: str,
    contenders: Mapping[str, Evaluation],
    floor: Evaluation,
    fallback: str,
    settings: GateSettings,
) -> Decision:
    challengers = [
        evaluation for evaluation in contenders.values() if evaluation.name != floor.name
    ]
    verdicts = tuple(
        first_gate(evaluation, floor, settings, len(challengers)) for evaluation in challengers
    )
    best = _best(verdicts)
    if best is not None:
        reason = f"{best.candidate} is the best of the models that beat {floor.name}"
        return Decision(
            role=role, chosen=best.candidate, passed=True, reason=reason, verdicts=verdicts
        )
    chosen = next((name for name in (fallback, floor.name) if name in contenders), None)
    reason = f"no model is significantly better than {floor.name}: {chosen or 'none'} serves"
    return Decision(
        role=role, chosen=chosen, passed=chosen is not None, reason=reason, verdicts=verdicts
    )


def _against_live(
    role: str,
    contenders: Mapping[str, Evaluation],
    live: Evaluation,
    live_recipe: str,
    settings: GateSettings,
) -> Decision:
    refresh = (
        refresh_gate(contenders[live_recipe], live, settings) if live_recipe in contenders else None
    )
    # Challengers are compared with the model that would serve without them.
    incumbent = contenders[live_recipe] if refresh is not None and refresh.passed else live
    challengers = [evaluation for name, evaluation in contenders.items() if name != live_recipe]
    verdicts = tuple(
        challenger_gate(evaluation, incumbent, settings, len(challengers))
        for evaluation in challengers
    )
    best = _best(verdicts)
    chosen, passed, reason = _outcome(best, refresh, live_recipe)
    return Decision(
        role=role,
        chosen=chosen,
        passed=passed,
        reason=reason,
        verdicts=verdicts if refresh is None else (refresh, *verdicts),
    )


def _outcome(
    best: GateVerdict | None, refresh: GateVerdict | None, live_recipe: str
) -> tuple[str | None, bool, str]:
    """Return the chosen recipe, whether the role passed, and the reason."""
    if best is not None:
        return best.candidate, True, f"{best.candidate} beat {live_recipe}, which was live"
    if refresh is None:
        reason = f"no model beat the live {live_recipe}, which this run did not train: it stays"
        return None, True, reason
    if refresh.passed:
        return live_recipe, True, f"{live_recipe} was refreshed; no model beat it"
    reason = (
        f"the refresh of {live_recipe} failed and no model beat the live one, which stays:"
        f" {'; '.join(refresh.reasons)}"
    )
    return None, False, reason


def _best(verdicts: Sequence[GateVerdict]) -> GateVerdict | None:
    return max(
        (verdict for verdict in verdicts if verdict.passed),
        key=lambda verdict: (verdict.value, verdict.candidate),
        default=None,
    )


def _superiority(
    kind: GateKind,
    candidate: Evaluation,
    baseline: Evaluation,
    settings: GateSettings,
    contenders: int,
) -> GateVerdict:
    level = 1 - (1 - settings.level) / max(contenders, 1)
    interval = _difference(candidate, baseline, settings, level)
    passed = bool(interval.low > 0)
    reason = (
        f"{PRIMARY} of {candidate.name} is {'' if passed else 'not '}significantly above that of"
        f" {baseline.name}: the difference is {interval}"
    )
    return _verdict(kind, candidate, baseline, interval, passed=passed, reasons=[reason])


def _difference(
    candidate: Evaluation, baseline: Evaluation, settings: GateSettings, level: float
) -> ConfidenceInterval:
    return paired_bootstrap(
        candidate.values[PRIMARY],
        baseline.values[PRIMARY],
        candidate.profiles,
        np.random.default_rng(settings.seed),
        level=level,
        draws=settings.draws,
    )


def _metric_failures(interval: ConfidenceInterval, min_difference: float) -> list[str]:
    # Without queries the interval is NaN. NaN compares false, so an unmeasured model fails.
    if interval.low >= min_difference:
        return []
    loss = f"{-min_difference:.4f}"
    return [f"{PRIMARY} may have fallen by more than {loss}: the difference is {interval}"]


def _guard_failures(candidate: Evaluation, live: Evaluation, settings: GateSettings) -> list[str]:
    return [
        f"{name} fell from {live_value:.3f} to {candidate.guards[name]:.3f}"
        for name, live_value in live.guards.items()
        if candidate.guards[name] < (1 - settings.guard_margin) * live_value
    ]


def _group_failures(candidate: Evaluation, live: Evaluation, settings: GateSettings) -> list[str]:
    """Compare the halves with short and long histories. Single tenths have too few hits."""
    half = len(live.by_activity) // 2
    failures = []
    for group, histories in ((slice(None, half), "short"), (slice(half, None), "long")):
        live_value = float(np.mean(live.by_activity[group]))
        value = float(np.mean(candidate.by_activity[group]))
        if value < (1 - settings.group_margin) * live_value:
            failures.append(
                f"{PRIMARY} of profiles with {histories} histories fell from {live_value:.4f}"
                f" to {value:.4f}"
            )
    return failures


def _verdict(
    kind: GateKind,
    candidate: Evaluation,
    baseline: Evaluation,
    interval: ConfidenceInterval,
    *,
    passed: bool,
    reasons: Sequence[str],
) -> GateVerdict:
    return GateVerdict(
        kind=kind,
        candidate=candidate.name,
        against=baseline.name,
        passed=passed,
        metric=PRIMARY,
        value=candidate.mean(),
        against_value=baseline.mean(),
        difference=interval.mean,
        low=interval.low,
        high=interval.high,
        reasons=tuple(reasons),
    )
