"""The base class of event bodies."""

from typing import ClassVar

import msgspec


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields of one event type; decoding ignores unknown fields.

    A subclass sets `type`, its name in the envelope, and `topic`, the topic of its records.
    """

    type: ClassVar[str]
    topic: ClassVar[str]
