"""What a handler is: pure functions that fold events of one family into one part of a profile's
state.

Whatever a handler keeps must come out the same in whichever order events arrive: "latest" goes by
`order_of`, watched stretches are united, counts are added (an event reaches a handler once;
duplicates are sorted out before). Dicts keep their keys sorted, so that equal parts are equal
bytes. Limits on size keep the latest entries; where an entry is more than its latest event, that is
exact only as long as the limit is not reached, which no honest client does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from shared.events.accept import AcceptedEvent
from shared.events.envelope import Order
from shared.ids import TitleId

P = TypeVar("P", bound=msgspec.Struct)
K = TypeVar("K", bound=str)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Start:
    """A start that counts for what trends: of which title, in which country, when."""

    title_id: TitleId
    country: str | None
    time_ms: int


@dataclass(frozen=True, slots=True)
class Handler(Generic[P]):
    """One event family's part in the state. Everything here is pure: no clock, no catalog, no
    store.
    """

    part: str
    """The part's name, or what stands before the colon where there are several (`title:…`)."""
    part_type: type[P]
    """What the part is stored as."""
    part_of: Callable[[AcceptedEvent], str | None]
    """The name of the part that the event belongs to; None when it means nothing here."""
    fold: Callable[[P | None, AcceptedEvent], P]
    """The part with the event; None is a part that does not exist yet."""
    start_of: Callable[[P | None, AcceptedEvent], Start | None] = lambda _part, _event: None
    """The counted start that the part holds where the event belongs, if any; asked before and after
    folding, the difference is tallied.
    """


AnyHandler = Handler[Any]


class Latest(msgspec.Struct, Generic[V], frozen=True, array_like=True):
    """A value and the order of the event that set it."""

    order: Order
    value: V


def later(held: Latest[V] | None, order: Order, value: V) -> Latest[V]:
    """What is held, unless the event comes after it."""
    return held if held is not None and held.order >= order else Latest(order, value)


def put(held: Mapping[K, V], key: K, value: V) -> dict[K, V]:
    """A copy with the entry set, its keys sorted."""
    changed = {**held, key: value}
    return changed if key in held else dict(sorted(changed.items()))


def keep_latest(held: dict[K, V], limit: int, order: Callable[[V], Order]) -> dict[K, V]:
    """The `limit` entries of the latest order, keys sorted as before."""
    if len(held) <= limit:
        return held
    kept = set(sorted(held, key=lambda key: (order(held[key]), key), reverse=True)[:limit])
    return {key: value for key, value in held.items() if key in kept}
