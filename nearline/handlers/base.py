"""The handler: pure functions that fold some event types into parts of a profile's state.

A part must not depend on the order in which its events arrive. "Latest" is decided by `order_of`,
watched intervals are united, and counts are added. An event reaches a handler once, because
duplicates are removed first. Dicts keep their keys sorted, so that equal parts have equal bytes.
Size limits keep the latest entries. If an entry combines several events, the result is exact only
below the limit, which real clients do not reach.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec

from nearline.handlers.effects import CounterSpec, Effects
from nearline.rows import part_row
from shared.events.accept import AcceptedEvent
from shared.events.body import Body
from shared.events.envelope import Order

P = TypeVar("P", bound=msgspec.Struct)
S = TypeVar("S")
K = TypeVar("K", bound=str)
V = TypeVar("V")

DigestFields = Mapping[str, object]

SINGLE_PART: Final = ""
"""The key of the part of a handler with one part per profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler(Generic[P, S]):
    """Folds its event types into its parts and contributes fields to the digest of their topic.

    All functions are pure: they read no clock, no catalog and no store.
    """

    name: str
    """The name of its parts in the store, unique among handlers."""
    version: int
    """Version of part and fold, from 1. Raise it with every change that makes a stored part differ
    from one that is folded again from the log. Parts of another version are not read.
    """
    events: tuple[type[Body], ...]
    """The event types it folds; all belong to one topic."""
    part_type: type[P]
    """The stored form of a part."""
    part_key: Callable[[AcceptedEvent], str | None]
    """The key of the part that an event changes: SINGLE_PART, or an id such as the title's. None if
    the event changes no part of this handler.
    """
    fold: Callable[[P | None, AcceptedEvent], tuple[P, Effects]]
    """The part after the event, and the event's effects; None is a part without events."""
    summarize: Callable[[P], S]
    """The summary of one part, for `digest_fields`; computed again only when the part changes."""
    digest_fields: Callable[[Collection[S]], DigestFields]
    """The handler's fields of the topic's digest, from the summaries of all its parts; always the
    same fields, even without a part.
    """
    counters: tuple[CounterSpec, ...] = ()
    """The counters that its effects may change."""

    @property
    def topic(self) -> str:
        """The topic of its event types."""
        return self.events[0].topic

    @property
    def module(self) -> str:
        """The module that defines it, for messages."""
        return self.fold.__module__

    def __str__(self) -> str:
        return f"handler {self.module}"

    def row(self, key: str) -> str:
        """The name of the row of one of its parts."""
        return part_row(self.name, self.version, key)


AnyHandler = Handler[Any, Any]


def single_part_handler(
    *,
    name: str,
    version: int,
    events: tuple[type[Body], ...],
    empty: P,
    fold: Callable[[P | None, AcceptedEvent], tuple[P, Effects]],
    summarize: Callable[[P], DigestFields],
    part_key: Callable[[AcceptedEvent], str | None] = lambda _event: SINGLE_PART,
) -> Handler[P, DigestFields]:
    """A handler with one part per profile; the part's summary is the handler's digest fields.

    `empty` is a part without events; its summary is the fields of a profile without a part.
    """
    fields_without_part = summarize(empty)
    return Handler(
        name=name,
        version=version,
        events=events,
        part_type=type(empty),
        part_key=part_key,
        fold=fold,
        summarize=summarize,
        digest_fields=lambda summaries: next(iter(summaries), fields_without_part),
    )


class Latest(msgspec.Struct, Generic[V], frozen=True, array_like=True):
    """A value and the order of the event that set it."""

    order: Order
    value: V


def latest_of(current: Latest[V] | None, order: Order, value: V) -> Latest[V]:
    """The current value, or the event's value if the event comes later."""
    if current is not None and current.order >= order:
        return current
    return Latest(order, value)


def with_entry(entries: Mapping[K, V], key: K, value: V) -> dict[K, V]:
    """A copy of the entries with one set, its keys sorted."""
    changed = {**entries, key: value}
    return changed if key in entries else dict(sorted(changed.items()))


def keep_latest(entries: dict[K, V], limit: int, order: Callable[[V], Order]) -> dict[K, V]:
    """The `limit` entries of the latest order; keys stay sorted."""
    if len(entries) <= limit:
        return entries
    latest = set(sorted(entries, key=lambda key: (order(entries[key]), key), reverse=True)[:limit])
    return {key: value for key, value in entries.items() if key in latest}
