"""All exceptions of the platform, in one tree; the class of an error determines what to do next.

MarqueeError
├── Retryable                 call again later; nothing was lost
│   ├── LogUnavailable            the log did not answer in time
│   ├── StoreUnavailable          the store did not answer in time
│   └── Backpressure              a buffer is full: produce more slowly
├── InvalidEvent              reject the record or send it to dead letters; retrying cannot help
├── Stop                      stop the process and alert an operator; continuing would lose data
│   ├── LogGap                    records that were not read yet have been deleted
│   ├── LogReplaced               the topic was recreated; stored positions are of the old one
│   ├── Fenced                    another process owns this partition now: drop its state
│   ├── SchemaMismatch            tables or topics differ from what this version expects
│   └── RequestRejected           the log or the store rejects this request permanently
├── SetupError                fix the machine or the settings (Java, ports, memory), then restart
├── ArtifactMissing           continue with the artifacts in use; restore the missing one
├── ArtifactCorrupt           continue with the artifacts in use; publish again
├── GateFailed                keep the published model; do not publish this one
├── LeaseHeld                 wait for the other run of this job to end
└── UnknownFormat             treat the stored record as missing, and count it
"""


class MarqueeError(Exception):
    """Base class of all errors that Marquee raises on purpose."""


class Retryable(MarqueeError):
    """The call failed for now; it may have had an effect, and is safe to repeat."""


class LogUnavailable(Retryable):
    """The log did not answer in time; a write may or may not have happened."""


class StoreUnavailable(Retryable):
    """The store did not answer in time; a write may or may not have happened."""


class Backpressure(Retryable):
    """A bounded buffer is full; the caller should produce more slowly."""


class InvalidEvent(MarqueeError):
    """A record that is not a valid event and never will be.

    `reason` is a short stable code, `field` the path of the wrong field, if there is one.
    """

    def __init__(self, reason: str, detail: str, field: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.field = field


class Stop(MarqueeError):
    """Continuing would lose or corrupt data; the message names the command that repairs it."""


class LogGap(Stop):
    """Records between the stored position and the start of the log were deleted.

    `lost` is their number, 0 where it is unknown.
    """

    def __init__(self, message: str, lost: int) -> None:
        super().__init__(message)
        self.lost = lost


class LogReplaced(Stop):
    """The topic was deleted and created again, so stored positions do not apply to it."""


class Fenced(Stop):
    """Another process owns the partition; this one must drop its state of it."""


class SchemaMismatch(Stop):
    """The tables or topics are not those that this version expects."""


class RequestRejected(Stop):
    """The log or the store rejects the request: too large, not authorized, or malformed."""


class SetupError(MarqueeError):
    """The machine or the settings are not ready; the message is one sentence with the remedy."""


class ArtifactMissing(MarqueeError):
    """An artifact or document does not exist, or its store cannot be reached."""


class ArtifactCorrupt(MarqueeError):
    """The bytes of an artifact do not match their checksum, or are not of the expected kind."""


class GateFailed(MarqueeError):
    """A model did not pass its gate; the message contains the verdict."""


class LeaseHeld(MarqueeError):
    """Another run of the same job has the lease."""


class UnknownFormat(MarqueeError):
    """A stored record has a format that this version cannot read."""
