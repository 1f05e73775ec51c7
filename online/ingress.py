"""A middleware in front of Ray Serve's HTTP proxy, so that Serve's own errors are problems too."""

from typing import Final

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from online.problems import Problem, bad_parameter, problem
from shared.api.problem import PROBLEM_TYPE

RETRY_AFTER_S: Final = 1
"""Seconds until a client should retry; a guess."""


class IngressProblems:
    """Refuses headers that are not UTF-8; converts failures in plain text to problem documents.

    Serve fails on such headers. It answers in plain text when a request takes too long (408), when
    its queue is full (503) and when a replica is lost (500).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        for name, value in scope.get("headers", ()):
            if not _is_utf8(value):
                refusal = bad_parameter(name.decode("latin-1"), "Send the header in ASCII.")
                await _response(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, _ProblemSender(scope, receive, send))


class _ProblemSender:
    """Forwards messages; replaces a failure in plain text by a problem document."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._replaced = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_text_failure(message):
            self._replaced = True
            response = _response(_problem_of(message["status"]))
            await response(self._scope, self._receive, self._send)
        elif not self._replaced:
            await self._send(message)


def middleware() -> list[Middleware]:
    """Return the middleware; Ray Serve calls this function by its import path."""
    return [Middleware(IngressProblems)]


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_text_failure(start: Message) -> bool:
    media_type = Headers(raw=start.get("headers", [])).get("content-type", "")
    return start["status"] >= 400 and "json" not in media_type


def _problem_of(status: int) -> Problem:
    if status == 408:
        return problem(408, "Timed out", "Try again with the same request id.")
    if status == 503:
        return problem(503, "Overloaded", "Try again later.", retry_after_s=RETRY_AFTER_S)
    return problem(status, "Not answered", "Try again; report it if it happens again.")


def _response(refusal: Problem) -> Response:
    return Response(refusal.body(), refusal.status, refusal.headers, PROBLEM_TYPE)
