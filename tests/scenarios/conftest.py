"""One platform for all scenarios that do not break it; each uses different profiles and titles."""

from collections.abc import Iterator

import pytest

from tests.scenarios.harness.platform import Platform, running_platform
from tests.stack import TestStack


@pytest.fixture(scope="session")
def platform(stack: TestStack) -> Iterator[Platform]:
    """All tiers with a small history and a generation; the start takes about a minute."""
    with running_platform(stack) as running:
        yield running
