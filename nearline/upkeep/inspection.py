"""What the store holds for a profile, read for a person: pages read the digests only."""

from dataclasses import dataclass

from nearline.digest import PART as FOLD_PART
from nearline.digest import FoldPart
from shared.records.blob import unpack
from shared.records.digest import DIGEST_PART, VECTOR_PREFIX, Digest, ExposureDigest, ProfileVector
from shared.store.port import Store, Table
from shared.store.tables import PROFILE_EXPOSURES, PROFILE_STATE, VALUE


@dataclass(frozen=True, slots=True)
class Held:
    """Everything that nearline holds for a profile; None and empty where nothing was ever folded.
    `rows` counts stored rows and bytes.
    """

    digest: Digest | None
    exposures: ExposureDigest | None
    vectors: tuple[ProfileVector, ...]
    folds: dict[str, FoldPart]
    rows: dict[str, tuple[int, int]]


def held(store: Store, profile_id: str) -> Held:
    """Read all rows of a profile.

    Raises:
        StoreUnavailable: no answer.
        UnknownFormat: a row was written by a later version.
    """
    signals, exposures = (
        _blobs(store, PROFILE_STATE, profile_id),
        _blobs(store, PROFILE_EXPOSURES, profile_id),
    )
    tables = {PROFILE_STATE.name: signals, PROFILE_EXPOSURES.name: exposures}
    return Held(
        digest=unpack(signals[DIGEST_PART], Digest) if DIGEST_PART in signals else None,
        exposures=unpack(exposures[DIGEST_PART], ExposureDigest)
        if DIGEST_PART in exposures
        else None,
        vectors=tuple(
            unpack(blob, ProfileVector)
            for name, blob in sorted(signals.items())
            if name.startswith(VECTOR_PREFIX)
        ),
        folds={
            table: unpack(blobs[FOLD_PART], FoldPart)
            for table, blobs in tables.items()
            if FOLD_PART in blobs
        },
        rows={
            table: (len(blobs), sum(map(len, blobs.values()))) for table, blobs in tables.items()
        },
    )


def _blobs(store: Store, table: Table, profile_id: str) -> dict[str, bytes]:
    rows = store.read(table, (profile_id,))
    return {
        str(name): blob
        for (name,), cells in rows.items()
        if isinstance(blob := cells[VALUE], bytes)
    }
