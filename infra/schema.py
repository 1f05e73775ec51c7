"""What must exist in log and store before anything runs: topics, tables, and which incarnation of
each topic is the known one.
"""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

from infra.settings.sections import Settings
from infra.wiring import open_log, open_store
from shared.log.port import Log
from shared.log.topics import topic_specs
from shared.store.port import Store
from shared.store.tables import ALL_TABLES, INCARNATIONS


@dataclass(frozen=True, slots=True)
class Applied:
    """What `apply` did and found; `replaced` topics are not the ones that stored positions speak
    of.
    """

    topics_created: tuple[str, ...]
    replaced: tuple[str, ...]


def apply(settings: Settings) -> Applied:
    """Create what is missing; safe to repeat, and at the same time from several places.

    Raises:
        SchemaMismatch: a topic or a table exists in another shape.
        LogUnavailable, StoreUnavailable: no answer.
    """
    with closing(open_log(settings)) as log, closing(open_store(settings)) as store:
        specs = topic_specs(settings.kafka.partitions)
        created = log.ensure_topics(specs)
        store.migrate(ALL_TABLES)
        return Applied(
            tuple(created), tuple(note_incarnations(log, store, [spec.topic for spec in specs]))
        )


def note_incarnations(log: Log, store: Store, topics: Iterable[str]) -> list[str]:
    """Number the first incarnation of each topic 1; return the topics that are another incarnation
    than the one on record.

    Those are left as they are: only a rebuild may move stored state to a new incarnation, and until
    then the nearline worker refuses.
    """
    replaced = []
    for topic in topics:
        incarnation = log.topic(topic).incarnation
        store.compare_and_set(
            INCARNATIONS, (topic,), None, {"incarnation": incarnation, "number": 1}
        )
        known = next(iter(store.read(INCARNATIONS, (topic,)).values()))
        if known["incarnation"] != incarnation:
            replaced.append(topic)
    return replaced
