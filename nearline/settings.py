"""How the nearline worker behaves."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """The worker's settings; durations in seconds."""

    group: str = "nearline"
    """Consumer group; workers of one group share the partitions. The topics' incarnation numbers
    are added to it.
    """
    poll_records: int = 2_000
    """Most records folded between two commits. Events of one profile in a batch share one write, so
    a backlog drains faster in large batches; without one a batch is what has come since the last,
    whatever this says.
    """
    poll_timeout_s: float = 0.1
    """How long a poll waits when nothing has come."""
    turn_every_s: float = 0.05
    """Least time between the beginnings of two turns: a turn costs a commit and a round of writes,
    however few the events.
    """
    cached_profiles: int = 20_000
    """Profiles kept in memory, counted per topic; the others are read when an event of theirs
    comes.
    """
    totals_every_s: float = 2.0
    """Time between two writings of the trending totals."""
    lag_every_s: float = 1.0
    """Time between two looks at how far the log has gone on."""
    stuck_after_s: float = 60.0
    """A partition with lag whose position has not moved for so long is reported as stuck."""
    encoder_every_s: float = 3.0
    """Time between two looks at which generation, and so which encoder, is published."""
    check_topics_every_s: float = 30.0
    """Time between two looks at whether the topics are still the ones that were registered."""
    first_backoff_s: float = 0.1
    """Wait after the first failure of log or store; doubled for each further one."""
    longest_backoff_s: float = 5.0
    """Longest wait between two tries; the worker stays in its group meanwhile."""
    acknowledge_timeout_s: float = 30.0
    """How long dead letters and misrouted records may wait for the log's acknowledgement."""
