"""The gates: what a model must show before members meet it, and which of several fills a role; each
verdict with its reasons.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np

from offline.evaluation.evaluate import PRIMARY, Evaluation
from offline.evaluation.settings import GateSettings
from shared.metrics.intervals import ConfidenceInterval, paired_bootstrap

Kind = Literal["first", "refresh", "challenger"]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison: who against whom, by how much, with what outcome; `reasons` are sentences for
    people.
    """

    kind: Kind
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
    """What fills a role from now on. `chosen` names a contender; None: the live artifact stays.

    `passed` is false when the live recipe's refresh was refused and nothing better came: a person
    should look.
    """

    role: str
    chosen: str | None
    passed: bool
    reason: str
    verdicts: tuple[Verdict, ...]


def first_gate(
    candidate: Evaluation, floor: Evaluation, settings: GateSettings, contenders: int = 1
) -> Verdict:
    """Before anything is live: better than the floor (popularity), by the interval."""
    return _better("first", candidate, floor, settings, contenders)


def challenger_gate(
    candidate: Evaluation, live: Evaluation, settings: GateSettings, contenders: int = 1
) -> Verdict:
    """A new recipe: better than the live one, by the interval, which is wider the more contenders
    try.
    """
    return _better("challenger", candidate, live, settings, contenders)


def refresh_gate(candidate: Evaluation, live: Evaluation, settings: GateSettings) -> Verdict:
    """The same recipe on newer data: not worse within the margin, and no guard or group falls far."""
    interval = _difference(candidate, live, settings, settings.refresh_level)
    allowed = -settings.margin * live.mean()
    reasons = [
        *_worse(interval, allowed),
        *_fallen_guards(candidate, live, settings),
        *_fallen_groups(candidate, live, settings),
    ]
    reassurance = f"{PRIMARY} changed by {interval}, at worst {allowed:.4f} is allowed; all guards and groups hold"
    return _verdict(
        "refresh", candidate, live, interval, passed=not reasons, reasons=reasons or [reassurance]
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
    """Who fills the role.

    `contenders` are this run's models by recipe, `floor` is popularity's evaluation, `fallback` the
    contender that serves when nothing beats the floor on the first run (the floor itself, if the
    fallback is not among them). `live` is the live artifact, `live_recipe` its recipe. All were
    asked the same questions, about days that none of them had seen: what is published is what was
    measured, so the live one ends before this split, too.
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
    rivals = {name: evaluation for name, evaluation in contenders.items() if name != floor.name}
    verdicts = tuple(
        first_gate(evaluation, floor, settings, len(rivals)) for evaluation in rivals.values()
    )
    best = _best(verdicts)
    if best is None:
        serves = next((name for name in (fallback, floor.name) if name in contenders), None)
        reason = f"nothing beat {floor.name} beyond doubt, so {serves or 'nothing'} serves"
        return Decision(
            role=role, chosen=serves, passed=serves is not None, reason=reason, verdicts=verdicts
        )
    reason = f"{best.candidate} is the best of what beat {floor.name}"
    return Decision(role=role, chosen=best.candidate, passed=True, reason=reason, verdicts=verdicts)


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
    # Whoever would serve otherwise is who must be beaten.
    incumbent = contenders[live_recipe] if refresh is not None and refresh.passed else live
    rivals = [evaluation for name, evaluation in contenders.items() if name != live_recipe]
    verdicts = tuple(
        challenger_gate(evaluation, incumbent, settings, len(rivals)) for evaluation in rivals
    )
    everything = verdicts if refresh is None else (refresh, *verdicts)
    best = _best(verdicts)
    if best is not None:
        reason = f"{best.candidate} beat {live_recipe}, which was live"
        return Decision(
            role=role, chosen=best.candidate, passed=True, reason=reason, verdicts=everything
        )
    if refresh is None:
        reason = f"nothing beat the live {live_recipe}, which this run did not train: it stays"
        return Decision(role=role, chosen=None, passed=True, reason=reason, verdicts=everything)
    if refresh.passed:
        reason = f"{live_recipe} was refreshed; nothing beat it"
        return Decision(
            role=role, chosen=live_recipe, passed=True, reason=reason, verdicts=everything
        )
    reason = f"the refresh of {live_recipe} failed and nothing beat the live artifact, which stays: {'; '.join(refresh.reasons)}"
    return Decision(role=role, chosen=None, passed=False, reason=reason, verdicts=everything)


def _best(verdicts: Sequence[Verdict]) -> Verdict | None:
    return max(
        (verdict for verdict in verdicts if verdict.passed),
        key=lambda verdict: (verdict.value, verdict.candidate),
        default=None,
    )


def _better(
    kind: Kind, candidate: Evaluation, other: Evaluation, settings: GateSettings, contenders: int
) -> Verdict:
    interval = _difference(
        candidate, other, settings, 1 - (1 - settings.level) / max(contenders, 1)
    )
    passed = bool(interval.low > 0)
    word = "is" if passed else "is not"
    reason = f"{PRIMARY} of {candidate.name} {word} above that of {other.name} beyond doubt: the difference is {interval}"
    return _verdict(kind, candidate, other, interval, passed=passed, reasons=[reason])


def _difference(
    candidate: Evaluation, other: Evaluation, settings: GateSettings, level: float
) -> ConfidenceInterval:
    rng = np.random.default_rng(settings.seed)
    return paired_bootstrap(
        candidate.values[PRIMARY],
        other.values[PRIMARY],
        candidate.profiles,
        rng,
        level=level,
        draws=settings.draws,
    )


def _worse(interval: ConfidenceInterval, allowed: float) -> list[str]:
    # NaN (nothing was asked) compares false, and so counts as worse: nothing reaches members
    # unmeasured.
    if interval.low >= allowed:
        return []
    return [f"{PRIMARY} may have fallen further than {allowed:.4f}: the difference is {interval}"]


def _fallen_guards(candidate: Evaluation, live: Evaluation, settings: GateSettings) -> list[str]:
    return [
        f"{name} fell from {before:.3f} to {candidate.guards[name]:.3f}"
        for name, before in live.guards.items()
        if candidate.guards[name] < (1 - settings.guard_margin) * before
    ]


def _fallen_groups(candidate: Evaluation, live: Evaluation, settings: GateSettings) -> list[str]:
    """Groups of fewer than a handful of hits jump about by nature, so halves are compared, not
    single tenths.
    """
    halves = [(slice(0, 5), "short"), (slice(5, 10), "long")]
    return [
        f"{PRIMARY} of members with {word} histories fell from {before:.4f} to {after:.4f}"
        for part, word in halves
        for before, after in [
            (float(np.mean(live.by_activity[part])), float(np.mean(candidate.by_activity[part])))
        ]
        if after < (1 - settings.group_margin) * before
    ]


def _verdict(
    kind: Kind,
    candidate: Evaluation,
    other: Evaluation,
    interval: ConfidenceInterval,
    *,
    passed: bool,
    reasons: Sequence[str],
) -> Verdict:
    return Verdict(
        kind=kind,
        candidate=candidate.name,
        against=other.name,
        passed=passed,
        metric=PRIMARY,
        value=candidate.mean(),
        against_value=other.mean(),
        difference=interval.mean,
        low=interval.low,
        high=interval.high,
        reasons=tuple(reasons),
    )
