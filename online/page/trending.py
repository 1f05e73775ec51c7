"""What trends, for every title: totals read at most every two seconds, kept in memory, turned into
standard deviations.
"""

import asyncio
from dataclasses import dataclass

import numpy as np

from online.breaker import Breaker
from online.page.model import Floats
from online.published.serving_snapshot import ServingSnapshot
from shared.clock import Clock
from shared.errors import StoreUnavailable, UnknownFormat
from shared.records.blob import unpack
from shared.records.tallies import GLOBAL_SCOPE, TRENDING, TallyTotals
from shared.store.port import Store
from shared.store.tables import TALLY_TOTALS, VALUE

# Totals that could not be renewed for so long say nothing about now.
STALE_S = 120.0
PRIOR = 1.0
DEADLINE_S = 0.04


@dataclass(slots=True)
class _Held:
    """The totals of a scope (None: there are none), when they were read, and their z for one
    snapshot.
    """

    totals: TallyTotals | None
    read_s: float
    snapshot: ServingSnapshot | None = None
    z: Floats | None = None


class Trending:
    """z = (short − λ) / √(λ + 1), λ being what the long memory leads to expect in the short one.
    For one event loop.
    """

    def __init__(self, store: Store, breaker: Breaker, clock: Clock, keep_s: float) -> None:
        self._store = store
        self._breaker = breaker
        self._clock = clock
        self._keep_s = keep_s
        self._held: dict[str, _Held] = {}
        self._reading: dict[str, asyncio.Task[None]] = {}

    async def z(self, snapshot: ServingSnapshot, country: str | None) -> tuple[Floats | None, bool]:
        """(float32[titles] or None when nothing is counted, whether that is all there is to know).

        Waits for the store only the first time; afterwards the last totals serve while newer ones
        are being read.
        """
        for scope in (country, GLOBAL_SCOPE) if country else (GLOBAL_SCOPE,):
            held = await self._of(scope)
            if held is None:
                return None, False
            if held.totals is not None and held.totals.short:
                return _z(held, snapshot), True
        return None, True

    async def _of(self, scope: str) -> _Held | None:
        held, now = self._held.get(scope), self._clock.monotonic_s()
        if held is None or now - held.read_s > self._keep_s:
            reading = self._reading.get(scope)
            if reading is None:
                reading = self._reading[scope] = asyncio.create_task(self._read(scope))
            if held is None or now - held.read_s > STALE_S:
                await asyncio.shield(reading)
                held = self._held.get(scope)
        return held if held is not None and now - held.read_s <= STALE_S else None

    async def _read(self, scope: str) -> None:
        try:
            if not self._breaker.allows():
                return
            rows = await self._store.read_async(
                TALLY_TOTALS, (TRENDING, scope), timeout_s=DEADLINE_S
            )
            self._breaker.report(ok=True)
            value = rows.get((), {}).get(VALUE)
            totals = unpack(value, TallyTotals) if isinstance(value, bytes) else None
            self._held[scope] = _Held(totals, self._clock.monotonic_s())
        except StoreUnavailable:
            self._breaker.report(ok=False)
        except UnknownFormat:
            self._held[scope] = _Held(None, self._clock.monotonic_s())
        finally:
            del self._reading[scope]


def _z(held: _Held, snapshot: ServingSnapshot) -> Floats | None:
    if held.snapshot is not snapshot:
        held.snapshot, held.z = (
            snapshot,
            None if held.totals is None else z_scores(held.totals, snapshot),
        )
    return held.z


def z_scores(totals: TallyTotals, snapshot: ServingSnapshot) -> Floats:
    """float32[titles]: how far each title's short count lies above what its long count leads to
    expect; 0 where nothing is counted.
    """
    z = np.zeros(len(snapshot.view), np.float32)
    share = totals.short_half_life_ms / totals.long_half_life_ms
    number = snapshot.view.number
    for title_id, short in totals.short.items():
        place = number.get(title_id)
        if place is not None:
            expected = totals.long.get(title_id, 0.0) * share
            z[place] = (short - expected) / np.sqrt(expected + PRIOR)
    return z
