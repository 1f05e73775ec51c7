"""Invalid events do not affect the valid events around them, over HTTP and in the log."""

import base64

import httpx
import msgspec
import pytest

from nearline.dead_letters import DeadLetter
from shared.api.events import EventsProblem
from shared.api.problem import PROBLEM_TYPE
from shared.events.feedback import Thumb
from shared.ids import TitleId
from shared.log.port import OutgoingRecord, Partition
from shared.topics import DEAD_LETTERS, SIGNALS
from tests.scenarios.harness.eventually import eventually
from tests.scenarios.harness.member import JSON_BODY, Member
from tests.scenarios.harness.platform import Platform

pytestmark = [pytest.mark.stack, pytest.mark.slow]

FAR_FUTURE_MS = 4_102_444_800_000


def _thumb(title_id: str) -> Thumb:
    return Thumb(title_id=TitleId(title_id), value=1)


def test_a_batch_accepts_valid_events_and_lists_the_invalid_ones(
    platform: Platform,
) -> None:
    member = platform.new_member()
    good = member.event(_thumb("t-1"))
    batch = [
        good,
        good.replace(b"feedback.thumb", b"feedback.thud"),
        _changed(member, event_time_ms=FAR_FUTURE_MS, sent_time_ms=None),
        _changed(member, body={"title_id": "t-2", "value": 7}),
        b'"not an event"',
        _changed(member, profile_id=None),
        _changed(member, type="title.withdrawn", body={"title_id": "t-2"}),
        member.event(_thumb("t-3")),
    ]

    batch_answer = member.post(*batch)

    assert batch_answer.accepted == 2
    assert [refusal.index for refusal in batch_answer.refused] == [1, 2, 3, 4, 5, 6]
    assert all(refusal.reason for refusal in batch_answer.refused)
    refused = {refusal.index: (refusal.reason, refusal.field) for refusal in batch_answer.refused}
    assert (refused[1], refused[6]) == (("unknown_type", "type"), ("not_for_clients", "type"))
    _eventually_thumbs(platform, member, {"t-1": 1, "t-3": 1})


def test_a_batch_without_valid_events_is_a_problem_document_with_status_400(
    platform: Platform,
) -> None:
    member = platform.new_member()
    bodies = (
        b"{",
        b"\xff",
        b'{"events":[]}',
        b'{"events":[1]}',
        b"[" * 5_000,
        b'{"events":[%s]}' % _changed(member, type="no.such"),
    )
    for body in bodies:
        answer = platform.http.post("/v1/events", content=body, headers=JSON_BODY)
        assert answer.status_code == httpx.codes.BAD_REQUEST, body[:40]
        assert answer.headers["content-type"] == PROBLEM_TYPE
        assert msgspec.json.decode(answer.content, type=EventsProblem).accepted == 0


def test_invalid_records_go_to_dead_letters_with_their_topic_partition_and_offset(
    platform: Platform,
) -> None:
    member = platform.new_member()
    key = member.profile_id.encode()
    broken = [
        b"\xff\xfe no json",
        member.event(_thumb("t-9"))[:-20],
        _changed(member, type="feedback.thud"),
        _changed(member, event_time_ms=FAR_FUTURE_MS),
        _changed(member, body={"title_id": "t-9", "value": float("nan")}).replace(b"null", b"NaN"),
        b'{"event_id":' + b"[" * 10_000,
    ]
    values = [member.event(_thumb("t-1")), *broken, member.event(_thumb("t-3"))]

    offsets = platform.send(*(OutgoingRecord(SIGNALS, key, value) for value in values))

    _eventually_thumbs(platform, member, {"t-1": 1, "t-3": 1})
    letters = _letters(platform, key)
    assert [letter.offset for letter in letters] == offsets[1:-1]
    assert {letter.topic for letter in letters} == {SIGNALS}
    assert len({letter.partition for letter in letters}) == 1
    assert [base64.b64decode(letter.value or "") for letter in letters] == broken
    assert [letter.reason for letter in letters[:4]] == [
        "not_json",
        "not_json",
        "unknown_type",
        "future",
    ]


def _changed(member: Member, **fields: object) -> bytes:
    """A valid event with some fields replaced, or removed (None)."""
    event = msgspec.json.decode(member.event(_thumb("t-2")), type=dict[str, object]) | fields
    return msgspec.json.encode({name: value for name, value in event.items() if value is not None})


def _eventually_thumbs(platform: Platform, member: Member, thumbs: dict[str, int]) -> None:
    def stored_thumbs() -> dict[str, int]:
        digest = platform.digest(member.profile_id)
        return (
            {}
            if digest is None
            else {str(title_id): value for title_id, value in digest.thumbs.items()}
        )

    eventually(stored_thumbs, lambda stored: stored == thumbs)


def _letters(platform: Platform, key: bytes) -> list[DeadLetter]:
    """One profile's dead letters by offset; a batch that is read again repeats its letters."""
    partition = Partition(DEAD_LETTERS, 0)
    records = platform.log.read(partition, 0, platform.log.end_offset(partition))
    letters = (msgspec.json.decode(record.value or b"", type=DeadLetter) for record in records)
    by_offset = {
        letter.offset: letter for letter in letters if letter.key == base64.b64encode(key).decode()
    }
    return [by_offset[offset] for offset in sorted(by_offset)]
