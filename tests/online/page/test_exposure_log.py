"""The exposure log: pages are sent together, none is lost while there is room."""

import asyncio
from concurrent.futures import Future

import pytest

from online.page.served.exposure_log import ExposureLog
from online.settings import ReplicaSettings
from online.telemetry import Telemetry
from shared.clock import ManualClock
from shared.errors import Backpressure, RequestRejected
from shared.events.exposures import PageServed
from shared.ids import PageId
from shared.log.port import OutgoingRecord, Partition, Producer
from shared.topics import EXPOSURES
from tests.online.samples import MEMBER, NOW

SETTINGS = ReplicaSettings(exposure_gather_s=0, exposure_buffer=3, exposure_stall_s=3.0)


class ScriptedProducer(Producer):
    """A producer that acknowledges at once, never acknowledges, or refuses."""

    def __init__(self) -> None:
        self.sent: list[OutgoingRecord] = []
        self.refusal: Exception | None = None
        self.answers = True

    def send(self, record: OutgoingRecord) -> "Future[tuple[Partition, int]]":
        if self.refusal is not None:
            raise self.refusal
        self.sent.append(record)
        future: Future[tuple[Partition, int]] = Future()
        if self.answers:
            future.set_result((Partition(EXPOSURES, 0), len(self.sent)))
        return future

    def flush(self, timeout_s: float) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nothing to close."""


class Story:
    """An exposure log, its producer and its clock."""

    def __init__(self) -> None:
        self.producer, self.clock, self.telemetry = (
            ScriptedProducer(),
            ManualClock(NOW),
            Telemetry(),
        )
        self.log = ExposureLog(self.producer, self.clock, self.telemetry, SETTINGS)

    def offer(self, name: str) -> bool:
        """Offer a page to the log."""
        return self.log.offer(
            PageServed(page_id=PageId(name), policy="p", rows=()), NOW, MEMBER, "tv"
        )

    def lost(self) -> bool:
        """Whether any page was counted as not logged."""
        return b"marquee_online_unlogged_pages_total 0.0" not in self.telemetry.exposition()


@pytest.fixture
def story() -> Story:
    return Story()


def test_gathered_pages_are_sent_together_in_order(story: Story) -> None:
    async def offer_pages() -> None:
        assert story.offer("a")
        assert story.offer("b")
        assert story.producer.sent == []
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))

    asyncio.run(offer_pages())
    assert [b'"page_id":"a"' in record.value for record in story.producer.sent if record.value] == [
        True,
        False,
    ]
    assert story.log.accepts()
    assert not story.lost()


def test_pages_that_the_producer_has_no_room_for_are_sent_later(story: Story) -> None:
    async def offer_pages() -> None:
        story.producer.refusal = Backpressure("full")
        assert story.offer("a")
        story.log.flush()
        story.clock.advance_ms(3_000)
        assert not story.log.accepts()
        assert not story.offer("b")
        story.producer.refusal = None
        story.log.flush()

    asyncio.run(offer_pages())
    assert len(story.producer.sent) == 1
    assert story.log.accepts()
    assert b"marquee_online_unlogged_pages_total 1.0" in story.telemetry.exposition()


def test_a_rejected_page_is_counted_and_blocks_no_other(story: Story) -> None:
    async def offer_pages() -> None:
        story.producer.refusal = RequestRejected("too large")
        assert story.offer("a")
        story.log.flush()

    asyncio.run(offer_pages())
    assert story.log.accepts()
    assert story.lost()


def test_without_acknowledgments_the_buffer_refuses_pages_when_full(
    story: Story,
) -> None:
    async def offer_pages() -> None:
        story.producer.answers = False
        assert [story.offer(name) for name in "abcd"] == [True, True, True, False]

    asyncio.run(offer_pages())
    assert story.lost()
