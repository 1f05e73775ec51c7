"""The base of every event body: its type name on the wire and the topic that carries it."""

from typing import ClassVar

import msgspec


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields of one event type; a subclass sets `type` and `topic`. Unknown fields on the wire
    are ignored.
    """

    type: ClassVar[str]
    topic: ClassVar[str]
