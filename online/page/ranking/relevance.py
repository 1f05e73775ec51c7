"""The relevance of every title: its probability of a good play by this profile now."""

from collections.abc import Iterable
from itertools import repeat
from typing import Final, Literal

import numpy as np

from online.page.context import RelevanceModel, RequestContext
from online.page.model import Relevance
from online.page.ranking.selection import select_best
from online.published.serving_snapshot import ServingSnapshot
from shared.models.port import Query, QueryContext
from shared.models.queries import history_of
from shared.records.candidates import CandidateRow
from shared.records.digest import ExposureDigest
from shared.vocabulary import UNKNOWN, Floats

ScoredBy = Literal[
    "fresh_vector",
    "encoded_here",
    "stored_vector",
    "stored_order",
    "popularity",
    "remembered",
    "nothing",
]
SCORED_FROM_DIGEST: Final = frozenset[ScoredBy]({"fresh_vector", "encoded_here"})
"""Ways of scoring in which the plays and onboarding picks of the digest decide."""
SCORED_AT_NIGHT: Final = frozenset[ScoredBy]({"stored_vector", "stored_order"})
"""Ways of scoring in which the plays that the nightly run read decide."""

# A guess: this many titles are ordered once for each page, and rows of genres and moods are taken
# from that order.
MAX_RANKED_TITLES: Final = 1_500
# A guess, to be learned: impressions of a title beyond this number change nothing.
MAX_FATIGUE_IMPRESSIONS: Final = 10
_TOP_PICKS: Final = "top_picks"


def catalog_relevance(context: RequestContext) -> Relevance:
    """Score the whole catalog by a logistic function, and order the best discoverable titles.

    The function adds up affinity, popularity and the rank in the precomputed top picks, and
    subtracts repeated impressions.
    """
    snapshot, signals = context.snapshot, context.signals
    weights = context.plan.settings.ranking
    logits = weights.intercept + weights.popularity * snapshot.popularity(context.safety.country)
    vector, scored_by = profile_vector(context)
    if vector is not None and snapshot.item_vectors.shape[1] == len(vector):
        _add_affinity(logits, vector, snapshot, weights.affinity)
    if signals.candidates is not None:
        _add_precomputed_rank(logits, signals.candidates.rows, snapshot, weights.precomputed_rank)
    if signals.exposures is not None:
        _subtract_fatigue(logits, signals.exposures, snapshot, weights.fatigue)
    scores = np.asarray(1 / (1 + np.exp(-logits)), np.float32)
    discoverable = np.flatnonzero(context.discoverable)
    ordered = select_best(discoverable.astype(np.int32), scores[discoverable], MAX_RANKED_TITLES)
    return Relevance(scores, ordered, scored_by)


def no_relevance(scored_by: ScoredBy) -> RelevanceModel:
    """Return a model without scores, for a rung with ordered rows."""
    relevance = Relevance(scored_by=scored_by)
    return lambda _: relevance


def profile_vector(context: RequestContext) -> tuple[Floats | None, ScoredBy]:
    """The profile's embedding by the snapshot's encoder, and its origin.

    First choice is the vector stored with the digest. If that is of another encoder, older than the
    digest or of another size, the digest's plays are encoded here. Without a digest, the vector
    stored with the precomputed rows.
    """
    snapshot, signals = context.snapshot, context.signals
    digest, vector, stored = signals.digest, signals.vector, signals.candidates
    encoder = snapshot.generation.encoder
    if encoder is None:
        return None, "stored_order" if stored is not None else "popularity"
    if (
        digest is not None
        and vector is not None
        and vector.encoder_id == encoder.encoder_id
        and vector.position == digest.position
        and (fresh := _floats(vector.vector, snapshot)) is not None
    ):
        return fresh, "fresh_vector"
    if digest is not None and (digest.plays or digest.picks):
        return encoder.encode([Query(history_of(digest), _query_context(context))])[0], (
            "encoded_here"
        )
    if (
        stored is not None
        and stored.encoder_id == encoder.encoder_id
        and (of_candidates := _floats(stored.vector, snapshot)) is not None
    ):
        return of_candidates, "stored_vector"
    return None, "stored_order" if stored is not None else "popularity"


def _query_context(context: RequestContext) -> QueryContext:
    request = context.request
    return QueryContext(
        request.now_ms, request.utc_offset_min, request.device, context.safety.country
    )


def _floats(data: bytes, snapshot: ServingSnapshot) -> Floats | None:
    vector = np.frombuffer(data, "<f4") if len(data) % 4 == 0 else np.empty(0, np.float32)
    return vector if len(vector) == snapshot.item_vectors.shape[1] else None


def _add_affinity(logits: Floats, vector: Floats, snapshot: ServingSnapshot, weight: float) -> None:
    """Add dot products as standard deviations from their mean over trained titles.

    Encoders of any scale then have the same weight.
    """
    mean, covariance = snapshot.spread
    deviation = float(np.sqrt(max(0.0, float(vector @ covariance @ vector))))
    if deviation > 0:
        affinity = snapshot.item_vectors @ vector
        affinity -= mean @ vector
        affinity *= weight / deviation
        np.add(logits, affinity, out=logits, where=snapshot.has_vector)


def _add_precomputed_rank(
    logits: Floats, rows: Iterable[CandidateRow], snapshot: ServingSnapshot, weight: float
) -> None:
    for row in rows:
        if row.kind == _TOP_PICKS:
            numbers = np.frombuffer(row.numbers, "<i4")
            numbers = numbers[numbers < snapshot.view.base_size]
            logits[numbers] += weight * np.linspace(
                1, 0, len(numbers), endpoint=False, dtype=np.float32
            )


def _subtract_fatigue(
    logits: Floats, exposures: ExposureDigest, snapshot: ServingSnapshot, weight: float
) -> None:
    number, counts = snapshot.view.number, exposures.seen
    numbers = np.fromiter(map(number.get, counts, repeat(UNKNOWN)), np.int32, len(counts))
    impressions = np.fromiter(counts.values(), np.float32, len(counts))
    impressions = np.minimum(impressions, MAX_FATIGUE_IMPRESSIONS)
    in_catalog = numbers != UNKNOWN
    logits[numbers[in_catalog]] -= weight * impressions[in_catalog]
