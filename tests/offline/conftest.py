"""One Spark session for all offline tests: starting it takes longer than most tests."""

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from infra.local.jars import jars
from offline.lake.schema import TABLE
from offline.settings import SparkSettings
from offline.spark import SparkOptions, start_spark


def pytest_configure(config: pytest.Config) -> None:
    """Ignore sockets that PySpark leaves open after `collect` until the garbage collector runs."""
    config.addinivalue_line("filterwarnings", "ignore:unclosed <socket.socket:ResourceWarning")


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A session with a lake in a temporary folder."""
    options = SparkOptions(
        jars=(*jars("iceberg-spark-runtime"), *jars("sqlite-jdbc")),
        warehouse=str(tmp_path_factory.mktemp("lake")),
        spark=SparkSettings(shuffle_partitions=2),
    )
    session = start_spark(options)
    yield session
    session.stop()


@pytest.fixture
def lake(spark: SparkSession) -> Iterator[SparkSession]:
    """The session with an empty lake."""
    spark.sql(f"DROP TABLE IF EXISTS {TABLE}")
    yield spark
    spark.sql(f"DROP TABLE IF EXISTS {TABLE}")
