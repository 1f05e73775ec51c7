"""The Hypothesis profile, and fixtures with one real Kafka and Cassandra per session."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from infra.settings import Settings, load_settings
from tests.stack import TestStack, free_ports

# Inherited properties run in several classes, and a machine that also runs a broker is too slow for
# a deadline.
hypothesis_settings.register_profile(
    "marquee", deadline=None, suppress_health_check=[HealthCheck.differing_executors]
)
hypothesis_settings.load_profile("marquee")


@pytest.fixture(scope="session")
def stack() -> Iterator[TestStack]:
    """A running Kafka and Cassandra: those of MARQUEE_TEST_HOME, or a pair of this session.

    `stack.fresh()` returns settings with new topics, tables and home folder for one test.
    """
    running_home = os.environ.get("MARQUEE_TEST_HOME")
    with tempfile.TemporaryDirectory(prefix="marquee-test-") as folder:
        homes = Path(folder)
        if running_home:
            yield TestStack(load_settings(env={"MARQUEE_HOME": running_home}), homes, owned=False)
            return
        session_stack = TestStack(_settings(homes / "stack"), homes, owned=True)
        try:
            session_stack.start()
            yield session_stack
        finally:
            session_stack.stop()


@pytest.fixture
def own_stack(stack: TestStack) -> Iterator[TestStack]:
    """The stack of the session, for tests that stop or kill parts of it; restarted afterwards."""
    if not stack.owned:
        pytest.skip("the stack of MARQUEE_TEST_HOME is shared, so it is not killed")
    yield stack
    stack.start()


def _settings(home: Path) -> Settings:
    kafka, controller, cassandra, storage = free_ports(4)
    return load_settings(
        env={
            "MARQUEE_HOME": str(home),
            "MARQUEE_KAFKA__PORT": str(kafka),
            "MARQUEE_KAFKA__CONTROLLER_PORT": str(controller),
            "MARQUEE_KAFKA__HEAP_MB": "384",
            "MARQUEE_CASSANDRA__PORT": str(cassandra),
            "MARQUEE_CASSANDRA__STORAGE_PORT": str(storage),
            "MARQUEE_CASSANDRA__HEAP_MB": "768",
            "MARQUEE_CASSANDRA__KEYSPACE": f"test_{uuid.uuid4().hex[:12]}",
        }
    )
