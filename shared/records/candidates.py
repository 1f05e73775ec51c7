"""Precomputed candidates of a profile: rows of catalog numbers with scores, in an order that is
itself a page.
"""

import msgspec

from shared.ids import EncoderId, GenerationId, TitleId


class CandidateRow(msgspec.Struct, frozen=True, array_like=True):
    """A row as computed overnight: `numbers` (little-endian int32) and `scores` (float32) as bytes,
    best first.

    Numbers belong to the generation's catalog vocabulary. `subject` says what the row is about: the
    anchor's title id for because-you-watched, the genre for a genre row, empty otherwise.
    """

    kind: str
    subject: str
    source: str
    version: str
    numbers: bytes
    scores: bytes


class Candidates(msgspec.Struct, frozen=True, kw_only=True):
    """All rows of one profile under one generation, with a copy of what the page needs when the
    digest cannot be read.

    `vector` is the profile's embedding by `encoder_id` at the time of computing (float32 bytes;
    empty when there is no encoder). `maturity_ceiling` and `country` are None when the profile
    never said.
    """

    generation: GenerationId
    rows: tuple[CandidateRow, ...]
    encoder_id: EncoderId
    vector: bytes
    disliked: tuple[TitleId, ...]
    finished: tuple[TitleId, ...]
    computed_ms: int
    maturity_ceiling: int | None = None
    country: str | None = None
