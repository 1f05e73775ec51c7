"""The tables of the platform, each with its key, value and owner; migrations are made from this
file.
"""

from typing import Final

from shared.store.port import ColumnType, Table

VALUE: Final = "value"
"""The cell that holds a record as bytes; see `shared.records.blob`."""

TEXT, BIGINT, BLOB = ColumnType.TEXT, ColumnType.BIGINT, ColumnType.BLOB

PROFILE_STATE = Table(
    "profile_state",
    {"profile_id": TEXT},
    {"part": TEXT},
    {VALUE: BLOB},
    "nearline",
    "nearline, online (digest)",
)
PROFILE_EXPOSURES = Table(
    "profile_exposures",
    {"profile_id": TEXT},
    {"part": TEXT},
    {VALUE: BLOB},
    "nearline",
    "online (digest)",
)
PROFILE_CANDIDATES = Table(
    "profile_candidates",
    {"profile_id": TEXT},
    {"generation": TEXT},
    {VALUE: BLOB},
    "offline",
    "online",
)
TALLIES = Table(
    "tallies",
    {"name": TEXT, "log_partition": BIGINT},
    {"bucket": BIGINT},
    {VALUE: BLOB},
    "nearline",
    "nearline",
)
TALLY_TOTALS = Table(
    "tally_totals",
    {"name": TEXT, "scope": TEXT},
    {},
    {VALUE: BLOB},
    "nearline",
    "online, offline",
)
PAGES = Table("pages", {"page_id": TEXT}, {}, {VALUE: BLOB}, "online", "online")
ERASURES = Table("erasures", {"profile_hash": TEXT}, {}, {VALUE: BLOB}, "nearline", "all")

PUBLICATIONS = Table(
    "publications",
    {"arm": TEXT},
    {},
    {"current": TEXT, "previous": TEXT},
    "offline",
    "all",
    compare_and_set=True,
)
LEASES = Table(
    "leases",
    {"name": TEXT},
    {},
    {"holder": TEXT, "until_ms": BIGINT},
    "offline",
    "offline",
    compare_and_set=True,
)
INCARNATIONS = Table(
    "incarnations",
    {"topic": TEXT},
    {},
    {"incarnation": TEXT, "number": BIGINT},
    "infra",
    "nearline",
    compare_and_set=True,
)

ALL_TABLES = (
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
