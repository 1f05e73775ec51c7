"""The registry of handlers; a new handler is one file and one line in this list."""

from nearline.handlers import exposures, facts, feedback, picks, plays, searches, trailers
from nearline.handlers.registry import HandlerRegistry

# Two event types have no handler and are counted as unhandled. page.served is not folded, because
# impressions are. profile.erasure stays in log and lake until there is a handler for erasure.
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
