"""The required configuration of the topics; `infra` creates them."""

from shared.clock import DAY_MS
from shared.log.port import TopicSpec

SIGNALS = "signals"
EXPOSURES = "exposures"
CATALOG = "catalog"
DEAD_LETTERS = "dead-letters"


def topic_specs(partitions: int) -> tuple[TopicSpec, ...]:
    """All topics; `partitions` is that of `signals` and `exposures` and can never change."""
    return (
        TopicSpec(SIGNALS, partitions, 14 * DAY_MS),
        TopicSpec(EXPOSURES, partitions, 14 * DAY_MS),
        TopicSpec(CATALOG, 1, None, compacted=True),
        TopicSpec(DEAD_LETTERS, 1, 30 * DAY_MS),
    )
