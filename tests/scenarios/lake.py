"""The lake as any other engine would see it: Parquet files, read without Spark and without a line
of the offline tier.
"""

from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

from infra.settings import Settings


def records(settings: Settings) -> list[dict[str, Any]]:
    """Every record in the lake's files."""
    folder = Path(settings.lake_warehouse, "raw/records/data/kind=record")
    files = sorted(str(path) for path in folder.rglob("*.parquet"))
    rows: list[dict[str, Any]] = ds.dataset(files, format="parquet").to_table().to_pylist()
    return rows
