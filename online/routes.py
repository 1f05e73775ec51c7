"""Every route with its parameters and answers; the application and OpenAPI are built from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST

from shared.api.events import EventBatch, EventsAnswer, EventsProblem
from shared.api.page import MoreAnswer, PageAnswer, SimilarAnswer
from shared.api.problem import PROBLEM_TYPE, ProblemDocument
from shared.api.request import (
    MoreQuery,
    PageHeaders,
    PagePath,
    PageQuery,
    Parameters,
    ProfilePath,
    SimilarQuery,
    TitlePath,
)
from shared.api.state import HealthAnswer, ReadyAnswer

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class RouteAnswer:
    """One answer of a route; `body` is None for an answer without a struct."""

    description: str
    body: type[msgspec.Struct] | None
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    """Descriptions of the answer's own headers, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRoute:
    """One operation of the HTTP interface."""

    operation_id: str
    path: str
    tag: str
    summary: str
    description: str
    answers: Mapping[int, RouteAnswer]
    method: Literal["GET", "POST"] = "GET"
    path_parameters: type[Parameters] | None = None
    query: type[Parameters] | None = None
    headers: type[Parameters] | None = None
    body: type[msgspec.Struct] | None = None


def _problem(
    description: str,
    headers: Mapping[str, str] | None = None,
    body: type[ProblemDocument] = ProblemDocument,
) -> RouteAnswer:
    return RouteAnswer(description, body, PROBLEM_TYPE, headers or {})


_RETRY_AFTER: Final = {"Retry-After": "Seconds to wait before the next attempt."}
_ANY_ROUTE: Final = {
    400: _problem("A header is not UTF-8; `field` names it."),
    405: _problem("The path has another method.", {"Allow": "The method to use."}),
    408: _problem("There was no answer within the time limit."),
    500: _problem("A defect of the service. Report it with the request id."),
    503: _problem("The service is overloaded.", _RETRY_AFTER),
}
_BAD_PARAMETER: Final = {
    400: _problem("A parameter is unknown, repeated or out of its limits; `field` names it.")
}
_NOT_FOUND: Final = {404: _problem("There is no such resource for this caller.")}

GET_PAGE: Final = ApiRoute(
    operation_id="get_page",
    path="/v1/profiles/{profile_id}/page",
    tag="pages",
    summary="Get a member's page",
    description="Rows of tiles, each with its reason and source. An unknown profile gets the page "
    "of a guest.",
    path_parameters=ProfilePath,
    query=PageQuery,
    headers=PageHeaders,
    answers={
        **_ANY_ROUTE,
        200: RouteAnswer("The page.", PageAnswer),
        **_BAD_PARAMETER,
        503: _problem("Nothing is published yet, or the service is overloaded.", _RETRY_AFTER),
    },
)
GET_MORE: Final = ApiRoute(
    operation_id="get_more",
    path="/v1/pages/{page_id}",
    tag="pages",
    summary="Get more of a page",
    description="The layout does not change; titles that may no longer be shown are left out. "
    "A page's `more` is the address of its next part.",
    path_parameters=PagePath,
    query=MoreQuery,
    answers={
        **_ANY_ROUTE,
        200: RouteAnswer("Further rows.", MoreAnswer),
        **_BAD_PARAMETER,
        **_NOT_FOUND,
        503: _problem("The store did not respond. Request a new page.", _RETRY_AFTER),
    },
)
GET_SIMILAR: Final = ApiRoute(
    operation_id="get_similar",
    path="/v1/titles/{title_id}/similar",
    tag="titles",
    summary="Get similar titles",
    description="Titles similar to one title. Without a ceiling: those that suit children.",
    path_parameters=TitlePath,
    query=SimilarQuery,
    answers={
        **_ANY_ROUTE,
        200: RouteAnswer("Similar titles.", SimilarAnswer),
        **_BAD_PARAMETER,
        **_NOT_FOUND,
    },
)
POST_EVENTS: Final = ApiRoute(
    operation_id="post_events",
    path="/v1/events",
    tag="events",
    method="POST",
    summary="Post a batch of events",
    description="Answers when the log has acknowledged the events. Each event is "
    "validated separately. Without a response, or after a 408 or a 503, send the batch again with "
    "the same event ids: duplicates are removed.",
    body=EventBatch,
    answers={
        **_ANY_ROUTE,
        202: RouteAnswer("The accepted events are in the log.", EventsAnswer),
        400: _problem("Not a batch, or no event was accepted.", body=EventsProblem),
        413: _problem("The body is too large."),
        415: _problem("The body is not plain JSON."),
        503: _problem("The log did not acknowledge the batch. Send it again.", _RETRY_AFTER),
    },
)
GET_HEALTH: Final = ApiRoute(
    operation_id="get_health",
    path="/healthz",
    tag="operations",
    summary="Check that the process runs",
    description="Reads nothing.",
    answers={**_ANY_ROUTE, 200: RouteAnswer("The process runs.", HealthAnswer)},
)
GET_READY: Final = ApiRoute(
    operation_id="get_ready",
    path="/readyz",
    tag="operations",
    summary="Check that pages can be served",
    description="Names the generation or the static page that is served.",
    answers={
        **_ANY_ROUTE,
        200: RouteAnswer("Pages can be served.", ReadyAnswer),
        503: RouteAnswer("Nothing is loaded yet.", ReadyAnswer),
    },
)
GET_METRICS: Final = ApiRoute(
    operation_id="get_metrics",
    path="/metrics",
    tag="operations",
    summary="Get the replica's metrics",
    description="Prometheus text format, of the replica that answers.",
    answers={**_ANY_ROUTE, 200: RouteAnswer("Metrics.", None, CONTENT_TYPE_LATEST)},
)
ROUTES: Final = (
    GET_PAGE,
    GET_MORE,
    GET_SIMILAR,
    POST_EVENTS,
    GET_HEALTH,
    GET_READY,
    GET_METRICS,
)
