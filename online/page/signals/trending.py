"""Trending titles: totals read at most every few seconds, as standard deviations per title."""

import asyncio
from dataclasses import dataclass
from typing import Final

import numpy as np

from online.breaker import Breaker
from online.published.serving_snapshot import ServingSnapshot
from shared.clock import Clock
from shared.errors import StoreUnavailable, UnknownFormat
from shared.records.blob import record_at
from shared.records.tallies import GLOBAL_SCOPE, TRENDING, TallyTotals
from shared.store.port import Store
from shared.store.tables import TALLY_TOTALS
from shared.vocabulary import Floats

# A guess: totals that could not be read again for this long are not used.
STALE_S: Final = 120.0
# One more expected play, so that a title does not trend by a single play; a guess.
PRIOR_PLAYS: Final = 1.0


@dataclass(slots=True)
class _CachedTotals:
    """The totals of a scope (None: there are none), and their z for one snapshot."""

    totals: TallyTotals | None
    read_s: float
    snapshot: ServingSnapshot | None = None
    z: Floats | None = None


class Trending:
    """z = (short − λ) / √(λ + 1), with λ the short count that the long count predicts.

    For one event loop.
    """

    def __init__(
        self, store: Store, breaker: Breaker, clock: Clock, *, refresh_s: float, deadline_s: float
    ) -> None:
        self._store = store
        self._breaker = breaker
        self._clock = clock
        self._refresh_s = refresh_s
        self._deadline_s = deadline_s
        self._cache: dict[str, _CachedTotals] = {}
        self._reads: dict[str, asyncio.Task[None]] = {}

    async def z(self, snapshot: ServingSnapshot, country: str | None) -> tuple[Floats | None, bool]:
        """Return (float32[titles], or None when nothing is counted; whether it could be read).

        Waits for the store only the first time. After that the last totals are used while newer
        ones are read.
        """
        for scope in (country, GLOBAL_SCOPE) if country else (GLOBAL_SCOPE,):
            cached = await self._totals(scope)
            if cached is None:
                return None, False
            if cached.totals is not None and cached.totals.short:
                return _cached_z(cached, snapshot), True
        return None, True

    async def _totals(self, scope: str) -> _CachedTotals | None:
        cached, now_s = self._cache.get(scope), self._clock.monotonic_s()
        if cached is None or now_s - cached.read_s > self._refresh_s:
            read = self._reads.get(scope)
            if read is None:
                read = self._reads[scope] = asyncio.create_task(self._read(scope))
            if cached is None or now_s - cached.read_s > STALE_S:
                await asyncio.shield(read)
                cached = self._cache.get(scope)
        return cached if cached is not None and now_s - cached.read_s <= STALE_S else None

    async def _read(self, scope: str) -> None:
        try:
            if not self._breaker.allows():
                return
            rows = await self._store.read_async(
                TALLY_TOTALS, (TRENDING, scope), timeout_s=self._deadline_s
            )
            self._breaker.report(ok=True)
            totals = record_at(rows, (), TallyTotals)
            self._cache[scope] = _CachedTotals(totals, self._clock.monotonic_s())
        except StoreUnavailable:
            self._breaker.report(ok=False)
        except UnknownFormat:
            self._cache[scope] = _CachedTotals(None, self._clock.monotonic_s())
        finally:
            del self._reads[scope]


def _cached_z(cached: _CachedTotals, snapshot: ServingSnapshot) -> Floats | None:
    if cached.snapshot is not snapshot:
        cached.snapshot = snapshot
        cached.z = None if cached.totals is None else z_scores(cached.totals, snapshot)
    return cached.z


def z_scores(totals: TallyTotals, snapshot: ServingSnapshot) -> Floats:
    """float32[titles]: standard deviations of the short count above its expectation.

    0 for a title without counts.
    """
    z = np.zeros(len(snapshot.view), np.float32)
    share = totals.short_half_life_ms / totals.long_half_life_ms
    number_of = snapshot.view.number
    for title_id, short in totals.short.items():
        number = number_of.get(title_id)
        if number is not None:
            expected = totals.long.get(title_id, 0.0) * share
            z[number] = (short - expected) / np.sqrt(expected + PRIOR_PLAYS)
    return z
