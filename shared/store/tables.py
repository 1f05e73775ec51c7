"""The tables of the platform; `migrate` creates them from this file."""

from typing import Final

from shared.store.port import ColumnType, Table

VALUE: Final = "value"
"""The cell with an encoded record; see `shared.records.blob`."""

TEXT, BIGINT, BLOB = ColumnType.TEXT, ColumnType.BIGINT, ColumnType.BLOB

# Written by nearline; read by nearline and online.
PROFILE_STATE: Final = Table("profile_state", {"profile_id": TEXT}, {"part": TEXT}, {VALUE: BLOB})
# Written by nearline; read by nearline and online.
PROFILE_EXPOSURES: Final = Table(
    "profile_exposures", {"profile_id": TEXT}, {"part": TEXT}, {VALUE: BLOB}
)
# Written by offline; read by online.
PROFILE_CANDIDATES: Final = Table(
    "profile_candidates", {"profile_id": TEXT}, {"generation": TEXT}, {VALUE: BLOB}
)
# Written and read by nearline.
TALLIES: Final = Table(
    "tallies", {"name": TEXT, "log_partition": BIGINT}, {"bucket": BIGINT}, {VALUE: BLOB}
)
# Written by nearline; read by online.
TALLY_TOTALS: Final = Table("tally_totals", {"name": TEXT, "scope": TEXT}, {}, {VALUE: BLOB})
# Written and read by online.
PAGES: Final = Table("pages", {"page_id": TEXT}, {}, {VALUE: BLOB})
# The ids of erased profiles, hashed.
ERASURES: Final = Table("erasures", {"profile_hash": TEXT}, {}, {VALUE: BLOB})

# The published generation of each arm. Written by offline; read by all tiers.
PUBLICATIONS: Final = Table(
    "publications", {"arm": TEXT}, {}, {"current": TEXT, "previous": TEXT}, compare_and_set=True
)
# Written and read by offline.
LEASES: Final = Table(
    "leases", {"name": TEXT}, {}, {"holder": TEXT, "until_ms": BIGINT}, compare_and_set=True
)
# The number of each topic's current incarnation. Written and read by nearline.
INCARNATIONS: Final = Table(
    "incarnations",
    {"topic": TEXT},
    {},
    {"incarnation": TEXT, "number": BIGINT},
    compare_and_set=True,
)

ALL_TABLES: Final = (
    PROFILE_STATE,
    PROFILE_EXPOSURES,
    PROFILE_CANDIDATES,
    TALLIES,
    TALLY_TOTALS,
    PUBLICATIONS,
    PAGES,
    ERASURES,
    LEASES,
    INCARNATIONS,
)
