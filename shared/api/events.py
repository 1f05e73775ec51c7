"""Batches of events and the answer to a batch."""

from collections.abc import Iterable
from typing import Annotated, Final

from msgspec import Meta, Struct

from shared.api.problem import ProblemDocument
from shared.events.envelope import Envelope

MAX_EVENTS: Final = 500
"""Maximum number of events in a batch. A guess: a client that posts every second stays below it."""
MAX_BATCH_BYTES: Final = 512 * 1024
"""Maximum size of a batch: twice that of an event."""


class EventBatch(Struct, frozen=True):
    """The body of a POST: events of one or several profiles."""

    events: Annotated[
        list[Envelope],
        Meta(
            min_length=1, max_length=MAX_EVENTS, description="Events; each is validated separately."
        ),
    ]


def encode_batch(events: Iterable[bytes]) -> bytes:
    """Join encoded events into the body of a batch; they are not checked."""
    return b'{"events":[' + b",".join(events) + b"]}"


class EventRefusal(Struct, frozen=True, omit_defaults=True):
    """Why one event of a batch was refused. Sending it again does not help."""

    index: Annotated[int, Meta(ge=0, description="Position in the batch, counted from 0.")]
    reason: Annotated[str, Meta(description="Short stable code.", examples=["unknown_type"])]
    detail: Annotated[str, Meta(description="What is wrong, for a person.")]
    field: Annotated[
        str | None,
        Meta(description="Path of the wrong field inside the event.", examples=["body.runtime_s"]),
    ] = None
    event_id: Annotated[str | None, Meta(description="The event's own id, if readable.")] = None


class EventsAnswer(Struct, frozen=True):
    """The result of a batch. The log has acknowledged the accepted events."""

    accepted: Annotated[int, Meta(ge=0, description="Number of accepted events.")]
    refused: tuple[EventRefusal, ...]


class EventsProblem(ProblemDocument, frozen=True, omit_defaults=True):
    """The problem document of a batch; lists the refused events if the batch could be read."""

    accepted: Annotated[int | None, Meta(description="Number of accepted events.")] = None
    refused: tuple[EventRefusal, ...] = ()
