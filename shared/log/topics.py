"""The topics of the platform, in one place; `infra` creates them, brokers do not."""

from shared.clock import DAY_MS
from shared.log.port import TopicSpec

SIGNALS = "signals"
EXPOSURES = "exposures"
CATALOG = "catalog"
DEAD_LETTERS = "dead-letters"


def topic_specs(partitions: int) -> tuple[TopicSpec, ...]:
    """Every topic with its retention; `partitions` is fixed for the life of `signals` and
    `exposures`.
    """
    return (
        TopicSpec(SIGNALS, partitions, 14 * DAY_MS),
        TopicSpec(EXPOSURES, partitions, 14 * DAY_MS),
        TopicSpec(CATALOG, 1, None, compacted=True),
        TopicSpec(DEAD_LETTERS, 1, 30 * DAY_MS),
    )
