"""The registry of handlers; a new handler is one file and one line here."""

from nearline.handlers import exposures, facts, feedback, picks, plays, searches, trailers
from nearline.handlers.registry import HandlerRegistry

# No handler folds page.served, because impressions say what was seen, nor profile.erasure. Both
# are counted as unhandled and stay in log and lake until a handler folds them.
HANDLERS = HandlerRegistry(
    (
        plays.HANDLER,
        searches.HANDLER,
        feedback.HANDLER,
        picks.HANDLER,
        facts.HANDLER,
        exposures.HANDLER,
        trailers.HANDLER,
    )
)
