"""A client of the page API for the demo: it requests pages and posts events over HTTP."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import httpx
import msgspec

from shared.api.events import EventsAnswer, encode_batch
from shared.api.page import PageAnswer
from shared.errors import SetupError

POLL_S: Final = 0.01
"""Pause between two requests for the same page."""
REQUEST_TIMEOUT_S: Final = 5.0
"""Time limit of one request."""
_JSON: Final = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class AwaitedPage:
    """The first page that met a condition, and the number of page requests until then."""

    page: PageAnswer
    latency_ms: float
    """Time from the start to the response with the page."""
    requests: int


class DemoClient:
    """Calls the page API.

    Every method raises SetupError with the answer's text if a request fails.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._http = httpx.Client(base_url=address, timeout=REQUEST_TIMEOUT_S)

    def page(self, profile_id: str, **query: str | int) -> PageAnswer:
        """Request a page."""
        response = self._http.get(f"/v1/profiles/{profile_id}/page", params=query)
        return msgspec.json.decode(_checked(response).content, type=PageAnswer)

    def post(self, events: Iterable[bytes]) -> None:
        """Post encoded events as one batch; returns when Kafka has all of them.

        Raises:
            SetupError: an event was refused.
        """
        body = encode_batch(events)
        response = _checked(self._http.post("/v1/events", content=body, headers=_JSON))
        answer = msgspec.json.decode(response.content, type=EventsAnswer)
        if answer.refused:
            raise SetupError(f"The service refused events of the demo: {answer.refused}")

    def wait_for(
        self,
        condition: Callable[[PageAnswer], bool],
        started_s: float,
        timeout_s: float,
        profile_id: str,
        **query: str | int,
    ) -> AwaitedPage | None:
        """Request the page until the condition holds; None if it does not hold in time.

        Time is measured from `started_s`, a value of `time.perf_counter`.
        """
        requests = 0
        while time.perf_counter() - started_s < timeout_s:
            requests += 1
            page = self.page(profile_id, **query)
            if condition(page):
                return AwaitedPage(page, (time.perf_counter() - started_s) * 1000, requests)
            time.sleep(POLL_S)
        return None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _checked(response: httpx.Response) -> httpx.Response:
    if not response.is_success:
        request = response.request
        raise SetupError(
            f"{request.method} {request.url} answered {response.status_code}: {response.text[:300]}"
        )
    return response
