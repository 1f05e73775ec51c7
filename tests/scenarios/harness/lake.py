"""The lake as another engine reads it: Parquet files, without Spark and the offline tier."""

from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

from infra.settings import Settings


def records(settings: Settings) -> list[dict[str, Any]]:
    """All records in the lake's files."""
    folder = Path(settings.lake_warehouse, "raw/records/data/kind=record")
    files = sorted(str(path) for path in folder.rglob("*.parquet"))
    rows: list[dict[str, Any]] = ds.dataset(files, format="parquet").to_table().to_pylist()
    return rows
