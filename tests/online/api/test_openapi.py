"""The OpenAPI document agrees with the application, answer by answer."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator
from starlette.responses import PlainTextResponse

from online.api import create_api
from online.openapi import openapi_document
from online.routes import (
    GET_HEALTH,
    GET_METRICS,
    GET_MORE,
    GET_PAGE,
    GET_READY,
    GET_SIMILAR,
    POST_EVENTS,
    ROUTES,
    ApiRoute,
)
from shared.api.events import MAX_BATCH_BYTES
from tests.online.faults import FaultyStore, fail_gateway
from tests.online.harness import ReplicaHarness
from tests.online.http_calls import behind_ingress, call, get, post
from tests.online.samples import NOW

DOCUMENT = openapi_document()
PAGE = "/v1/profiles/p-1/page"
SIMILAR = "/v1/titles/t0/similar"
EVENT = {
    "event_id": "e1",
    "type": "play.started",
    "event_time_ms": NOW,
    "profile_id": "p-1",
    "body": {"title_id": "t3", "runtime_s": 3_000},
}
Request = Callable[[ReplicaHarness], httpx.Response]


def on(path: str) -> Request:
    """GET a path."""
    return lambda harness: get(harness, path)


def published(request: Request) -> Request:
    """Publish first."""

    def publish_and_request(harness: ReplicaHarness) -> httpx.Response:
        harness.publish()
        return request(harness)

    return publish_and_request


def deleting(path: str) -> Request:
    """DELETE a path."""
    return lambda harness: call(harness, lambda client: client.delete(path))


def posting(*events: Any) -> Request:
    """POST a batch."""
    return lambda harness: post(harness, json.dumps({"events": events}).encode())


def more(harness: ReplicaHarness) -> httpx.Response:
    return get(harness, get(harness, f"{PAGE}?ceiling=18&country=US").json()["more"])


def more_without_store(harness: ReplicaHarness) -> httpx.Response:
    address = get(harness, PAGE).json()["more"]
    harness.restart()
    assert isinstance(harness.store, FaultyStore)
    harness.store.down = frozenset({"*"})
    return get(harness, address)


def posting_without_log(harness: ReplicaHarness) -> httpx.Response:
    fail_gateway(harness, None)
    return posting(EVENT)(harness)


ANSWERS: list[tuple[ApiRoute, int, Request]] = [
    (GET_PAGE, 200, published(on(f"{PAGE}?debug=true"))),
    (GET_PAGE, 400, on(f"{PAGE}?rows=0")),
    (GET_PAGE, 405, deleting(PAGE)),
    (GET_PAGE, 503, on(PAGE)),
    (GET_MORE, 200, published(more)),
    (GET_MORE, 400, on("/v1/pages/x")),
    (GET_MORE, 404, on("/v1/pages/x?profile_id=p")),
    (GET_MORE, 405, deleting("/v1/pages/x")),
    (GET_MORE, 503, published(more_without_store)),
    (GET_SIMILAR, 200, published(on(SIMILAR))),
    (GET_SIMILAR, 400, on(f"{SIMILAR}?k=0")),
    (GET_SIMILAR, 404, on(SIMILAR)),
    (GET_SIMILAR, 405, deleting(SIMILAR)),
    (POST_EVENTS, 202, posting(EVENT, 1)),
    (POST_EVENTS, 400, posting(1)),
    (POST_EVENTS, 405, deleting("/v1/events")),
    (POST_EVENTS, 413, lambda harness: post(harness, b" " * (MAX_BATCH_BYTES + 1))),
    (POST_EVENTS, 415, lambda harness: post(harness, b"{}", "text/plain")),
    (POST_EVENTS, 503, posting_without_log),
    (GET_HEALTH, 200, on("/healthz")),
    (GET_HEALTH, 405, deleting("/healthz")),
    (GET_READY, 200, published(on("/readyz"))),
    (GET_READY, 405, deleting("/readyz")),
    (GET_READY, 503, on("/readyz")),
    (GET_METRICS, 200, on("/metrics")),
    (GET_METRICS, 405, deleting("/metrics")),
]
INGRESS_FAILURES = (408, 500, 503)
DEFECTS: list[tuple[ApiRoute, str, Request]] = [
    (GET_PAGE, "page.assemble.Assembler.page", on(PAGE)),
    (GET_MORE, "api.answer_more", on("/v1/pages/x?profile_id=p")),
    (GET_SIMILAR, "api.answer_similar", on(SIMILAR)),
    (POST_EVENTS, "gateway.Gateway.post", posting(EVENT)),
    (GET_READY, "service.Service.state", on("/readyz")),
    (GET_METRICS, "service.Service.metrics", on("/metrics")),
]


@pytest.mark.parametrize(
    ("route", "status", "request_answer"),
    ANSWERS,
    ids=[f"{route.operation_id} {status}" for route, status, _ in ANSWERS],
)
def test_an_answer_has_its_documented_form(
    bare: ReplicaHarness, route: ApiRoute, status: int, request_answer: Request
) -> None:
    answer = request_answer(bare)
    assert answer.status_code == status
    validate(route, answer)


@pytest.mark.parametrize(
    ("route", "target", "request_answer"),
    DEFECTS,
    ids=[route.operation_id for route, *_ in DEFECTS],
)
def test_a_defect_is_answered_by_a_problem(
    harness: ReplicaHarness,
    monkeypatch: pytest.MonkeyPatch,
    route: ApiRoute,
    target: str,
    request_answer: Request,
) -> None:
    def broken(*_: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(f"online.{target}", broken)
    answer = request_answer(harness)
    assert answer.status_code == 500
    validate(route, answer)


@pytest.mark.parametrize(
    ("route", "status"),
    [
        (route, status)
        for route in ROUTES
        for status in INGRESS_FAILURES
        # Documented as the state of the replica.
        if (route, status) != (GET_READY, 503)
    ],
)
def test_a_failure_of_the_ingress_has_its_documented_form(route: ApiRoute, status: int) -> None:
    answer = behind_ingress(PlainTextResponse("from Serve", status))
    assert answer.status_code == status
    validate(route, answer)


@pytest.mark.parametrize("route", ROUTES, ids=[route.operation_id for route in ROUTES])
def test_the_refusal_of_a_header_has_its_documented_form(route: ApiRoute) -> None:
    answer = behind_ingress(PlainTextResponse("never sent"), {b"x-request-id": b"\xe9"})
    assert answer.status_code == 400
    validate(route, answer)


def test_every_documented_answer_is_tested() -> None:
    tested = {(route.operation_id, status) for route, status, _ in ANSWERS}
    tested |= {(route.operation_id, 400) for route in ROUTES}
    tested |= {(route.operation_id, status) for route in ROUTES for status in INGRESS_FAILURES}
    assert tested == {
        (operation["operationId"], int(status))
        for operations in DOCUMENT["paths"].values()
        for operation in operations.values()
        for status in operation["responses"]
    }


def test_the_application_has_exactly_the_documented_routes(harness: ReplicaHarness) -> None:
    served = {
        (route.path, method, route.name)
        for route in create_api(harness.service).routes
        if isinstance(route, APIRoute) and route.path not in {"/docs", "/openapi.json"}
        for method in route.methods or ()
    }
    assert served == {(route.path, route.method, route.operation_id) for route in ROUTES}
    assert served == {
        (path, method.upper(), operation["operationId"])
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
    }


def test_the_document_is_served(harness: ReplicaHarness) -> None:
    assert get(harness, "/openapi.json").json() == json.loads(json.dumps(DOCUMENT))


def test_the_documentation_page_loads_nothing_from_other_hosts(harness: ReplicaHarness) -> None:
    page = get(harness, "/docs").text
    assert "openapi.json" in page
    assert "//" not in page


def test_every_reference_has_a_definition() -> None:
    text = json.dumps(DOCUMENT)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names == set(DOCUMENT["components"]["schemas"])


def test_limits_are_those_of_the_structs() -> None:
    operation = DOCUMENT["paths"]["/v1/profiles/{profile_id}/page"]["get"]
    parameters = {parameter["name"]: parameter for parameter in operation["parameters"]}
    rows = parameters["rows"]["schema"]
    assert (rows["type"], rows["minimum"], rows["maximum"]) == ("integer", 1, 40)
    assert [name for name, part in parameters.items() if part["required"]] == ["profile_id"]
    assert parameters["x-request-id"]["in"] == "header"
    events = DOCUMENT["components"]["schemas"]["EventBatch"]["properties"]["events"]
    assert (events["minItems"], events["maxItems"]) == (1, 500)


def validate(route: ApiRoute, answer: httpx.Response) -> None:
    """Check an answer's media type, headers and body against the document."""
    operation = DOCUMENT["paths"][route.path][route.method.lower()]
    response = operation["responses"][str(answer.status_code)]
    ((content_type, content),) = response["content"].items()
    assert answer.headers["content-type"] == content_type
    assert all(name in answer.headers for name in response.get("headers", {}))
    body = answer.json() if "json" in content_type else answer.text
    schema = {**content["schema"], "components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(body)
