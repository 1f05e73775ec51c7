"""The middleware in front of Ray Serve: bad headers, and Serve's own failures."""

import httpx
import msgspec
import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from shared.api.problem import PROBLEM_TYPE, ProblemDocument
from tests.online.http_calls import behind_ingress


def problem_of(response: httpx.Response) -> ProblemDocument:
    assert response.headers["content-type"] == PROBLEM_TYPE
    return msgspec.json.decode(response.content, type=ProblemDocument)


def test_a_header_that_is_not_utf8_is_refused_by_name() -> None:
    response = behind_ingress(PlainTextResponse("never sent"), {b"x-request-id": b"\xe9"})
    assert (response.status_code, problem_of(response).field) == (400, "x-request-id")


@pytest.mark.parametrize("status", [408, 500, 503])
def test_a_failure_in_plain_text_becomes_a_problem(status: int) -> None:
    response = behind_ingress(PlainTextResponse("Serve is busy", status))
    assert response.status_code == problem_of(response).status == status
    assert (response.headers.get("retry-after") == "1") == (status == 503)


@pytest.mark.parametrize(
    "sent",
    [
        PlainTextResponse("metrics"),
        JSONResponse({"ready": False}, 503),
        JSONResponse({"title": "Bad parameter"}, 400, media_type=PROBLEM_TYPE),
    ],
)
def test_every_other_answer_passes_unchanged(sent: Response) -> None:
    response = behind_ingress(sent)
    assert (response.status_code, response.content) == (sent.status_code, sent.body)
    assert response.headers["content-type"] == sent.headers["content-type"]
