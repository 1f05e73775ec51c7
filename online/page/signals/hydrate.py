"""Read the signals of a profile: single-partition reads in parallel, each with its own deadline."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from online.breaker import Breaker
from online.page.model import ProfileSignals
from online.settings import Deadlines
from online.telemetry import Telemetry
from shared.errors import StoreUnavailable, UnknownFormat
from shared.ids import EncoderId, GenerationId, ProfileId
from shared.records.blob import record_at
from shared.records.candidates import Candidates
from shared.records.digest import DIGEST_PART, Digest, ExposureDigest, ProfileVector, vector_key
from shared.store.port import Cells, Key, Store, Table
from shared.store.tables import PROFILE_CANDIDATES, PROFILE_EXPOSURES, PROFILE_STATE

Record = TypeVar("Record", bound=msgspec.Struct)
Rows = Mapping[Key, Cells]

DIGEST_KEY: Final[Key] = (DIGEST_PART,)


class Hydrator:
    """Reads profiles, and caches precomputed rows, which do not change within a generation.

    For one event loop. Rows of kinds other than `kinds` are dropped and counted.
    """

    def __init__(
        self,
        store: Store,
        breaker: Breaker,
        telemetry: Telemetry,
        deadlines: Deadlines,
        *,
        kinds: Collection[str],
        cache_size: int,
    ) -> None:
        self._store = store
        self._breaker = breaker
        self._telemetry = telemetry
        self._deadlines = deadlines
        self._kinds = kinds
        self._cache_size = cache_size
        self._cache: OrderedDict[tuple[ProfileId, GenerationId], Candidates] = OrderedDict()

    async def hydrate(
        self,
        profile_id: ProfileId,
        generation_id: GenerationId | None,
        encoder_id: EncoderId | None,
    ) -> ProfileSignals:
        """Read all signals of the profile, or those that arrive in time.

        An unavailable store is not an error: `missing` names what could not be read.
        """
        state, exposures, candidates = await asyncio.gather(
            self._read(
                PROFILE_STATE, profile_id, _state_keys(encoder_id), self._deadlines.digest_ms
            ),
            self._read(PROFILE_EXPOSURES, profile_id, [DIGEST_KEY], self._deadlines.exposures_ms),
            self._read_candidates(profile_id, generation_id),
        )
        missing: list[str] = []
        digest = _record(state, DIGEST_KEY, Digest, "digest", missing)
        vector = (
            _record(state, vector_key(encoder_id), ProfileVector, "vector", missing)
            if encoder_id is not None and state
            else None
        )
        exposure_digest = _record(exposures, DIGEST_KEY, ExposureDigest, "exposures", missing)
        if candidates is None:
            missing.append("candidates")
        return ProfileSignals(
            digest=digest,
            vector=vector,
            exposures=exposure_digest,
            candidates=candidates if isinstance(candidates, Candidates) else None,
            missing=tuple(missing),
        )

    async def _read_candidates(
        self, profile_id: ProfileId, generation_id: GenerationId | None
    ) -> Candidates | bool | None:
        """The precomputed rows; False if there are none, None if they cannot be read."""
        if generation_id is None:
            return False
        key = (profile_id, generation_id)
        cached = self._cache.get(key)
        if cached is not None:
            self._cache.move_to_end(key)
            return cached
        rows = await self._read(
            PROFILE_CANDIDATES, profile_id, [(generation_id,)], self._deadlines.candidates_ms
        )
        missing: list[str] = []
        candidates = _record(rows, (generation_id,), Candidates, "candidates", missing)
        if missing:
            return None
        if candidates is None:
            return False
        self._cache[key] = candidates = self._of_known_kinds(candidates)
        if len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)
        return candidates

    def _of_known_kinds(self, candidates: Candidates) -> Candidates:
        unknown = [row.kind for row in candidates.rows if row.kind not in self._kinds]
        if not unknown:
            return candidates
        for kind in unknown:
            self._telemetry.unknown_kinds.labels(kind).inc()
        rows = tuple(row for row in candidates.rows if row.kind in self._kinds)
        return msgspec.structs.replace(candidates, rows=rows)

    async def _read(
        self, table: Table, profile_id: ProfileId, keys: Sequence[Key], deadline_ms: int
    ) -> Rows | None:
        """The rows, or None when they cannot be read in time."""
        if not self._breaker.allows():
            return None
        try:
            rows = await self._store.read_async(
                table, (profile_id,), keys, timeout_s=deadline_ms / 1000
            )
        except StoreUnavailable:
            self._breaker.report(ok=False)
            return None
        except asyncio.CancelledError:
            self._breaker.abandon()
            raise
        self._breaker.report(ok=True)
        return rows


def _state_keys(encoder_id: EncoderId | None) -> list[Key]:
    return [DIGEST_KEY] if encoder_id is None else [DIGEST_KEY, vector_key(encoder_id)]


def _record(
    rows: Rows | None, key: Key, record_type: type[Record], name: str, missing: list[str]
) -> Record | None:
    """The record of a row, or None; its name is added to `missing` when it cannot be read."""
    if rows is None:
        missing.append(name)
        return None
    try:
        return record_at(rows, key, record_type)
    except UnknownFormat:
        missing.append(name)
        return None
