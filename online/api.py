"""The HTTP application: it parses requests, calls the service and sends responses."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec
from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from online.openapi import openapi_document
from online.page.request import more_request, page_request
from online.page.served.more import answer_more
from online.parameters import declared, read_query, read_values
from online.problems import Problem, bad_parameter, problem
from online.routes import (
    GET_HEALTH,
    GET_METRICS,
    GET_MORE,
    GET_PAGE,
    GET_READY,
    GET_SIMILAR,
    JSON,
    POST_EVENTS,
    ApiRoute,
)
from online.service import Service
from online.similar import answer_similar
from shared.api.events import MAX_BATCH_BYTES
from shared.api.problem import PROBLEM_TYPE
from shared.api.request import (
    MoreQuery,
    PageHeaders,
    PagePath,
    PageQuery,
    ProfilePath,
    SimilarQuery,
    TitlePath,
)
from shared.api.state import HealthAnswer
from shared.ids import TitleId

DOCS_PAGE: Final = Path(__file__).with_name("docs.html")

DEFECT: Final = problem(500, "Internal error", "Try again; report it if it happens again.")

Handler = Callable[[Request], Awaitable[Response]]

logger = logging.getLogger(__name__)


def create_api(service: Service) -> FastAPI:
    """Build the application; its documentation is at /docs and /openapi.json."""
    # No redirects from paths with a final slash: OpenAPI documents no 307.
    api = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    api.add_exception_handler(Problem, _answer_problem)
    api.add_exception_handler(HTTPException, _answer_http)
    endpoints = _Endpoints(service)
    _add(api, GET_PAGE, endpoints.page)
    _add(api, GET_MORE, endpoints.more)
    _add(api, GET_SIMILAR, endpoints.similar)
    _add(api, POST_EVENTS, endpoints.events)
    _add(api, GET_HEALTH, endpoints.health)
    _add(api, GET_READY, endpoints.ready)
    _add(api, GET_METRICS, endpoints.metrics)
    _add_documentation(api)
    return api


def _add(api: FastAPI, route: ApiRoute, handler: Handler) -> None:
    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request)
        except (Problem, HTTPException, ClientDisconnect):
            raise
        except Exception:
            # The server's own response to an exception is plain text.
            logger.exception("%s %s failed", request.method, request.url.path)
            return _response(DEFECT)

    api.add_api_route(
        route.path, endpoint, methods=[route.method], name=route.operation_id, response_model=None
    )


def _add_documentation(api: FastAPI) -> None:
    document, docs = msgspec.json.encode(openapi_document()), DOCS_PAGE.read_bytes()

    @api.get("/openapi.json", response_model=None)
    async def openapi() -> Response:
        return Response(document, media_type=JSON)

    @api.get("/docs", response_model=None)
    async def documentation() -> Response:
        return Response(docs, media_type="text/html")


class _Endpoints:
    """One method per route."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def page(self, request: Request) -> Response:
        path = read_values(ProfilePath, request.path_params)
        query = read_query(PageQuery, request.scope["query_string"])
        headers = read_values(PageHeaders, declared(PageHeaders, request.headers.items()))
        request_id = headers.request_id or secrets.token_hex(16)
        page = page_request(path, query, request_id, self._service.components.clock.now_ms())
        return Response(await self._service.assembler.page(page), media_type=JSON)

    async def more(self, request: Request) -> Response:
        path = read_values(PagePath, request.path_params)
        query = read_query(MoreQuery, request.scope["query_string"])
        more = more_request(path, query, self._service.components.clock.now_ms())
        return Response(await answer_more(self._service.components, more), media_type=JSON)

    async def similar(self, request: Request) -> Response:
        path = read_values(TitlePath, request.path_params)
        query = read_query(SimilarQuery, request.scope["query_string"])
        answer = answer_similar(self._service.components, TitleId(path.title_id), query)
        return Response(answer, media_type=JSON)

    async def events(self, request: Request) -> Response:
        if request.scope["query_string"]:
            name = request.scope["query_string"].partition(b"=")[0].decode("ascii", "replace")
            raise bad_parameter(name, "Send the batch in the body; this path has no parameters.")
        _check_media_type(request)
        answer = await self._service.gateway.post(await _body(request, MAX_BATCH_BYTES))
        return Response(msgspec.json.encode(answer), 202, media_type=JSON)

    async def health(self, _: Request) -> Response:
        return Response(msgspec.json.encode(HealthAnswer()), media_type=JSON)

    async def ready(self, _: Request) -> Response:
        state = self._service.state()
        return Response(msgspec.json.encode(state), 200 if state.ready else 503, media_type=JSON)

    async def metrics(self, _: Request) -> Response:
        return Response(self._service.metrics(), media_type=CONTENT_TYPE_LATEST)


def _check_media_type(request: Request) -> None:
    """Check that the body is JSON without compression.

    Raises:
        Problem: it is something else (415).
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != JSON:
        raise problem(415, "Not JSON", f"Send the header `Content-Type: {JSON}`.", "content-type")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise problem(415, "Compressed", "Send the body uncompressed.", "content-encoding")


async def _body(request: Request, limit: int) -> bytes:
    """Read the body; stop as soon as it exceeds the limit, so that memory stays bounded.

    Raises:
        Problem: the body is larger than the limit (413).
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise problem(413, "Too large", f"Send at most {limit} bytes in one batch.")
    return bytes(body)


async def _answer_problem(_: Request, error: Exception) -> Response:
    if not isinstance(error, Problem):
        raise error
    return _response(error)


async def _answer_http(request: Request, error: Exception) -> Response:
    """Answer a request without a route: an unknown path (404) or another method (405)."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    allowed = headers.get("Allow")
    detail = f"Use {allowed}." if allowed else "Check the path; /docs lists all paths."
    refusal = problem(error.status_code, error.detail, detail)
    refusal.headers.update(headers)
    return _response(refusal)


def _response(refusal: Problem) -> Response:
    return Response(refusal.body(), refusal.status, refusal.headers, PROBLEM_TYPE)
