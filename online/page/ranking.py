"""Scores: each title's probability of a good play by this profile now, for the whole catalog at
once.
"""

from itertools import repeat
from typing import Literal

import numpy as np

from online.page.model import Floats, Hydrated
from online.published.serving_snapshot import ServingSnapshot
from online.settings import RankingSettings
from shared.models.port import Query, QueryContext
from shared.models.queries import history_of
from shared.records.candidates import Candidates
from shared.records.digest import ExposureDigest
from shared.vocabulary import UNKNOWN

ScoredBy = Literal["fresh_vector", "encoded_here", "stored_vector", "stored_order", "popularity"]


def profile_vector(
    known: Hydrated, snapshot: ServingSnapshot, context: QueryContext
) -> tuple[Floats | None, ScoredBy]:
    """The profile's embedding by this snapshot's encoder, and where it came from.

    Best the vector that nearline keeps beside the digest; if that is of another encoder, or older
    than the digest, the digest's plays encoded here; without a digest the vector stored beside the
    precomputed rows.
    """
    encoder = snapshot.generation.encoder
    if encoder is None:
        return None, "stored_order" if known.candidates is not None else "popularity"
    digest, vector, stored = known.digest, known.vector, known.candidates
    if (
        digest is not None
        and vector is not None
        and vector.encoder_id == encoder.encoder_id
        and vector.position == digest.position
    ):
        return _floats(vector.vector, snapshot), "fresh_vector"
    if digest is not None and (digest.plays or digest.picks):
        return encoder.encode([Query(history_of(digest), context)])[0], "encoded_here"
    if stored is not None and stored.vector and stored.encoder_id == encoder.encoder_id:
        return _floats(stored.vector, snapshot), "stored_vector"
    return None, "stored_order" if stored is not None else "popularity"


def score(
    snapshot: ServingSnapshot,
    vector: Floats | None,
    known: Hydrated,
    country: str | None,
    settings: RankingSettings,
) -> Floats:
    """float32[titles], 0..1: logistic in fit, popularity and the overnight model's opinion, less
    for what was passed over often.
    """
    logits = settings.intercept + settings.popularity * snapshot.popularity(country)
    if vector is not None and snapshot.item_vectors.shape[1] == len(vector):
        _add_affinity(logits, vector, snapshot, settings.affinity)
    if known.candidates is not None:
        _add_stored(logits, known.candidates, snapshot, settings.stored_rank)
    if known.exposures is not None:
        _apply_fatigue(logits, known.exposures, snapshot, settings.fatigue)
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def _floats(data: bytes, snapshot: ServingSnapshot) -> Floats | None:
    vector = np.frombuffer(data, "<f4") if len(data) % 4 == 0 else np.empty(0, np.float32)
    return vector if len(vector) == snapshot.item_vectors.shape[1] else None


def _add_affinity(logits: Floats, vector: Floats, snapshot: ServingSnapshot, weight: float) -> None:
    """Dot products as standard deviations from their mean over trained titles, so that encoders of
    any scale weigh alike.
    """
    mean, covariance = snapshot.spread
    deviation = float(np.sqrt(max(0.0, float(vector @ covariance @ vector))))
    if deviation > 0:
        logits += np.where(
            snapshot.has_vector,
            (weight / deviation) * (snapshot.item_vectors @ vector - mean @ vector),
            0,
        )


def _add_stored(
    logits: Floats, candidates: Candidates, snapshot: ServingSnapshot, weight: float
) -> None:
    for row in candidates.rows:
        if row.kind == "top_picks":
            numbers = np.frombuffer(row.numbers, "<i4")
            numbers = numbers[numbers < snapshot.view.base_size]
            logits[numbers] += weight * np.linspace(
                1, 0, len(numbers), endpoint=False, dtype=np.float32
            )


def _apply_fatigue(
    logits: Floats, exposures: ExposureDigest, snapshot: ServingSnapshot, weight: float
) -> None:
    number, counts = snapshot.view.number, exposures.seen
    places = np.fromiter(map(number.get, counts, repeat(UNKNOWN)), np.int32, len(counts))
    times = np.minimum(np.fromiter(counts.values(), np.float32, len(counts)), 10)
    known = places != UNKNOWN
    logits[places[known]] -= weight * times[known]
