"""What all tests share: Hypothesis' profile, and one real Kafka and Cassandra a session for those
that ask.
"""

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

# Inherited properties run under several classes, and no deadline holds on a machine that also runs
# a broker.
hypothesis_settings.register_profile(
    "marquee", deadline=None, suppress_health_check=[HealthCheck.differing_executors]
)
hypothesis_settings.load_profile("marquee")


@pytest.fixture(scope="session")
def stack() -> Iterator[TestStack]:
    """A running Kafka and Cassandra: those of MARQUEE_TEST_HOME if it is set, else a pair of this
    session's own.

    Ask `stack.fresh()` for settings with topics, tables and a home folder that nothing else uses.
    """
    given = os.environ.get("MARQUEE_TEST_HOME")
    with tempfile.TemporaryDirectory(prefix="marquee-test-") as folder:
        homes = Path(folder)
        if given:
            yield TestStack(load_settings(env={"MARQUEE_HOME": given}), homes, owned=False)
            return
        own = TestStack(_settings(homes / "stack"), homes, owned=True)
        try:
            own.start()
            yield own
        finally:
            own.stop()


@pytest.fixture
def own_stack(stack: TestStack) -> Iterator[TestStack]:
    """The session's stack for tests that stop or kill parts of it; whatever they did, it runs again
    afterwards.
    """
    if not stack.owned:
        pytest.skip("MARQUEE_TEST_HOME names a stack that others use, so it is not killed")
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
