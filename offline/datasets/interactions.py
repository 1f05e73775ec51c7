"""From viewings to the arrays that trainers read."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.features.context import device_code
from shared.ids import ProfileId
from shared.models.interactions import NO_COUNTRY, Interactions, sorted_interactions
from shared.vocabulary import UNKNOWN, Vocabulary


def known_at(viewings: pa.Table, moment_ms: int) -> pa.Table:
    """The viewings as they were known at one of the moments that the table was made for."""
    return viewings.filter(pc.field("known_at_ms") == moment_ms)


def to_interactions(
    viewings: pa.Table, profile_ids: Sequence[ProfileId], vocabulary: Vocabulary
) -> Interactions:
    """Viewings of one moment as arrays; those of titles outside the vocabulary (withdrawn since)
    are left out.
    """
    users = _places(viewings["profile_id"], profile_ids)
    items = _places(viewings["title_id"], vocabulary.title_ids)
    kept = (users != UNKNOWN) & (items != UNKNOWN)
    countries = sorted(set(viewings["country"].drop_null().to_pylist()))
    devices = np.array(
        [device_code(name or "unknown") for name in viewings["device"].to_pylist()], np.int8
    )
    return sorted_interactions(
        profile_ids,
        vocabulary,
        users=users[kept],
        items=items[kept],
        time_ms=viewings["start_ms"].to_numpy()[kept],
        fraction=viewings["fraction"].to_numpy()[kept],
        weight=viewings["reward"].to_numpy()[kept],
        device=devices[kept],
        offset_min=pc.fill_null(viewings["utc_offset_min"], 0).to_numpy()[kept],
        country=_places(viewings["country"], countries)[kept],
        countries=countries,
    )


def _places(
    column: pa.ChunkedArray, values: Sequence[str]
) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """The place of each entry in `values`; UNKNOWN (which is also NO_COUNTRY) for what is not
    there.
    """
    found = pc.index_in(column, pa.array(values, pa.string()))
    places: np.ndarray[tuple[int], np.dtype[np.int32]] = (
        pc.fill_null(found, NO_COUNTRY).to_numpy().astype(np.int32)
    )
    return places
