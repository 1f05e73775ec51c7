"""Profile facts: the latest complete set."""

import msgspec

from nearline.handlers.base import (
    DigestFields,
    Latest,
    latest_of,
    single_part_handler,
)
from nearline.handlers.effects import Effects
from shared.events.accept import AcceptedEvent
from shared.events.envelope import order_of
from shared.events.profiles import ProfileFacts
from shared.records.digest import Facts


class FactsPart(msgspec.Struct, frozen=True, array_like=True):
    """The latest facts and the order of their event."""

    latest: Latest[Facts] | None = None


def fold(part: FactsPart | None, event: AcceptedEvent) -> tuple[FactsPart, Effects]:
    """Replace the facts if the event is later."""
    body = event.body
    if not isinstance(body, ProfileFacts):
        raise TypeError(f"{event.envelope.type} contains no profile facts")
    facts = Facts(body.maturity_ceiling, body.country, body.languages, body.name)
    latest = latest_of(part.latest if part else None, order_of(event.envelope), facts)
    return FactsPart(latest), ()


def summarize(part: FactsPart) -> DigestFields:
    """The latest facts."""
    return {"facts": part.latest.value if part.latest else None}


HANDLER = single_part_handler(
    name="facts",
    version=1,
    events=(ProfileFacts,),
    empty=FactsPart(),
    fold=fold,
    summarize=summarize,
)
