"""Create the context of the offline steps: Spark with the lake's catalog, connections, settings."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from infra.settings.sections import Settings
from infra.wiring import artifacts_factory, log_factory, open_artifacts, open_store, store_factory
from shared.clock import SystemClock

if TYPE_CHECKING:
    from offline.context import RunContext
    from offline.spark import SparkOptions


@contextmanager
def open_run_context(settings: Settings, progress: Callable[[str], None]) -> "Iterator[RunContext]":
    """A context with a Spark session and a store that are closed at the end.

    `progress` is called with one line of text per step.

    Raises:
        SetupError: offline.recipes names a recipe that does not exist.
    """
    from offline.context import RunContext
    from offline.spark import start_spark
    from offline.training.recipes import select_recipes

    clock, recipes = SystemClock(), select_recipes(settings.offline.recipes)
    began_s = clock.monotonic_s()
    with closing(open_store(settings)) as store:
        spark = start_spark(spark_options(settings))
        progress(f"spark: started in {clock.monotonic_s() - began_s:.1f} s")
        try:
            yield RunContext(
                spark=spark,
                log_factory=log_factory(settings),
                store_factory=store_factory(settings),
                artifacts_factory=artifacts_factory(settings),
                store=store,
                artifacts=open_artifacts(settings),
                clock=clock,
                work_folder=settings.home / "work",
                recipes=recipes,
                platform=platform_name(settings),
                settings=settings.offline,
                progress=progress,
            )
        finally:
            spark.stop()


def platform_name(settings: Settings) -> str:
    """Return a name of the lake and the store of these settings."""
    store = f"{settings.cassandra.address}/{settings.cassandra.keyspace}"
    return f"lake {settings.lake.catalog_uri} {settings.lake_warehouse}, store {store}"


def spark_options(settings: Settings) -> "SparkOptions":
    """Options of the Spark session. The SQLite driver is only needed for the local JDBC catalog."""
    from infra.local.jars import jars
    from offline.spark import SparkOptions

    drivers = ("sqlite-jdbc",) if settings.lake.catalog == "jdbc" else ()
    return SparkOptions(
        jars=tuple(path for name in ("iceberg-spark-runtime", *drivers) for path in jars(name)),
        warehouse=settings.lake_warehouse,
        spark=settings.spark,
        lake=settings.lake,
        extra=settings.offline.training.spark_conf(settings.spark.master),
    )
