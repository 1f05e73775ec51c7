"""One replica in this process, without Ray, and an HTTP client of it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import httpx
from fastapi import FastAPI

from infra.settings import Settings
from infra.wiring import open_artifacts, open_store
from online.api import create_api
from online.service import Watcher, build_service
from shared.clock import SystemClock
from shared.log.port import Log

ANSWER_TIMEOUT_S = 60.0
POLL_S = 0.2


@contextmanager
def replica(settings: Settings, log: Log) -> Iterator[httpx.Client]:
    """Start a replica over the real log and store; yield a client of it."""
    clock = SystemClock()
    with ExitStack() as stack:
        store = stack.enter_context(closing(open_store(settings)))
        service = build_service(
            store,
            log,
            open_artifacts(settings),
            settings.home / "online",
            settings.online.service,
            clock,
        )
        stack.callback(service.close)
        watcher = Watcher(service.snapshots, POLL_S, POLL_S, clock)
        watcher.start()
        stack.callback(watcher.stop)
        loop = stack.enter_context(_loop())
        yield stack.enter_context(
            httpx.Client(transport=_InLoop(create_api(service), loop), base_url="http://replica")
        )


class _InLoop(httpx.BaseTransport):
    """Sends requests to the application on its own event loop, as a server does."""

    def __init__(self, app: FastAPI, loop: asyncio.AbstractEventLoop) -> None:
        self._inner = httpx.ASGITransport(app)
        self._loop = loop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run_coroutine_threadsafe(self._answer(request), self._loop).result(
            ANSWER_TIMEOUT_S
        )

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        return httpx.Response(
            answer.status_code, headers=answer.headers, content=await answer.aread()
        )


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="replica")
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
