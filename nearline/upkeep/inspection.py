"""The whole stored state of a profile, for operators; pages read the digests only."""

from dataclasses import dataclass

from nearline.rows import FOLD_ROW, FoldPart, blobs_by_row
from shared.records.blob import unpack
from shared.records.digest import DIGEST_PART, VECTOR_PREFIX, Digest, ExposureDigest, ProfileVector
from shared.store.port import Store
from shared.store.tables import PROFILE_EXPOSURES, PROFILE_STATE


@dataclass(frozen=True, slots=True)
class StoredProfile:
    """A profile's digests, vectors and positions; None and empty before its first event.

    `folds` and `rows` are by table name; `rows` has the number of rows and their size in bytes.
    """

    digest: Digest | None
    exposures: ExposureDigest | None
    vectors: tuple[ProfileVector, ...]
    folds: dict[str, FoldPart]
    rows: dict[str, tuple[int, int]]


def read_profile(store: Store, profile_id: str) -> StoredProfile:
    """Read all rows of a profile.

    Raises:
        StoreUnavailable: the store did not answer.
        UnknownFormat: a row was written by a newer version.
    """
    signals = blobs_by_row(store.read(PROFILE_STATE, (profile_id,)))
    exposures = blobs_by_row(store.read(PROFILE_EXPOSURES, (profile_id,)))
    exposure_digest = exposures.get(DIGEST_PART)
    tables = {PROFILE_STATE.name: signals, PROFILE_EXPOSURES.name: exposures}
    return StoredProfile(
        digest=unpack(signals[DIGEST_PART], Digest) if DIGEST_PART in signals else None,
        exposures=unpack(exposure_digest, ExposureDigest) if exposure_digest is not None else None,
        vectors=tuple(
            unpack(blob, ProfileVector)
            for name, blob in sorted(signals.items())
            if name.startswith(VECTOR_PREFIX)
        ),
        folds={
            table: unpack(blobs[FOLD_ROW], FoldPart)
            for table, blobs in tables.items()
            if FOLD_ROW in blobs
        },
        rows={
            table: (len(blobs), sum(map(len, blobs.values()))) for table, blobs in tables.items()
        },
    )
