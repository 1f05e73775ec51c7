"""Read what is held of a profile: three single-partition reads side by side, each with its own
deadline.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from online.breaker import Breaker
from online.page.model import Hydrated
from online.settings import Deadlines
from shared.errors import StoreUnavailable, UnknownFormat
from shared.ids import EncoderId, GenerationId, ProfileId
from shared.records.blob import unpack
from shared.records.candidates import Candidates
from shared.records.digest import DIGEST_PART, Digest, ExposureDigest, ProfileVector, vector_key
from shared.store.port import Cells, Key, Store, Table
from shared.store.tables import PROFILE_CANDIDATES, PROFILE_EXPOSURES, PROFILE_STATE, VALUE

T = TypeVar("T", bound=msgspec.Struct)
Rows = Mapping[Key, Cells]

DIGEST_KEY: Key = (DIGEST_PART,)


class Hydrator:
    """Reads profiles; keeps precomputed rows, which do not change within a generation. For one
    event loop.
    """

    def __init__(self, store: Store, breaker: Breaker, deadlines: Deadlines, cached: int) -> None:
        self._store = store
        self._breaker = breaker
        self._deadlines = deadlines
        self._cached = cached
        self._candidates: OrderedDict[tuple[ProfileId, GenerationId], Candidates] = OrderedDict()

    async def hydrate(
        self, profile_id: ProfileId, generation_id: GenerationId, encoder_id: EncoderId | None
    ) -> Hydrated:
        """All that is held of the profile, or as much as comes in time; never raises for the
        store's sake.

        `missing` names what could not be read: digest, exposures, candidates. What was never
        written is merely None.
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
        seen = _record(exposures, DIGEST_KEY, ExposureDigest, "exposures", missing)
        if candidates is None:
            missing.append("candidates")
        return Hydrated(
            digest,
            vector,
            seen,
            candidates if isinstance(candidates, Candidates) else None,
            tuple(missing),
        )

    async def _read_candidates(
        self, profile_id: ProfileId, generation_id: GenerationId
    ) -> Candidates | bool | None:
        """The rows; False when there are none; None when they cannot be read."""
        if not generation_id:
            return False
        key = (profile_id, generation_id)
        held = self._candidates.get(key)
        if held is not None:
            self._candidates.move_to_end(key)
            return held
        rows = await self._read(
            PROFILE_CANDIDATES, profile_id, [(generation_id,)], self._deadlines.candidates_ms
        )
        missing: list[str] = []
        found = _record(rows, (generation_id,), Candidates, "candidates", missing)
        if missing:
            return None
        if found is None:
            return False
        self._candidates[key] = found
        if len(self._candidates) > self._cached:
            self._candidates.popitem(last=False)
        return found

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
    rows: Rows | None, key: Key, record_type: type[T], name: str, missing: list[str]
) -> T | None:
    """The record in a row's `value`; what cannot be read, or is of a format we do not know, is
    added to `missing`.
    """
    if rows is None:
        missing.append(name)
        return None
    value = rows.get(key, {}).get(VALUE)
    if value is None:
        return None
    try:
        return unpack(value, record_type) if isinstance(value, bytes) else None
    except UnknownFormat:
        missing.append(name)
        return None
