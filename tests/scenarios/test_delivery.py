"""A digest does not depend on the order, delay or repetition of its events."""

import random
from contextlib import closing
from dataclasses import replace

import msgspec
import pytest

from infra.wiring import open_log, open_store
from nearline.upkeep.inspection import StoredProfile, read_profile
from shared.records.blob import pack
from shared.records.digest import Digest, ExposureDigest, LogPosition
from tests.nearline.events import SampleEvent
from tests.nearline.reference import assert_signals, reference
from tests.scenarios.harness.folding import append_events, fold_all
from tests.scenarios.harness.random_events import random_events
from tests.stack import TestStack

pytestmark = [pytest.mark.stack, pytest.mark.slow]

PROFILES = ("anna", "ben", "cleo", "dora")
NO_POSITION = LogPosition(0, 0)


def test_shuffled_events_with_duplicates_give_the_same_digest_as_clean_delivery(
    stack: TestStack,
) -> None:
    settings, rng = stack.fresh(partitions=2), random.Random(3)
    events = random_events(PROFILES, 600)
    delivered = events + rng.sample(events, len(events) // 5)
    rng.shuffle(delivered)
    with closing(open_log(settings)) as log, closing(open_store(settings)) as store:
        append_events(log, (_of("clean", event) for event in events))
        append_events(log, (_of("mixed", event) for event in delivered))
        fold_all(log, store)
        for profile in PROFILES:
            clean, mixed = (
                read_profile(store, f"clean-{profile}"),
                read_profile(store, f"mixed-{profile}"),
            )
            assert _digest_bytes(clean) == _digest_bytes(mixed)
            assert _exposures(clean) == _exposures(mixed)
            expected = reference(event for event in events if event.profile_id == profile)
            assert_signals(_digest(mixed), expected)
            assert _exposures(mixed).seen == expected["seen"]
            assert _exposures(mixed).looks == expected["looks"]


def _of(kind: str, event: SampleEvent) -> SampleEvent:
    return replace(event, profile_id=f"{kind}-{event.profile_id}")


def _digest(stored: StoredProfile) -> Digest:
    assert stored.digest is not None
    return stored.digest


def _digest_bytes(stored: StoredProfile) -> bytes:
    """The packed digest without its log position and receive time."""
    return pack(msgspec.structs.replace(_digest(stored), position=NO_POSITION, received_ms=0))


def _exposures(stored: StoredProfile) -> ExposureDigest:
    """The exposure digest without its log position and receive time."""
    assert stored.exposures is not None
    return msgspec.structs.replace(stored.exposures, position=NO_POSITION, received_ms=0)
