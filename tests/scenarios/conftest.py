"""One platform for all stories that do not break it; each tells its story with profiles and titles
of its own.
"""

from collections.abc import Iterator

import pytest

from tests.scenarios.platform import Platform, running_platform
from tests.stack import TestStack


@pytest.fixture(scope="session")
def platform(stack: TestStack) -> Iterator[Platform]:
    """All tiers, a small past, a generation; starting it takes about a minute."""
    with running_platform(stack) as running:
        yield running
