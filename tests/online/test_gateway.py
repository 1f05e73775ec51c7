"""The door for events: what is taken, what is refused and why, and what a client hears when the log
is gone.
"""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import httpx
import pytest

from online.api import create_api
from online.gateway import Gateway
from online.settings import GatewaySettings
from online.telemetry import Telemetry
from shared.errors import Backpressure, LogUnavailable, RequestRejected
from shared.log.port import OutgoingRecord, Partition, Producer
from shared.topics import EXPOSURES, SIGNALS
from tests.online.kit import HOUR, NOW, Stage


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


def post(stage: Stage, body: bytes) -> httpx.Response:
    return call(stage, lambda client: client.post("/v1/events", content=body))


def get(stage: Stage, path: str) -> httpx.Response:
    return call(stage, lambda client: client.get(path))


def call(stage: Stage, request: "Callable[[httpx.AsyncClient], Any]") -> httpx.Response:
    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(create_api(stage.service))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            response: httpx.Response = await request(client)
            return response

    return asyncio.run(answer())


def batch(*events: Any) -> bytes:
    return json.dumps({"events": list(events)}).encode()


def logged(stage: Stage, topic: str = SIGNALS) -> list[dict[str, Any]]:
    partition = Partition(topic, 0)
    return [
        json.loads(record.value or b"")
        for record in stage.log.read(partition, 0, stage.log.end_offset(partition))
    ]


def test_a_good_event_is_in_the_log_before_the_answer(stage: Stage) -> None:
    answer = post(stage, batch(event()))
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "refused": []})
    [record] = logged(stage)
    assert (record["event_id"], record["received_time_ms"]) == ("e1", NOW)


def test_broken_events_among_good_ones_are_named_and_the_rest_taken(stage: Stage) -> None:
    answer = post(
        stage,
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
    assert [record["event_id"] for record in logged(stage)] == ["e1", "e6"]


def test_a_batch_without_one_good_event_is_a_problem(stage: Stage) -> None:
    answer = post(stage, batch(event(1, type="nope")))
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"] == "events[0].type"
    assert answer.json()["refused"][0]["reason"] == "unknown_type"


@pytest.mark.parametrize("kind", ["page.served", "title.published", "title.withdrawn"])
def test_what_the_service_writes_itself_is_not_taken_from_clients(stage: Stage, kind: str) -> None:
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
    answer = post(stage, batch(event(1, type=kind, body=bodies[kind])))
    assert answer.json()["refused"][0]["reason"] == "not_for_clients"
    assert logged(stage, EXPOSURES) == []


def test_a_client_whose_clock_is_off_is_put_right(stage: Stage) -> None:
    off = 3 * HOUR
    post(stage, batch(event(1, event_time_ms=NOW - 5_000 + off, sent_time_ms=NOW + off)))
    assert logged(stage)[0]["event_time_ms"] == NOW - 5_000


def test_unknown_fields_reach_the_log(stage: Stage) -> None:
    post(stage, batch(event(1, app_version="9.1")))
    assert logged(stage)[0]["app_version"] == "9.1"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"events":[]}', b'{"events":7}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_batch_is_a_problem(stage: Stage, body: bytes) -> None:
    answer = post(stage, body)
    assert (answer.status_code, answer.json()["field"]) == (400, "events")


def test_too_many_events_and_too_many_bytes_are_refused(stage: Stage) -> None:
    assert post(stage, batch(*(event(n) for n in range(501)))).status_code == 400
    assert post(stage, b" " * 600_000).status_code == 413


class Silent:
    """A producer that never answers, refuses, or is full."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def send(self, record: OutgoingRecord) -> "Future[tuple[Partition, int]]":
        del record
        if isinstance(self.error, Backpressure):
            raise self.error
        future: Future[tuple[Partition, int]] = Future()
        if self.error is not None:
            future.set_exception(self.error)
        return future

    def flush(self, timeout_s: float) -> None: ...

    def close(self) -> None: ...


def gateway_over(stage: Stage, producer: Producer) -> None:
    gateway = Gateway(producer, stage.clock, Telemetry(), GatewaySettings(), 0.05)
    object.__setattr__(stage.service, "gateway", gateway)


@pytest.mark.parametrize("error", [None, LogUnavailable("no broker"), Backpressure("full")])
def test_without_the_log_the_client_is_told_to_come_again(
    stage: Stage, error: Exception | None
) -> None:
    gateway_over(stage, Silent(error))
    answer = post(stage, batch(event()))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert "same event ids" in answer.json()["detail"]


def test_a_record_that_the_log_will_never_take_is_refused_for_good(stage: Stage) -> None:
    gateway_over(stage, Silent(RequestRejected("too large")))
    answer = post(stage, batch(event()))
    assert (answer.status_code, answer.json()["refused"][0]["reason"]) == (400, "log_refused")


class TestRoutes:
    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("device=fridge", "device"),
            ("rows=0", "rows"),
            ("rows=41", "rows"),
            ("columns=x", "columns"),
            ("country=usa", "country"),
            ("ceiling=19", "ceiling"),
            ("ceiling=-1", "ceiling"),
            ("utc_offset_min=5000", "utc_offset_min"),
        ],
    )
    def test_a_bad_parameter_is_named(self, stage: Stage, query: str, field: str) -> None:
        answer = get(stage, f"/v1/profiles/p-1/page?{query}")
        assert (answer.status_code, answer.json()["field"]) == (400, field)
        assert answer.headers["content-type"] == "application/problem+json"

    def test_a_page_over_http(self, stage: Stage) -> None:
        page = get(
            stage, "/v1/profiles/p-1/page?device=tv&rows=3&columns=5&country=US&ceiling=18"
        ).json()
        assert [len(row["tiles"]) for row in page["rows"]] == [5, 5, 5]

    def test_ready_says_what_there_is(self, stage: Stage) -> None:
        answer = get(stage, "/readyz")
        assert (answer.status_code, answer.json()["generation"]) == (200, "g1")

    def test_not_ready_before_there_is_anything(self, bare: Stage) -> None:
        assert get(bare, "/readyz").status_code == 503
        assert get(bare, "/healthz").status_code == 200
        assert get(bare, "/v1/profiles/p/page").status_code == 503

    def test_similar_titles_are_safe_by_default(self, stage: Stage) -> None:
        tiles = get(stage, "/v1/titles/t0/similar?k=10").json()["tiles"]
        assert len(tiles) == 10
        assert {int(tile["title_id"][1:]) % 5 for tile in tiles} <= {0, 1}

    def test_a_title_that_may_not_be_shown_is_not_found(self, stage: Stage) -> None:
        assert get(stage, "/v1/titles/t4/similar").status_code == 404
        assert get(stage, "/v1/titles/t4/similar?ceiling=18").status_code == 200
        assert get(stage, "/v1/titles/nothing/similar").status_code == 404

    def test_an_unknown_path_is_a_problem_document_too(self, stage: Stage) -> None:
        answer = get(stage, "/v2/nothing")
        assert (answer.status_code, answer.headers["content-type"]) == (
            404,
            "application/problem+json",
        )

    def test_metrics_and_documentation_are_served(self, stage: Stage) -> None:
        get(stage, "/v1/profiles/p-1/page")
        assert 'marquee_pages_total{rung="fresh"} 1.0' in get(stage, "/metrics").text
        assert {"/v1/events", "/v1/profiles/{profile_id}/page"} <= set(
            get(stage, "/openapi.json").json()["paths"]
        )
