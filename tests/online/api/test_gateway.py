"""POST /v1/events: which events are accepted, which refused and why, and a log that is down."""

import json
from typing import Any

import pytest

from shared.api.events import MAX_BATCH_BYTES, MAX_EVENTS
from shared.errors import Backpressure, LogUnavailable, RequestRejected
from shared.log.port import Partition
from shared.topics import EXPOSURES, SIGNALS
from tests.online.faults import fail_gateway
from tests.online.harness import ReplicaHarness
from tests.online.http_calls import post
from tests.online.samples import HOUR, NOW


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A play that began a minute ago."""
    facts: dict[str, Any] = {
        "event_id": f"e{number}",
        "type": "play.started",
        "event_time_ms": NOW - 60_000,
        "profile_id": "p-1",
        "body": {"title_id": "t3", "runtime_s": 3_000},
    }
    return {**facts, **changes}


def batch(*events: Any) -> bytes:
    return json.dumps({"events": list(events)}).encode()


def logged(harness: ReplicaHarness, topic: str = SIGNALS) -> list[dict[str, Any]]:
    partition = Partition(topic, 0)
    return [
        json.loads(record.value or b"")
        for record in harness.log.read(partition, 0, harness.log.end_offset(partition))
    ]


def test_a_good_event_is_in_the_log_before_the_answer(harness: ReplicaHarness) -> None:
    answer = post(harness, batch(event()))
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "refused": []})
    [record] = logged(harness)
    assert (record["event_id"], record["received_time_ms"]) == ("e1", NOW)


def test_invalid_events_are_refused_by_index_and_the_rest_accepted(harness: ReplicaHarness) -> None:
    answer = post(
        harness,
        batch(
            event(1),
            event(2, type="play.danced"),
            event(3, event_time_ms=NOW + 24 * HOUR, sent_time_ms=None),
            "not an event",
            event(5, body={"title_id": "t3", "runtime_s": 0}),
            event(6),
            {"event_id": "e7", "type": "play.progress"},
        ),
    )
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 2
    refused = {refusal["index"]: refusal["reason"] for refusal in answer.json()["refused"]}
    assert refused == {
        1: "unknown_type",
        2: "future",
        3: "bad_field",
        4: "bad_field",
        6: "missing_field",
    }
    assert answer.json()["refused"][3]["field"] == "body.runtime_s"
    assert answer.json()["refused"][4]["field"] == "event_time_ms"
    assert answer.json()["refused"][0]["event_id"] == "e2"
    assert [record["event_id"] for record in logged(harness)] == ["e1", "e6"]


def test_a_batch_without_one_good_event_is_a_problem(harness: ReplicaHarness) -> None:
    answer = post(harness, batch(event(1, type="nope")))
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"] == "events[0].type"
    assert answer.json()["refused"][0]["reason"] == "unknown_type"


@pytest.mark.parametrize("kind", ["page.served", "title.published", "title.withdrawn"])
def test_clients_may_not_post_events_that_the_service_writes(
    harness: ReplicaHarness, kind: str
) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "page.served": {"page_id": "x", "policy": "mine", "rows": []},
        "title.withdrawn": {"title_id": "t1"},
        "title.published": {
            "title": {
                "title_id": "t1",
                "name": "Mine",
                "kind": "film",
                "genres": [],
                "runtime_s": 60,
                "launch_ms": 0,
                "windows": [],
            }
        },
    }
    answer = post(harness, batch(event(1, type=kind, body=bodies[kind])))
    assert answer.json()["refused"][0]["reason"] == "not_for_clients"
    assert logged(harness, EXPOSURES) == []


def test_the_time_of_a_client_whose_clock_is_off_is_corrected(harness: ReplicaHarness) -> None:
    off = 3 * HOUR
    post(harness, batch(event(1, event_time_ms=NOW - 5_000 + off, sent_time_ms=NOW + off)))
    assert logged(harness)[0]["event_time_ms"] == NOW - 5_000


def test_unknown_fields_reach_the_log(harness: ReplicaHarness) -> None:
    post(harness, batch(event(1, app_version="9.1")))
    assert logged(harness)[0]["app_version"] == "9.1"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"events":[]}', b'{"events":7}', b"\xff", b"[" * 100_000]
)
def test_a_body_that_is_not_a_batch_is_a_problem(harness: ReplicaHarness, body: bytes) -> None:
    answer = post(harness, body)
    assert (answer.status_code, answer.json()["field"]) == (400, "events")


def test_too_many_events_and_too_many_bytes_are_refused(harness: ReplicaHarness) -> None:
    assert post(harness, batch(*(event(n) for n in range(MAX_EVENTS + 1)))).status_code == 400
    assert post(harness, b" " * (MAX_BATCH_BYTES + 1)).status_code == 413


GOOD = json.dumps(event(1)).encode()


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (GOOD.replace(b'"t3"', b'"\\ud800"'), "not_json"),
        (GOOD.replace(b'"t3"', b'"\xe9"'), "not_json"),
        (GOOD.replace(b"3000", b"NaN"), "not_json"),
        (GOOD.replace(b"3000", b"1e400"), "bad_field"),
        (GOOD.replace(b"3000", b"[" * 50_000 + b"]" * 50_000), "too_deep"),
        (GOOD.replace(b"3000", b"9" * 400), "bad_field"),
        (b"", "not_json"),
        (b"nonsense", "not_json"),
    ],
)
def test_an_event_that_is_not_json_does_not_affect_the_others(
    harness: ReplicaHarness, broken: bytes, reason: str
) -> None:
    bodies = [GOOD, broken, json.dumps(event(3, note='] , } [ \\ " ,')).encode()]
    answer = post(harness, b' { "version" : 1, "events" : [' + b" , ".join(bodies) + b"] } ")
    assert (answer.status_code, answer.json()["accepted"]) == (202, 2)
    (refusal,) = answer.json()["refused"]
    assert (refusal["index"], refusal["reason"]) == (1, reason)
    assert [record["event_id"] for record in logged(harness)] == ["e1", "e3"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"events":[{"a":NaN]}',
        b'{"events":[{"a":"open]}',
        b'{"events":[NaN]',
        b'{"events":[NaN]}x',
        b'{"events":[NaN],"more":NaN}',
        b'{nonsense "events":[NaN]}',
        b'{"inner":{"events":[NaN]}}',
        b'{"events":["' + b'\\"' * 200_000,
    ],
)
def test_a_broken_body_whose_events_cannot_be_separated_is_refused(
    harness: ReplicaHarness, body: bytes
) -> None:
    answer = post(harness, body)
    assert (answer.status_code, answer.json()["field"]) == (400, "events")


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/x-www-form-urlencoded"])
def test_a_body_of_another_media_type_is_refused(
    harness: ReplicaHarness, content_type: str
) -> None:
    answer = post(harness, batch(event()), content_type)
    assert (answer.status_code, answer.json()["field"]) == (415, "content-type")


def test_a_json_media_type_may_have_a_charset(harness: ReplicaHarness) -> None:
    assert post(harness, batch(event()), "Application/JSON; charset=utf-8").status_code == 202


@pytest.mark.parametrize("error", [None, LogUnavailable("no broker"), Backpressure("full")])
def test_without_the_log_the_answer_is_503_with_a_retry_time(
    harness: ReplicaHarness, error: Exception | None
) -> None:
    fail_gateway(harness, error)
    answer = post(harness, batch(event()))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert "same event ids" in answer.json()["detail"]


def test_a_record_that_the_log_rejects_is_refused(harness: ReplicaHarness) -> None:
    fail_gateway(harness, RequestRejected("too large"))
    answer = post(harness, batch(event()))
    assert (answer.status_code, answer.json()["refused"][0]["reason"]) == (400, "log_refused")
