"""Cassandra hangs, is killed and restarts: members get pages all the time and lose no event."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import msgspec
import psutil
import pytest

from infra.local import stack as local_stack
from infra.local.home import Home
from shared.api.page import PageAnswer
from tests.scenarios.harness.member import Member
from tests.scenarios.harness.platform import Platform
from tests.stack import TestStack

pytestmark = [pytest.mark.stack, pytest.mark.slow]

CASSANDRA = "cassandra"
REQUESTS = 30
"""Enough to open the circuit breaker, and to request pages while it is open."""


def test_pages_are_served_while_the_store_hangs_or_is_down_and_are_fresh_afterwards(
    platform: Platform, own_stack: TestStack
) -> None:
    member, second_member, new_member = *platform.active_members()[3:5], platform.new_member()
    previous = member.fresh_page()
    title = platform.unwatched_title(previous, platform.digest(member.profile_id))

    with _suspended(_process(own_stack)):
        _request_pages(platform, member, second_member, new_member)
    own_stack.kill(CASSANDRA)
    _request_pages(platform, member, second_member, new_member)
    # The log is up, so events are accepted; nearline folds them later.
    member.watches(title)
    _request_pages(platform, new_member)

    assert own_stack.start() == [CASSANDRA]
    page = member.page_that(lambda page: title.title_id in page.title_ids("continue_watching"))
    assert page.generation == previous.generation
    assert new_member.fresh_page().signals_as_of is None


def _request_pages(platform: Platform, *members: Member) -> None:
    """Check that every answer is a page with rows, lists its missing inputs, and is fast."""
    timeout_s = platform.settings.cassandra.client.request_timeout_s
    for member in members * (REQUESTS // len(members)):
        answer = member.request_page()
        assert answer.status_code == httpx.codes.OK, answer.text
        assert answer.elapsed.total_seconds() < timeout_s
        page = msgspec.json.decode(answer.content, type=PageAnswer)
        assert page.rung in {"stored", "remembered", "popular"}
        assert "digest" in page.degraded
        assert len(page.rows) > 1


def _process(stack: TestStack) -> psutil.Process:
    service = next(
        service
        for service in local_stack.local_services(stack.settings)
        if service.name == CASSANDRA
    )
    process = service.daemon(Home(stack.settings.home)).find()
    assert process is not None
    return process


@contextmanager
def _suspended(process: psutil.Process) -> Iterator[None]:
    """Suspend a process, like a long garbage collection: connections stay open."""
    process.suspend()
    try:
        yield
    finally:
        process.resume()
