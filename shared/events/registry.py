"""The event types by name. To add one, write its class and add it to the list."""

from typing import Final

from shared.events.body import Body
from shared.events.catalog import TitlePublished, TitleWithdrawn
from shared.events.exposures import Browse, Impression, PageServed
from shared.events.feedback import ListChange, Rating, Thumb
from shared.events.plays import PLAY_TYPES
from shared.events.profiles import ErasureRequested, OnboardingPicks, ProfileFacts, SurveyAnswer
from shared.events.searches import SearchPerformed, SearchSelected
from shared.naming import by_unique_name

_BODIES: Final[tuple[type[Body], ...]] = (
    *PLAY_TYPES,
    SearchPerformed,
    SearchSelected,
    Thumb,
    ListChange,
    Rating,
    ProfileFacts,
    OnboardingPicks,
    SurveyAnswer,
    ErasureRequested,
    PageServed,
    Impression,
    Browse,
    TitlePublished,
    TitleWithdrawn,
)

EVENT_TYPES: Final = by_unique_name(_BODIES, lambda body: body.type)
