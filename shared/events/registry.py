"""Every event type by its name on the wire; a new type is one class and one line here."""

from shared.events.body import Body
from shared.events.catalog import TitlePublished, TitleWithdrawn
from shared.events.exposures import Browse, Impression, PageServed
from shared.events.feedback import ListChange, Rating, Thumb
from shared.events.plays import PLAY_TYPES
from shared.events.profiles import ErasureRequested, OnboardingPicks, ProfileFacts, SurveyAnswer
from shared.events.searches import SearchPerformed, SearchSelected

_BODIES: tuple[type[Body], ...] = (
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

EVENT_TYPES: dict[str, type[Body]] = {body.type: body for body in _BODIES}
