"""Start Spark with the lake's catalog. No other module sets Spark options."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Final

from pyspark.sql import SparkSession

CATALOG: Final = "lake"


@dataclass(frozen=True, slots=True)
class SparkOptions:
    """Options of a Spark session. `jars` are paths: a start downloads and resolves nothing."""

    jars: tuple[Path, ...]
    """The Iceberg runtime, and the JDBC driver of the catalog."""
    warehouse: str
    """Folder or object-store address of the Iceberg warehouse."""
    catalog: str = "jdbc"
    """Kind of Iceberg catalog: jdbc or rest."""
    catalog_uri: str = ""
    """Address of the catalog. Empty: a SQLite file inside a local warehouse."""
    master: str = "local[2]"
    """Spark master."""
    driver_memory: str = "1g"
    """Heap of the driver's JVM. It has no effect if a JVM already runs in this process."""
    shuffle_partitions: int = 4
    """Partitions after a shuffle."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """More Spark settings. They override the ones that this module sets."""


def start_spark(options: SparkOptions) -> SparkSession:
    """Start a session with the Iceberg catalog `lake`. The caller stops it.

    Python workers run this interpreter. With a local master every port is bound to loopback.
    """
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    # Ray and IDEs set this variable. It overrides spark.driver.bindAddress.
    os.environ.pop("SPARK_LOCAL_IP", None)
    builder = SparkSession.builder.appName("marquee").master(options.master)
    settings = {**_general_settings(options), **_lake_settings(options), **options.extra}
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _general_settings(options: SparkOptions) -> dict[str, str]:
    log_settings = files("offline").joinpath("log4j2.xml")
    settings = {
        "spark.jars": ",".join(str(jar) for jar in options.jars),
        "spark.driver.memory": options.driver_memory,
        # Spark reads the lineage of ALS recursively. Its depth is the number of iterations.
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={log_settings} -Xss8m",
        "spark.executor.extraJavaOptions": "-Xss8m",
        "spark.sql.shuffle.partitions": str(options.shuffle_partitions),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "5000",
        "spark.executorEnv.OMP_NUM_THREADS": "1",
        "spark.python.sql.dataFrameDebugging.enabled": "false",
        "spark.sql.artifact.isolation.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if options.master.startswith("local"):
        settings["spark.driver.bindAddress"] = settings["spark.driver.host"] = "127.0.0.1"
        # Jobs here last about a minute: too short for the second compiler to pay off. Two cores
        # leave no room for a parallel garbage collector.
        settings["spark.driver.extraJavaOptions"] += " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    return settings


def _lake_settings(options: SparkOptions) -> dict[str, str]:
    prefix = f"spark.sql.catalog.{CATALOG}"
    settings = {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        prefix: "org.apache.iceberg.spark.SparkCatalog",
        f"{prefix}.type": options.catalog,
        f"{prefix}.uri": options.catalog_uri or sqlite_uri(options.warehouse),
        f"{prefix}.warehouse": options.warehouse,
    }
    if options.catalog == "jdbc":
        settings[f"{prefix}.jdbc.schema-version"] = "V1"
    return settings


def sqlite_uri(warehouse: str) -> str:
    """Return the address of a SQLite catalog inside a local warehouse folder; create the folder."""
    folder = Path(warehouse.removeprefix("file://"))
    folder.mkdir(parents=True, exist_ok=True)
    # Two processes may use the file at once, e.g. a query and an ingest. Wait for the lock.
    return f"jdbc:sqlite:{folder / 'catalog.db'}?busy_timeout=10000"
