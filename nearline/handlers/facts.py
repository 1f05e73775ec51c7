"""Profile facts: the latest whole set."""

import msgspec

from nearline.handlers.base import Handler, Latest, later
from shared.events.accept import AcceptedEvent
from shared.events.envelope import order_of
from shared.events.profiles import ProfileFacts
from shared.records.digest import Facts

PART = "facts"


class FactsPart(msgspec.Struct, frozen=True, array_like=True):
    """The facts and when they were said."""

    latest: Latest[Facts]


def fold(part: FactsPart | None, event: AcceptedEvent) -> FactsPart:
    """The later of what is held and what is said."""
    said = event.body
    if not isinstance(said, ProfileFacts):
        raise TypeError(f"{event.envelope.type} holds no facts")
    facts = Facts(said.maturity_ceiling, said.country, said.languages, said.name)
    return FactsPart(later(part.latest if part else None, order_of(event.envelope), facts))


HANDLER = Handler(PART, FactsPart, lambda _event: PART, fold)
