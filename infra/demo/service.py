"""A member's app, as far as the demo needs one: it asks for pages and posts events over HTTP, like
any other client.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import httpx
import msgspec

from infra.demo.changes import VisibleRow
from shared.errors import SetupError

POLL_S = 0.01
REQUEST_TIMEOUT_S = 5.0


class Tile(msgspec.Struct, frozen=True):
    """A tile of the answer, as far as the demo reads it."""

    title_id: str
    name: str
    token: str | None = None


class Row(msgspec.Struct, frozen=True):
    """A row of the answer, as far as the demo reads it."""

    kind: str
    name: str
    tiles: tuple[Tile, ...]


class Page(msgspec.Struct, frozen=True):
    """A page of the answer, as far as the demo reads it."""

    page_id: str
    rows: tuple[Row, ...]
    degraded: tuple[str, ...] = ()
    generation: str | None = None

    def seen(self, rows: int | None = None, columns: int | None = None) -> list[VisibleRow]:
        """The page as far as a screen of so many rows and columns shows it."""
        return [
            VisibleRow(
                row.kind, row.name, {tile.title_id: tile.name for tile in row.tiles[:columns]}
            )
            for row in self.rows[:rows]
        ]

    def has(self, title_id: str, kind: str | None = None) -> bool:
        """Whether the title stands on the page, or in a row of that kind."""
        return any(
            tile.title_id == title_id
            for row in self.rows
            if kind in {None, row.kind}
            for tile in row.tiles
        )

    def titles(self) -> list[Sequence[str]]:
        """The title ids, row by row."""
        return [[tile.title_id for tile in row.tiles] for row in self.rows]


@dataclass(frozen=True, slots=True)
class Waited:
    """A page that shows what was waited for: the answer itself, how long it took from the start,
    and how many pages were asked for.
    """

    page: Page
    answer: bytes
    milliseconds: float
    asked: int


class Service:
    """The page API from outside. Every call raises SetupError, with the answer in it, when the
    service does not do what it promises.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._http = httpx.Client(base_url=address, timeout=REQUEST_TIMEOUT_S)

    def page_bytes(self, profile_id: str, **query: str | int) -> bytes:
        """The page as the API answers it."""
        return self._checked(
            self._http.get(f"/v1/profiles/{profile_id}/page", params=query)
        ).content

    def page(self, profile_id: str, **query: str | int) -> Page:
        """The page, decoded."""
        return decode_page(self.page_bytes(profile_id, **query))

    def post(self, events: Iterable[bytes]) -> None:
        """Post encoded events as one batch; returns when Kafka has all of them."""
        body = b'{"events":[' + b",".join(events) + b"]}"
        answer = self._checked(
            self._http.post(
                "/v1/events", content=body, headers={"content-type": "application/json"}
            )
        )
        refused = msgspec.json.decode(answer.content).get("refused", [])
        if refused:
            raise SetupError(f"The service refused events of the demo: {refused}")

    def wait_for(
        self,
        seen: Callable[[Page], bool],
        began_s: float,
        timeout_s: float,
        profile_id: str,
        **query: str | int,
    ) -> Waited | None:
        """Ask for the page again and again until it shows something, measured from `began_s`
        (time.perf_counter); None if it never does.
        """
        asked = 0
        while time.perf_counter() - began_s < timeout_s:
            asked += 1
            answer = self.page_bytes(profile_id, **query)
            page = decode_page(answer)
            if seen(page):
                return Waited(page, answer, (time.perf_counter() - began_s) * 1000, asked)
            time.sleep(POLL_S)
        return None

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if not answer.is_success:
            raise SetupError(
                f"{answer.request.method} {answer.request.url} answered {answer.status_code}: {answer.text[:300]}"
            )
        return answer


def decode_page(answer: bytes) -> Page:
    """The part of an answer that the demo reads."""
    return msgspec.json.decode(answer, type=Page)
