"""Starts Spark with the lake's catalog on it: the one place that knows Spark's options."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from pyspark.sql import SparkSession

CATALOG = "lake"


@dataclass(frozen=True, slots=True)
class SparkOptions:
    """What a session needs; `jars` are paths, so that nothing is resolved or downloaded while a job
    starts.
    """

    jars: tuple[Path, ...]
    """The Iceberg runtime, and the JDBC driver of the catalog."""
    warehouse: str
    """Folder or object-store address of the Iceberg warehouse."""
    catalog: str = "jdbc"
    """Kind of Iceberg catalog: jdbc or rest."""
    catalog_uri: str = ""
    """Address of the catalog; empty means a SQLite file inside a local warehouse."""
    master: str = "local[2]"
    """Spark master."""
    driver_memory: str = "1g"
    """Heap of the driver's JVM; means nothing when a JVM is already running in this process."""
    shuffle_partitions: int = 4
    """Partitions after a shuffle."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Further Spark settings; they win over those made here."""


def start_spark(options: SparkOptions) -> SparkSession:
    """A session whose catalog `lake` is the Iceberg one; the caller stops it.

    Workers run this interpreter. Everything binds to loopback under a local master, so that a
    laptop opens no port to its network.
    """
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    # Ray and IDEs set this; Spark would then bind elsewhere than spark.driver.bindAddress says.
    os.environ.pop("SPARK_LOCAL_IP", None)
    builder = SparkSession.builder.appName("marquee").master(options.master)
    for name, value in {**_general(options), **_lake(options), **options.extra}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _general(options: SparkOptions) -> dict[str, str]:
    quiet = files("offline").joinpath("log4j2.xml")
    settings = {
        "spark.jars": ",".join(str(jar) for jar in options.jars),
        "spark.driver.memory": options.driver_memory,
        # ALS's chain of iterations is as deep as they are many, and is read back by recursion.
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={quiet} -Xss8m",
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
        # A job of a minute never earns back the second compiler's time, and two cores have none for
        # a parallel collector.
        settings["spark.driver.extraJavaOptions"] += " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    return settings


def _lake(options: SparkOptions) -> dict[str, str]:
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
    """The address of a SQLite catalog inside a warehouse that is a local folder, which is made if
    need be.
    """
    folder = Path(warehouse.removeprefix("file://"))
    folder.mkdir(parents=True, exist_ok=True)
    # Two processes may touch the file at once (a query beside an ingest): wait for the other's lock
    # instead of failing.
    return f"jdbc:sqlite:{folder / 'catalog.db'}?busy_timeout=10000"
