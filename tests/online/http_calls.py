"""HTTP requests to the application in process, without a server."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
from starlette.types import ASGIApp

from online.api import create_api
from online.ingress import IngressProblems
from tests.online.harness import ReplicaHarness


def call(
    harness: ReplicaHarness, request: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
) -> httpx.Response:
    """Answer one request."""

    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(create_api(harness.service))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await request(client)

    return asyncio.run(answer())


def get(harness: ReplicaHarness, path: str, **headers: str | bytes) -> httpx.Response:
    """Answer a GET; underscores in header names become hyphens."""
    values_by_name = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    encoded = {
        name: value.encode() if isinstance(value, str) else value
        for name, value in values_by_name.items()
    }
    return call(harness, lambda client: client.get(path, headers=encoded))


def post(
    harness: ReplicaHarness, body: bytes, content_type: str = "application/json"
) -> httpx.Response:
    """Answer a POST of events."""
    return call(
        harness,
        lambda client: client.post(
            "/v1/events", content=body, headers={"content-type": content_type}
        ),
    )


def behind_ingress(app: ASGIApp, headers: dict[bytes, bytes] | None = None) -> httpx.Response:
    """Answer a GET by an application behind the middleware of the ingress."""

    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(IngressProblems(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get("/", headers=headers)

    return asyncio.run(answer())
