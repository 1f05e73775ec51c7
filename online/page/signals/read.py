"""Read the signals of a request, each with its deadline."""

from dataclasses import replace
from typing import Final

from online.page.components import PageComponents
from online.page.context import PagePlan, caller_of
from online.page.filters import country_of
from online.page.model import ProfileSignals
from online.page.request import PageRequest
from online.page.steps import StepRunner

BUSY: Final = "busy"
_UNREAD: Final = ("digest", "exposures", "candidates")
NOT_READ: Final = ProfileSignals(missing=_UNREAD)
"""The signals of a profile that could not be read in time."""
NOT_ADMITTED: Final = ProfileSignals(missing=(BUSY, *_UNREAD))
"""The signals of a request that was not admitted."""


async def read_signals(
    components: PageComponents, request: PageRequest, plan: PagePlan, steps: StepRunner
) -> ProfileSignals:
    """The signals of the profile, then the counts of trending titles in its country."""
    deadline_ms = components.deadlines.hydrate_ms
    signals = await steps.awaited(
        "hydrate", NOT_READ, deadline_ms, _read_profile, components, request, plan
    )
    if not plan.snapshot.published:
        return signals
    without = replace(signals, missing=(*signals.missing, "trending"))
    return await steps.awaited(
        "trending", without, deadline_ms, _with_trending, components, request, plan, signals
    )


async def _read_profile(
    components: PageComponents, request: PageRequest, plan: PagePlan
) -> ProfileSignals:
    snapshot = plan.snapshot
    signals = await components.hydrator.hydrate(
        request.profile_id, snapshot.generation_id, snapshot.encoder_id
    )
    if not isinstance(signals, ProfileSignals):
        raise TypeError(f"the hydrator returned {type(signals).__name__}")
    return signals


async def _with_trending(
    components: PageComponents, request: PageRequest, plan: PagePlan, signals: ProfileSignals
) -> ProfileSignals:
    country = country_of(caller_of(request), signals)
    z, complete = await components.trending.z(plan.snapshot, country)
    missing = signals.missing if complete else (*signals.missing, "trending")
    return replace(signals, trending=z, missing=missing)
