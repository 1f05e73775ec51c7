"""The required configuration of the topics; `infra` creates them."""

from typing import Final

from shared.clock import DAY_MS
from shared.log.port import TopicSpec
from shared.topics import CATALOG, DEAD_LETTERS, EXPOSURES, SIGNALS

# Guesses: a nightly run copies the records to the lake every day, so two weeks leave time to repair
# it, and a month leaves time to read dead letters.
RETENTION_MS: Final = 14 * DAY_MS
DEAD_LETTER_RETENTION_MS: Final = 30 * DAY_MS


def topic_specs(partitions: int) -> tuple[TopicSpec, ...]:
    """All topics; `partitions` is that of `signals` and `exposures` and can never change."""
    return (
        TopicSpec(SIGNALS, partitions, RETENTION_MS),
        TopicSpec(EXPOSURES, partitions, RETENTION_MS),
        TopicSpec(CATALOG, 1, None, compacted=True),
        TopicSpec(DEAD_LETTERS, 1, DEAD_LETTER_RETENTION_MS),
    )
