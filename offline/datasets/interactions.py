"""Convert viewing sessions into the arrays that trainers read."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.features.context import device_code
from shared.ids import ProfileId
from shared.models.interactions import NO_COUNTRY, Interactions, sorted_interactions
from shared.vocabulary import UNKNOWN, Numbers, Vocabulary


def known_at(viewings: pa.Table, time_ms: int) -> pa.Table:
    """Return the viewing sessions as of one of the times of the table."""
    return viewings.filter(pc.field("known_at_ms") == time_ms)


def to_interactions(
    viewings: pa.Table, profile_ids: Sequence[ProfileId], vocabulary: Vocabulary
) -> Interactions:
    """Return viewing sessions of one time as arrays.

    Sessions of other profiles, and of titles outside the vocabulary, are left out: such titles were
    withdrawn.
    """
    users = _numbers(viewings["profile_id"], profile_ids)
    items = _numbers(viewings["title_id"], vocabulary.title_ids)
    included = (users != UNKNOWN) & (items != UNKNOWN)
    countries = sorted(set(viewings["country"].drop_null().to_pylist()))
    devices = np.array(
        [device_code(name or "unknown") for name in viewings["device"].to_pylist()], np.int8
    )
    return sorted_interactions(
        profile_ids,
        vocabulary,
        users=users[included],
        items=items[included],
        time_ms=viewings["start_ms"].to_numpy()[included],
        fraction=viewings["fraction"].to_numpy()[included],
        weight=viewings["reward"].to_numpy()[included],
        device=devices[included],
        offset_min=pc.fill_null(viewings["utc_offset_min"], 0).to_numpy()[included],
        country=_numbers(viewings["country"], countries)[included],
        countries=countries,
    )


def _numbers(column: pa.ChunkedArray, values: Sequence[str]) -> Numbers:
    """Return the index of each entry in `values`; UNKNOWN, which equals NO_COUNTRY, for others."""
    positions = pc.index_in(column, pa.array(values, pa.string()))
    numbers: Numbers = pc.fill_null(positions, NO_COUNTRY).to_numpy().astype(np.int32)
    return numbers
