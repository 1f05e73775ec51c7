"""Launch a title; pages show it before the next nightly run."""

import time
import uuid
from collections import Counter
from typing import Final

from infra.demo.changes import positions_of
from infra.demo.client import DemoClient
from infra.demo.data import DemoMember
from infra.demo.printing import MAX_SIZE
from infra.demo.run import DemoRun
from infra.page_screen import fitting_tiles
from infra.wiring import open_log
from shared.api.page import PageAnswer
from shared.catalog.catalog import Catalog
from shared.catalog.titles import EVERYWHERE, Title, Window
from shared.errors import SetupError
from shared.events.catalog import TitlePublished
from shared.events.codec import encode
from shared.ids import EventId, TitleId
from shared.log.port import OutgoingRecord
from shared.topics import CATALOG

# Guesses for a busy machine; a launch usually appears within about a second.
SHOWN_WITHIN_S: Final = 20.0
ACKNOWLEDGED_WITHIN_S: Final = 10.0


def launch_title(run: DemoRun, client: DemoClient, member: DemoMember, catalog: Catalog) -> None:
    """Publish a title of the member's favorite genres, and wait until it is on their page.

    Raises:
        SetupError: it is not on the page in time.
    """
    now_ms = run.clock.now_ms()
    title = _new_title(member, catalog, now_ms)
    run.print(
        f"[bold]{title.name}[/bold] ({', '.join(title.genres)}) is launched; no model was trained "
        "with it."
    )
    began_s = time.perf_counter()
    _publish(run, title, now_ms)
    query = {"device": member.device, "rows": MAX_SIZE, "columns": MAX_SIZE}

    def is_shown(page: PageAnswer) -> bool:
        return page.shows(title.title_id)

    awaited = client.wait_for(is_shown, began_s, SHOWN_WITHIN_S, member.profile_id, **query)
    if awaited is None:
        raise SetupError(
            f"After {SHOWN_WITHIN_S:.0f} s {title.name} is in no row of {member.profile_id}'s page."
        )
    positions = positions_of(awaited.page, title.title_id)
    rows = ", ".join(f"“{row}” tile {column}" for row, column in positions)
    run.print(
        f"[bold green]{awaited.latency_ms:.0f} ms[/bold green] later it is on the page of "
        f"{member.profile_id}: {rows} (of {len(awaited.page.rows)} rows; the pages above show "
        f"{fitting_tiles(run.console.width)} tiles of a row)"
    )


def _new_title(member: DemoMember, catalog: Catalog, now_ms: int) -> Title:
    genres = Counter(
        genre
        for play in member.digest.plays
        if (title := catalog.get(play.title_id)) is not None
        for genre in title.genres
    )
    favorites = tuple(genre for genre, _ in genres.most_common(2)) or ("Drama",)
    return Title(
        title_id=TitleId(f"t-noon-{uuid.uuid4().hex[:8]}"),
        name="The Noon Premiere",
        kind="film",
        genres=favorites,
        runtime_s=6_600,
        launch_ms=now_ms,
        windows=(Window(EVERYWHERE, now_ms),),
        maturity=12,
        release_year=time.gmtime(now_ms / 1000).tm_year,
        synopsis="A film that was launched during the demo.",
    )


def _publish(run: DemoRun, title: Title, now_ms: int) -> None:
    log = open_log(run.settings)
    producer = log.producer()
    try:
        value = encode(
            TitlePublished(title=title),
            event_id=EventId(f"event-{uuid.uuid4().hex}"),
            event_time_ms=now_ms,
        )
        record = OutgoingRecord(CATALOG, title.title_id.encode(), value)
        producer.send(record).result(ACKNOWLEDGED_WITHIN_S)
    finally:
        producer.close()
        log.close()
