"""The handlers by event type: adding one is one file and one line here."""

from nearline.handlers import exposures, facts, feedback, picks, plays, searches
from nearline.handlers.base import AnyHandler
from shared.events.exposures import Browse, Impression
from shared.events.feedback import ListChange, Rating, Thumb
from shared.events.plays import PLAY_TYPES
from shared.events.profiles import OnboardingPicks, ProfileFacts, SurveyAnswer
from shared.events.searches import SearchPerformed, SearchSelected

# Not here: page.served (its impressions are what counts) and profile.erasure (counted as unhandled;
# it stays in log and lake, so that none is lost before there is a handler that erases).
HANDLERS: dict[str, tuple[AnyHandler, ...]] = {
    **{
        play.type: (plays.HANDLER, searches.HANDLER)
        if play.type == "play.started"
        else (plays.HANDLER,)
        for play in PLAY_TYPES
    },
    **dict.fromkeys((Thumb.type, ListChange.type, Rating.type), (feedback.HANDLER,)),
    **dict.fromkeys((OnboardingPicks.type, SurveyAnswer.type), (picks.HANDLER,)),
    **dict.fromkeys((SearchPerformed.type, SearchSelected.type), (searches.HANDLER,)),
    **dict.fromkeys((Impression.type, Browse.type), (exposures.HANDLER,)),
    ProfileFacts.type: (facts.HANDLER,),
}

_ALL = {handler.part: handler for handlers in HANDLERS.values() for handler in handlers}


def handler_of_part(name: str) -> AnyHandler | None:
    """Whose part a stored name is; None for parts that no handler of this version keeps."""
    return _ALL.get(name.partition(":")[0])
