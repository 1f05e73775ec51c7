"""How events are delivered does not show in what is known of a profile: shuffled, late or twice,
the digest is the same.
"""

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
from tests.nearline.reference import reference
from tests.nearline.test_worker import assert_signals
from tests.scenarios.folding import fold_all, say
from tests.scenarios.past import past
from tests.stack import TestStack

pytestmark = [pytest.mark.stack, pytest.mark.slow]

PROFILES = ("anna", "ben", "cleo", "dora")
NOWHERE = LogPosition(0, 0)


def test_shuffled_delivery_with_a_fifth_sent_twice_comes_to_the_same_digest_as_clean_delivery(
    stack: TestStack,
) -> None:
    settings, events, rng = stack.fresh(partitions=2), past(PROFILES, 600), random.Random(3)
    delivered = events + rng.sample(events, len(events) // 5)
    rng.shuffle(delivered)
    with closing(open_log(settings)) as log, closing(open_store(settings)) as store:
        say(log, (_of("clean", event) for event in events))
        say(log, (_of("mixed", event) for event in delivered))
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


def _digest(of_profile: StoredProfile) -> Digest:
    assert of_profile.digest is not None
    return of_profile.digest


def _digest_bytes(of_profile: StoredProfile) -> bytes:
    """The digest as it would be stored, without what names its place in the log."""
    return pack(msgspec.structs.replace(_digest(of_profile), position=NOWHERE, received_ms=0))


def _exposures(of_profile: StoredProfile) -> ExposureDigest:
    assert of_profile.exposures is not None
    return msgspec.structs.replace(of_profile.exposures, position=NOWHERE)
