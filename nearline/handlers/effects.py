"""Effects: the values that a handler's fold returns with its part; the worker applies them.

Effects are a function of the part and the event: a batch that is folded again after a failure
returns the same bytes again. Every event id in an outgoing record is therefore the event's own or
derived from it, and every time is the event's.

Counter deltas are applied exactly once, by log position. Outgoing records are written before the
batch is stored, at least once; their consumers detect a repetition by its event id.
"""

from dataclasses import dataclass
from typing import Final

from shared.ids import TitleId
from shared.log.port import OutgoingRecord

SUMS_SUFFIX: Final = ":sums"
"""The sums of a counter are stored under its name with this suffix."""


@dataclass(frozen=True, slots=True)
class CounterSpec:
    """A counter: sums of deltas per scope and title in buckets of event time."""

    name: str
    """Name in the store. It contains the version of the counting rules."""
    topic: str
    """The topic that feeds the counter; buckets are stored for each of its partitions."""
    bucket_ms: int
    """Length of a bucket."""
    retention_ms: int
    """Age, measured from the newest bucket, at which a bucket is closed and later dropped."""

    @property
    def open_buckets(self) -> int:
        """The number of buckets within the retention."""
        return self.retention_ms // self.bucket_ms


@dataclass(frozen=True, slots=True)
class CounterDelta:
    """A change of one counter: add `amount` to a title's count in the bucket of `time_ms`.

    `scope` is a country or GLOBAL_SCOPE. A negative amount takes back an earlier delta.
    """

    counter: str
    scope: str
    key: TitleId
    time_ms: int
    amount: float


Effect = CounterDelta | OutgoingRecord
Effects = tuple[Effect, ...]
