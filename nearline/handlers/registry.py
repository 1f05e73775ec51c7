"""The handler registry: looks handlers up by event type, topic and row, and rejects conflicts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from nearline.handlers.base import AnyHandler
from nearline.handlers.effects import SUMS_SUFFIX, CounterSpec
from nearline.rows import PROFILE_TOPICS, RESERVED_NAMES, handler_and_version
from shared.errors import SchemaMismatch
from shared.naming import by_unique_name
from shared.records.digest import TopicDigest


class HandlerRegistry:
    """All handlers of a worker.

    Raises:
        ValueError: two handlers conflict, or a handler's declaration is wrong; the message names
            the modules.
    """

    def __init__(self, handlers: Sequence[AnyHandler]) -> None:
        for handler in handlers:
            _check_name(handler)
            _check_topics(handler)
            _check_counters(handler)
        self._by_name = by_unique_name(handlers, lambda handler: handler.name)
        _check_digest_fields(handlers)
        self.counters = _counters(handlers)
        self._by_event: dict[str, list[AnyHandler]] = defaultdict(list)
        self._by_topic: dict[str, list[AnyHandler]] = defaultdict(list)
        self.part_types = tuple(handler.part_type for handler in handlers)
        for handler in handlers:
            self._by_topic[handler.topic].append(handler)
            for event in handler.events:
                self._by_event[event.type].append(handler)

    def of_event(self, event_type: str) -> Sequence[AnyHandler]:
        """The handlers of an event type; empty when no handler folds it."""
        return self._by_event.get(event_type, ())

    def of_topic(self, topic: str) -> Sequence[AnyHandler]:
        """The handlers of a topic's event types."""
        return self._by_topic.get(topic, ())

    def of_row(self, row: str) -> AnyHandler | None:
        """The handler of the part in a row.

        None for a part of an older version of its handler, or without a handler.

        Raises:
            SchemaMismatch: the row was written by a newer version of the handler.
        """
        name, version = handler_and_version(row)
        handler = self._by_name.get(name)
        if handler is None or version is None or version < handler.version:
            return None
        if version > handler.version:
            raise SchemaMismatch(
                f"row {row} was written by version {version} of handler {name}; this worker has "
                f"version {handler.version}: start a worker of the newer release"
            )
        return handler


def _check_name(handler: AnyHandler) -> None:
    name = handler.name
    if name in RESERVED_NAMES:
        raise ValueError(
            f"handler {handler.module} has the reserved name {name!r}; reserved names are "
            f"{', '.join(sorted(RESERVED_NAMES))}"
        )
    if not (name.isascii() and name.isidentifier()):
        raise ValueError(f"handler {handler.module} has the name {name!r}; use letters, digits, _")
    if handler.version < 1:
        raise ValueError(f"handler {handler.module} has version {handler.version}; start at 1")


def _check_topics(handler: AnyHandler) -> None:
    if not handler.events:
        raise ValueError(f"handler {handler.module} declares no event type")
    first = handler.events[0]
    if len(set(handler.events)) < len(handler.events):
        raise ValueError(f"handler {handler.module} declares an event type twice")
    if first.topic not in PROFILE_TOPICS:
        raise ValueError(
            f"handler {handler.module} folds {first.type} of topic {first.topic}; profiles are "
            f"folded from {' and '.join(PROFILE_TOPICS)}"
        )
    for event in handler.events:
        if event.topic != first.topic:
            raise ValueError(
                f"handler {handler.module} folds {first.type} of topic {first.topic} and "
                f"{event.type} of topic {event.topic}; a row is fed by one topic"
            )
    for counter in handler.counters:
        if counter.topic != first.topic:
            raise ValueError(
                f"handler {handler.module} folds topic {first.topic} and feeds counter "
                f"{counter.name} of topic {counter.topic}"
            )


def _check_counters(handler: AnyHandler) -> None:
    for counter in handler.counters:
        if not counter.name or counter.name.endswith(SUMS_SUFFIX):
            raise ValueError(
                f"handler {handler.module} feeds a counter named {counter.name!r}; a name must not "
                f"be empty or end in {SUMS_SUFFIX!r}"
            )
        if not 0 < counter.bucket_ms <= counter.retention_ms:
            raise ValueError(
                f"handler {handler.module} feeds counter {counter.name!r} with buckets of "
                f"{counter.bucket_ms} ms, retained for {counter.retention_ms} ms"
            )


def _check_digest_fields(handlers: Iterable[AnyHandler]) -> None:
    owners: dict[tuple[str, str], AnyHandler] = {}
    for handler in handlers:
        digest_type = PROFILE_TOPICS[handler.topic].digest_type
        for field in handler.digest_fields(()):
            if field not in digest_type.__struct_fields__:
                raise ValueError(
                    f"handler {handler.module} fills field {field!r}, which "
                    f"{digest_type.__name__} does not have"
                )
            if field in TopicDigest.__struct_fields__:
                raise ValueError(
                    f"handler {handler.module} fills field {field!r}, which the fold itself fills"
                )
            owner = owners.setdefault((handler.topic, field), handler)
            if owner is not handler:
                raise ValueError(
                    f"handlers {owner.module} and {handler.module} both fill field {field!r} of "
                    f"{digest_type.__name__}"
                )


def _counters(handlers: Iterable[AnyHandler]) -> tuple[CounterSpec, ...]:
    counters: dict[str, tuple[CounterSpec, AnyHandler]] = {}
    for handler in handlers:
        for counter in handler.counters:
            declared, owner = counters.setdefault(counter.name, (counter, handler))
            if declared != counter:
                raise ValueError(
                    f"handlers {owner.module} and {handler.module} declare counter "
                    f"{counter.name!r} differently"
                )
    return tuple(counter for counter, _ in counters.values())
