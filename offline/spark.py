"""Start Spark with the lake's catalog. No other module sets Spark options."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Final

from pyspark.sql import SparkSession

from offline.settings import LakeSettings, SparkSettings
from shared.errors import SetupError

CATALOG: Final = "lake"


@dataclass(frozen=True, slots=True)
class SparkOptions:
    """Options of a Spark session. `jars` are paths: a start downloads and resolves nothing."""

    jars: tuple[Path, ...]
    """The Iceberg runtime, and the JDBC driver of the catalog."""
    warehouse: str
    """Folder or object-store address of the Iceberg warehouse."""
    spark: SparkSettings = field(default_factory=SparkSettings)
    """Master, memory, cores and partitions."""
    lake: LakeSettings = field(default_factory=LakeSettings)
    """Kind and address of the Iceberg catalog."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """More Spark settings. They override the ones that this module sets."""


def start_spark(options: SparkOptions) -> SparkSession:
    """Start a session with the Iceberg catalog `lake`. The caller stops it.

    Python workers run this interpreter. With a local master every port is bound to loopback.

    Raises:
        SetupError: a REST catalog without an address.
    """
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    # Ray and IDEs set this variable. It overrides spark.driver.bindAddress.
    os.environ.pop("SPARK_LOCAL_IP", None)
    builder = SparkSession.builder.appName("marquee").master(options.spark.master)
    settings = {
        **_general_settings(options),
        **_executor_settings(options.spark),
        **_lake_settings(options),
        **options.extra,
        **dict(entry.split("=", 1) for entry in options.spark.extra),
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _general_settings(options: SparkOptions) -> dict[str, str]:
    log_settings = files("offline").joinpath("log4j2.xml")
    settings = {
        "spark.jars": ",".join(str(jar) for jar in options.jars),
        "spark.driver.memory": options.spark.driver_memory,
        # Spark reads the lineage of ALS recursively. Its depth is the number of iterations.
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={log_settings} -Xss8m",
        "spark.executor.extraJavaOptions": "-Xss8m",
        "spark.sql.shuffle.partitions": str(options.spark.shuffle_partitions),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "5000",
        "spark.executorEnv.OMP_NUM_THREADS": "1",
        "spark.python.sql.dataFrameDebugging.enabled": "false",
        "spark.sql.artifact.isolation.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if options.spark.is_local:
        settings["spark.driver.bindAddress"] = settings["spark.driver.host"] = "127.0.0.1"
        # Jobs here last about a minute: too short for the second compiler to pay off. Two cores
        # leave no room for a parallel garbage collector.
        settings["spark.driver.extraJavaOptions"] += " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    return settings


def _executor_settings(spark: SparkSettings) -> dict[str, str]:
    """Return memory, cores and GPUs of an executor; a local master has none."""
    if spark.is_local:
        return {}
    settings = {
        "spark.executor.memory": spark.executor_memory,
        "spark.executor.cores": str(spark.executor_cores),
    }
    if spark.executor_gpus:
        settings["spark.executor.resource.gpu.amount"] = str(spark.executor_gpus)
    return settings


def _lake_settings(options: SparkOptions) -> dict[str, str]:
    if options.lake.catalog == "rest" and not options.lake.catalog_uri:
        raise SetupError(
            "lake.catalog is rest and lake.catalog_uri is empty: set it, in settings.toml or by "
            "MARQUEE_LAKE__CATALOG_URI."
        )
    prefix = f"spark.sql.catalog.{CATALOG}"
    settings = {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        prefix: "org.apache.iceberg.spark.SparkCatalog",
        f"{prefix}.type": options.lake.catalog,
        f"{prefix}.uri": options.lake.catalog_uri or sqlite_uri(options.warehouse),
        f"{prefix}.warehouse": options.warehouse,
    }
    if options.lake.catalog == "jdbc":
        settings[f"{prefix}.jdbc.schema-version"] = "V1"
    return settings


def sqlite_uri(warehouse: str) -> str:
    """Return the address of a SQLite catalog inside a local warehouse folder; create the folder."""
    folder = Path(warehouse.removeprefix("file://"))
    folder.mkdir(parents=True, exist_ok=True)
    # Two processes may use the file at once, e.g. a query and an ingest. Wait for the lock.
    return f"jdbc:sqlite:{folder / 'catalog.db'}?busy_timeout=10000"
