"""The topics and tables that must exist before a tier starts."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

from infra.settings.sections import Settings
from infra.wiring import open_log, open_store
from nearline.incarnations import registered_incarnation
from shared.log.port import Log
from shared.log.topics import topic_specs
from shared.store.port import Store
from shared.store.tables import ALL_TABLES


@dataclass(frozen=True, slots=True)
class Applied:
    """The result of `apply`.

    `replaced` holds the topics that were deleted and created again since their positions were
    stored.
    """

    topics_created: tuple[str, ...]
    replaced: tuple[str, ...]


def apply(settings: Settings, *, alter_topics: bool = False) -> Applied:
    """Create the missing topics and tables, and compare existing ones with the expected ones.

    Safe to repeat, also from several machines at once. `alter_topics` changes the settings of
    existing topics.

    Raises:
        SchemaMismatch: a topic, the keyspace or a table differs; the message has the command that
            repairs it.
        LogUnavailable, StoreUnavailable: no response.
    """
    with closing(open_log(settings)) as log, closing(open_store(settings)) as store:
        specs = topic_specs(settings.kafka.partitions)
        created = log.ensure_topics(specs, alter=alter_topics)
        store.migrate(ALL_TABLES)
        replaced = record_incarnations(log, store, [spec.topic for spec in specs])
        return Applied(tuple(created), tuple(replaced))


def record_incarnations(log: Log, store: Store, topics: Iterable[str]) -> list[str]:
    """Record the first incarnation of each topic as number 1; return topics with another one.

    The record of those is not changed. Only a rebuild may move stored state to a new incarnation,
    and the nearline worker refuses to start until then.
    """
    replaced = []
    for topic in topics:
        incarnation = log.topic(topic).incarnation
        if registered_incarnation(store, topic, incarnation).incarnation_id != incarnation:
            replaced.append(topic)
    return replaced
