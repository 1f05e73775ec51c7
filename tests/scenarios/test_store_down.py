"""Cassandra hangs, dies and comes back; members get pages all the while, and lose nothing that they
did meanwhile.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import msgspec
import psutil
import pytest

from infra.local import stack as local_stack
from infra.local.home import Home
from shared.api.page import PageAnswer
from tests.scenarios.member import Member
from tests.scenarios.platform import Platform
from tests.stack import TestStack

pytestmark = [pytest.mark.stack, pytest.mark.slow]

CASSANDRA = "cassandra"
MANY = 30
"""Enough for the breaker to open, and for pages to be asked for behind it."""


def test_pages_come_while_the_store_hangs_and_while_it_is_down_and_are_fresh_again_afterwards(
    platform: Platform, own_stack: TestStack
) -> None:
    member, other, stranger = *platform.regulars()[3:5], platform.newcomer()
    before = member.fresh_page()
    title = platform.something_new(before, platform.digest(member.profile_id))

    with _suspended(_process(own_stack)):
        _ask_often(platform, member, other, stranger)
    own_stack.kill(CASSANDRA)
    _ask_often(platform, member, other, stranger)
    # The log is up, so what members do is taken in, and waits there.
    member.watches(title)
    _ask_often(platform, stranger)

    assert own_stack.start() == [CASSANDRA]
    after = member.page_that(lambda page: title.title_id in page.title_ids("continue_watching"))
    assert after.generation == before.generation
    assert stranger.fresh_page().signals_as_of is None


def _ask_often(platform: Platform, *members: Member) -> None:
    """Every answer is a page with rows, says what is missing, and does not wait for the store."""
    patience_s = platform.settings.cassandra.client.request_timeout_s
    for member in members * (MANY // len(members)):
        answer = member.asks()
        assert answer.status_code == httpx.codes.OK, answer.text
        assert answer.elapsed.total_seconds() < patience_s
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
    """Stopped in its tracks, as by a long pause of the garbage collector: connections stand, and
    nobody answers.
    """
    process.suspend()
    try:
        yield
    finally:
        process.resume()
