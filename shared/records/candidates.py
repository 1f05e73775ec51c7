"""The precomputed candidates of a profile: rows of titles with scores, in page order."""

import msgspec

from shared.ids import EncoderId, GenerationId, TitleId


class CandidateRow(msgspec.Struct, frozen=True, array_like=True):
    """One precomputed row, best title first.

    `numbers` are little-endian int32 in the generation's catalog vocabulary, `scores` little-endian
    float32. `subject` is the anchor's title id in a because-you-watched row, the genre in a genre
    row, and empty in other rows.
    """

    kind: str
    subject: str
    source: str
    version: str
    numbers: bytes
    scores: bytes


class Candidates(msgspec.Struct, frozen=True, kw_only=True):
    """All precomputed rows of one profile in one generation.

    `disliked`, `finished`, `maturity_ceiling` and `country` are copies for pages that cannot read
    the digest; ceiling and country are None if unknown. `vector` is the profile's embedding by
    `encoder_id` as float32 bytes, empty without an encoder.
    """

    generation: GenerationId
    rows: tuple[CandidateRow, ...]
    encoder_id: EncoderId
    vector: bytes
    disliked: tuple[TitleId, ...]
    finished: tuple[TitleId, ...]
    maturity_ceiling: int | None = None
    country: str | None = None
