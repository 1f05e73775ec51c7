"""From settings to the context of the offline jobs: Spark with the lake on it, and everything the
steps are handed.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from infra.settings.sections import Settings
from infra.wiring import artifacts_factory, log_factory, open_artifacts, open_store, store_factory
from shared.clock import SystemClock

if TYPE_CHECKING:
    from offline.nightly.context import RunContext
    from offline.spark import SparkOptions


@contextmanager
def open_run_context(settings: Settings, tell: Callable[[str], None]) -> "Iterator[RunContext]":
    """A context whose Spark session and store are closed in the end; `tell` gets a line per step."""
    from offline.nightly.context import RunContext
    from offline.spark import start_spark
    from offline.training.recipes import RECIPES

    clock = SystemClock()
    began = clock.monotonic_s()
    with closing(open_store(settings)) as store:
        spark = start_spark(spark_options(settings))
        tell(f"spark: started in {clock.monotonic_s() - began:.1f} s")
        try:
            yield RunContext(
                spark=spark,
                opens_log=log_factory(settings),
                opens_store=store_factory(settings),
                opens_artifacts=artifacts_factory(settings),
                store=store,
                artifacts=open_artifacts(settings),
                clock=clock,
                work_folder=settings.home / "work",
                recipes=tuple(RECIPES.values()),
                settings=settings.offline,
                tell=tell,
            )
        finally:
            spark.stop()


def spark_options(settings: Settings) -> "SparkOptions":
    """Spark as the settings want it; the local JDBC catalog's driver is left out where the catalog
    is a service.
    """
    from infra.local.jars import jars
    from offline.spark import SparkOptions

    spark, lake = settings.spark, settings.lake
    wanted = (
        ("iceberg-spark-runtime", "sqlite-jdbc")
        if lake.catalog == "jdbc"
        else ("iceberg-spark-runtime",)
    )
    executors = {
        "spark.executor.memory": spark.executor_memory,
        "spark.executor.cores": str(spark.executor_cores),
    }
    if spark.executor_gpus:
        executors["spark.executor.resource.gpu.amount"] = str(spark.executor_gpus)
    return SparkOptions(
        jars=tuple(path for name in wanted for path in jars(name)),
        warehouse=settings.lake_warehouse,
        catalog=lake.catalog,
        catalog_uri=lake.catalog_uri,
        master=spark.master,
        driver_memory=spark.driver_memory,
        shuffle_partitions=spark.shuffle_partitions,
        extra={
            **({} if spark.master.startswith("local") else executors),
            **settings.offline.training.spark_conf(spark.master),
            **dict(pair.split("=", 1) for pair in spark.extra),
        },
    )
