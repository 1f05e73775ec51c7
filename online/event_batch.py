"""Split the body of a batch into events, so that a broken event does not affect the others."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from shared.api.events import MAX_EVENTS

# Fields before `events` must not contain brackets: the head ends at the bracket of the array.
_HEAD: Final = re.compile(rb'\s*+\{[^\[\]{}]*?"events"\s*+:\s*+\[')
# The closing quote is optional, so that an open string is scanned once and not once per quote.
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)
_DEPTH: Final = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}


class _RawBatch(msgspec.Struct):
    """A batch with undecoded events."""

    events: list[msgspec.Raw]


_batches: Final = msgspec.json.Decoder(_RawBatch)


def split_valid(body: bytes) -> Sequence[bytes | msgspec.Raw] | None:
    """Return the events of a batch that is valid JSON; None if the body is anything else."""
    try:
        return _batches.decode(body).events
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def split_broken(body: bytes) -> Sequence[bytes] | None:
    """Return the events of a batch that would be valid JSON without its events; None if it is not.

    Splits at the commas of the `events` array. The result is None if an event has an unbalanced
    bracket or quote, because its end cannot be found. The time is proportional to the length of the
    body.
    """
    head = _HEAD.match(body)
    cuts = [] if head is None else _cuts(body, head.end())
    if not cuts or split_valid(body[: cuts[0] + 1] + body[cuts[-1] :]) is None:
        return None
    events = [body[start + 1 : end] for start, end in pairwise(cuts)]
    return [] if len(events) == 1 and not events[0].strip() else events


def _cuts(body: bytes, start: int) -> list[int]:
    """Return the positions of the bracket before `start`, of the array's commas and of its end.

    Empty if it does not close, or has too many events.
    """
    cuts, depth = [start - 1], 1
    for match in _TOKEN.finditer(body, start):
        token = match.group()
        depth += _DEPTH.get(token, 0)
        if depth == 0:
            return [*cuts, match.start()]
        if depth == 1 and token == b",":
            cuts.append(match.start())
            if len(cuts) > MAX_EVENTS:
                break
    return []
