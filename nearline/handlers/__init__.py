"""The registry of handlers; a new handler is one file and one line here."""

from nearline.handlers import exposures, facts, feedback, picks, plays, searches, trailers
from nearline.handlers.registry import HandlerRegistry

# Two event types have no handler and are counted as unhandled. page.served is not needed, because
# impressions count. profile.erasure stays in log and lake until there is a handler that erases.
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
