"""Settings of the nearline worker."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """The worker's settings; durations in seconds. Values without a source are guesses."""

    group: str = "nearline"
    """Consumer group; workers of one group share the partitions. The topics' incarnation numbers
    are appended to it.
    """
    poll_records: int = 2_000
    """Maximum number of records between two commits. Events of one profile in a batch share one
    write, so large batches drain a backlog faster. Without a backlog a batch has the records since
    the last one.
    """
    poll_timeout_s: float = 0.1
    """Maximum wait of a poll without records."""
    turn_every_s: float = 0.05
    """Minimum time between the starts of two batches; every batch costs a round of writes and a
    commit.
    """
    cached_profiles: int = 20_000
    """Maximum number of profiles in memory, counted per topic; others are read from the store."""
    totals_every_s: float = 2.0
    """Time between two writes of the tallies' totals."""
    lag_every_s: float = 1.0
    """Time between two reads of the partitions' end offsets."""
    stuck_after_s: float = 60.0
    """A partition with lag is reported as stuck if its position does not advance for this long."""
    encoder_every_s: float = 3.0
    """Time between two checks for a newly published generation and its encoder."""
    check_topics_every_s: float = 30.0
    """Time between two checks that the topics are the registered ones."""
    first_backoff_s: float = 0.1
    """Wait after the first failure of log or store; doubled after each further one."""
    longest_backoff_s: float = 5.0
    """Maximum wait between two attempts; the worker stays in its group."""
    acknowledge_timeout_s: float = 30.0
    """Maximum wait for the log to acknowledge an outgoing record."""
