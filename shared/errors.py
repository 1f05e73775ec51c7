"""The one exception tree; the class of an error says what to do next.

MarqueeError
├── Retryable                 try again later, nothing is lost
│   ├── LogUnavailable            the log did not answer in time
│   ├── StoreUnavailable          the store did not answer in time
│   └── Backpressure              a buffer is full: slow down
├── InvalidEvent              this record can never be accepted: dead letters
├── Stop                      going on would lose or corrupt something: stop and tell a person
│   ├── LogGap                    records that should be read are gone
│   ├── LogReplaced               the topic is not the one the stored positions speak of
│   ├── Fenced                    another process owns this partition now
│   ├── SchemaMismatch            the store or the log is not laid out as this version expects
│   └── RequestRejected           the log or the store refuses this request, and always will
├── SetupError                the machine or the settings are not ready (Java, ports, memory)
├── ArtifactMissing           an artifact is not where the manifest says
├── ArtifactCorrupt           an artifact's bytes do not match their checksum
├── GateFailed                a model was measured and is not good enough to publish
├── LeaseHeld                 another run of the same job is under way
└── UnknownFormat             a stored blob was written by a version this one cannot read
"""


class MarqueeError(Exception):
    """Every error that Marquee raises on purpose."""


class Retryable(MarqueeError):
    """Try the same call again later; nothing was lost, something may have been done."""


class LogUnavailable(Retryable):
    """The log did not answer in time; a write may or may not have happened."""


class StoreUnavailable(Retryable):
    """The store did not answer in time; a write may or may not have happened."""


class Backpressure(Retryable):
    """A bounded buffer is full; the caller should slow down."""


class InvalidEvent(MarqueeError):
    """A record that no later attempt could accept; `reason` is a short stable code, `field` the
    path at fault.
    """

    def __init__(self, reason: str, detail: str, field: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.field = field


class Stop(MarqueeError):
    """Going on would lose or corrupt something; the message names the command that mends it."""


class LogGap(Stop):
    """Records between the stored position and the log's first offset are gone; `lost` counts them."""

    def __init__(self, message: str, lost: int) -> None:
        super().__init__(message)
        self.lost = lost


class LogReplaced(Stop):
    """The topic was deleted and created again, so stored positions mean nothing in it."""


class Fenced(Stop):
    """Another process owns the partition; whatever this one still holds must be dropped."""


class SchemaMismatch(Stop):
    """The store or the log is not laid out as this version expects."""


class RequestRejected(Stop):
    """The log or the store refuses the request by its nature (too large, not authorized,
    malformed).
    """


class SetupError(MarqueeError):
    """The machine or the settings are not ready; the message is one sentence a person can act on."""


class ArtifactMissing(MarqueeError):
    """An artifact named by a manifest cannot be found."""


class ArtifactCorrupt(MarqueeError):
    """An artifact's bytes do not match the checksum in its name."""


class GateFailed(MarqueeError):
    """A model was measured and may not be published; the message carries the verdict."""


class LeaseHeld(MarqueeError):
    """Another run of the same job holds its lease."""


class UnknownFormat(MarqueeError):
    """A blob's format byte is not one this version reads; it counts as missing and raises an alert."""
