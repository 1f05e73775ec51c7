"""A check of request headers in front of Ray Serve, which fails on bytes that are not UTF-8."""

from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from online.problems import bad_parameter
from shared.api.problem import PROBLEM_TYPE


class HeaderCheck:
    """Answers 400 where a header's value is not UTF-8; passes on every other request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        for name, value in scope.get("headers", ()):
            if not _is_utf8(value):
                problem = bad_parameter(name.decode("latin-1"), "Send the header in ASCII.")
                response = Response(problem.body(), 400, media_type=PROBLEM_TYPE)
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)


def middleware() -> list[Middleware]:
    """Return what Ray Serve puts in front of its HTTP proxy; it finds this function by its path."""
    return [Middleware(HeaderCheck)]


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
