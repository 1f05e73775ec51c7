"""The HTTP routes over a replica's parts; decides nothing: checks the request, calls, answers
bytes.
"""

import secrets

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException

from online.page.request import SHAPES, more_request, page_request, similar_request
from online.problems import CONTENT_TYPE, Problem, bad_parameter
from online.service import Service

JSON = "application/json"
DESCRIPTION = "Pages for members, and the door through which events come in. Errors are problem documents (RFC 9457)."
Parameters = dict[str, list[dict[str, object]]]


def create_api(service: Service) -> FastAPI:
    """The application; its documentation stands at /docs."""
    api = FastAPI(title="Marquee", description=DESCRIPTION, version="1")
    api.add_exception_handler(Problem, _answer_problem)
    api.add_exception_handler(RequestValidationError, _answer_invalid)
    api.add_exception_handler(HTTPException, _answer_http)
    _add_pages(api, service)
    _add_events(api, service)
    _add_operations(api, service)
    return api


def _add_pages(api: FastAPI, service: Service) -> None:
    @api.get(
        "/v1/profiles/{profile_id}/page",
        tags=["pages"],
        response_class=Response,
        openapi_extra=_PAGE,
    )
    async def page(profile_id: str, request: Request) -> Response:
        """The member's page: rows of tiles, each with its reason and source. An unknown profile
        gets a guest's page.
        """
        request_id = request.headers.get("x-request-id") or secrets.token_hex(16)
        asked = page_request(profile_id, request.query_params, request_id, service.clock.now_ms())
        return Response(await service.assembler.page(asked), media_type=JSON)

    @api.get("/v1/pages/{page_id}", tags=["pages"], response_class=Response, openapi_extra=_MORE)
    async def more_of_page(page_id: str, request: Request) -> Response:
        """More of a page that was served: the same layout, filtered again. Take the address from a
        page's `more`.
        """
        asked = more_request(page_id, request.query_params, service.clock.now_ms())
        return Response(await service.assembler.more(asked), media_type=JSON)

    @api.get(
        "/v1/titles/{title_id}/similar",
        tags=["titles"],
        response_class=Response,
        openapi_extra=_SIMILAR,
    )
    async def similar(title_id: str, request: Request) -> Response:
        """Titles that go with a title; without a ceiling, those that suit children."""
        count, ceiling, country = similar_request(request.query_params)
        return Response(
            service.assembler.similar(title_id, count, ceiling, country), media_type=JSON
        )


def _add_events(api: FastAPI, service: Service) -> None:
    @api.post(
        "/v1/events",
        tags=["events"],
        status_code=202,
        response_class=Response,
        openapi_extra=_EVENTS,
    )
    async def events(request: Request) -> Response:
        """Take in a batch of events. 202 once the log has acknowledged; events that can never be
        accepted are named in the answer.
        """
        answer = await service.gateway.post(await _body(request, service.gateway.max_body_bytes))
        return Response(msgspec.json.encode(answer), 202, media_type=JSON)


def _add_operations(api: FastAPI, service: Service) -> None:
    @api.get("/healthz", tags=["operations"], response_class=Response)
    async def healthz() -> Response:
        """Whether this process answers at all."""
        return Response(b'{"status":"ok"}', media_type=JSON)

    @api.get("/readyz", tags=["operations"], response_class=Response)
    async def readyz() -> Response:
        """Whether there is something to show, and what: 200 with the generation or the static page,
        503 before.
        """
        state = service.state()
        return Response(msgspec.json.encode(state), 200 if state.ready else 503, media_type=JSON)

    @api.get("/metrics", tags=["operations"], response_class=Response)
    async def metrics() -> Response:
        """Prometheus metrics of the replica that answers."""
        return Response(service.metrics(), media_type=CONTENT_TYPE_LATEST)


async def _body(request: Request, limit: int) -> bytes:
    """The body, given up as soon as it is larger than the limit, so that nobody can fill the
    memory.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Problem(413, "Too large", f"A batch may have {limit} bytes.")
    return bytes(body)


async def _answer_problem(_: Request, problem: Exception) -> Response:
    if not isinstance(problem, Problem):
        raise problem
    return Response(problem.body(), problem.status, problem.headers, CONTENT_TYPE)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {}
    return await _answer_problem(
        request,
        bad_parameter(
            str(first.get("loc", ("", "request"))[-1]), str(first.get("msg", "is wrong"))
        ),
    )


async def _answer_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return await _answer_problem(
        request,
        Problem(error.status_code, str(error.detail), f"{request.method} {request.url.path}"),
    )


def _query(name: str, what: str, **schema: object) -> dict[str, object]:
    return {"name": name, "in": "query", "required": False, "description": what, "schema": schema}


def _whole(name: str, what: str, least: int, most: int) -> dict[str, object]:
    return _query(name, what, type="integer", minimum=least, maximum=most)


_ROWS = _whole("rows", "How many rows; the device's first answer when absent", 1, 40)
_COLUMNS = _whole("columns", "How many tiles a row; the device's first answer when absent", 1, 40)
_CEILING = _whole(
    "ceiling",
    "Oldest age rating that may be shown; the lower of this and the profile's own holds",
    0,
    18,
)
_COUNTRY = _query(
    "country", "ISO 3166 code; licenses follow it", type="string", pattern="^[A-Z]{2}$"
)
_PAGE: Parameters = {
    "parameters": [
        _query("device", "The page's shape", type="string", enum=list(SHAPES)),
        _ROWS,
        _COLUMNS,
        _COUNTRY,
        _CEILING,
        _whole("utc_offset_min", "The member's local time minus UTC, in minutes", -1080, 1080),
        _query("debug", "1 adds how long each step took", type="string"),
        {
            "name": "X-Request-Id",
            "in": "header",
            "required": False,
            "description": "Names the request; a retry under the same id gets the same page id and the same draws",
            "schema": {"type": "string", "maxLength": 128},
        },
    ]
}
_MORE: Parameters = {
    "parameters": [
        _query("profile_id", "Whose page it is", type="string"),
        _whole("from_row", "First row", 0, 1000),
        _whole("from_column", "First tile of each row", 0, 1000),
        _ROWS,
        _COLUMNS,
        _CEILING,
    ]
}
_SIMILAR: Parameters = {"parameters": [_whole("k", "How many", 1, 100), _COUNTRY, _CEILING]}
_EVENTS: dict[str, object] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["events"],
                    "properties": {
                        "events": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": 500,
                            "items": {"type": "object"},
                        }
                    },
                }
            }
        },
    }
}
