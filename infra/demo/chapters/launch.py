"""A title is launched in the middle of the day and stands on a page before any nightly has heard of
it.
"""

import time
import uuid
from collections import Counter

from infra.demo.cast import Member
from infra.demo.changes import where
from infra.demo.screen import COLUMNS, LAID_OUT
from infra.demo.service import Page, Service
from infra.demo.stage import Stage
from infra.wiring import open_log
from shared.catalog.catalog import Catalog
from shared.catalog.titles import EVERYWHERE, Title, Window
from shared.errors import SetupError
from shared.events.catalog import TitlePublished
from shared.events.codec import encode
from shared.ids import EventId, TitleId
from shared.log.port import OutgoingRecord
from shared.topics import CATALOG

SHOWN_WITHIN_S = 20.0
ACKNOWLEDGED_WITHIN_S = 10.0


def launch_title(stage: Stage, service: Service, member: Member, catalog: Catalog) -> Title:
    """Publish a title of the member's favorite genres that launches now, and wait until it stands
    on their page.

    Raises:
        SetupError: it does not in time.
    """
    now_ms = stage.clock.now_ms()
    title = _premiere(member, catalog, now_ms)
    stage.say(
        f"[bold]{title.name}[/bold] ({', '.join(title.genres)}) is launched; no model has ever seen it."
    )
    began_s = time.perf_counter()
    _publish(stage, title, now_ms)
    query = {"device": member.device, "rows": LAID_OUT, "columns": LAID_OUT}

    def is_shown(page: Page) -> bool:
        return page.has(title.title_id)

    waited = service.wait_for(is_shown, began_s, SHOWN_WITHIN_S, member.profile_id, **query)
    if waited is None:
        raise SetupError(
            f"After {SHOWN_WITHIN_S:.0f} s {title.name} stands on no row of {member.profile_id}'s page."
        )
    places = where(waited.page.seen(), title.title_id)
    stage.say(
        f"[bold green]{waited.milliseconds:.0f} ms[/bold green] later it stands on {member.profile_id}'s page: "
        + ", ".join(f"“{row}” tile {column}" for row, column in places)
        + f" (of {len(waited.page.rows)} rows; a screen shows {COLUMNS} tiles a row)"
    )
    return title


def _premiere(member: Member, catalog: Catalog, now_ms: int) -> Title:
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
        synopsis="A film that was not there this morning.",
    )


def _publish(stage: Stage, title: Title, now_ms: int) -> None:
    log = open_log(stage.settings)
    producer = log.producer()
    try:
        value = encode(
            TitlePublished(title=title),
            event_id=EventId(f"event-{uuid.uuid4().hex}"),
            event_time_ms=now_ms,
        )
        producer.send(OutgoingRecord(CATALOG, title.title_id.encode(), value)).result(
            ACKNOWLEDGED_WITHIN_S
        )
    finally:
        producer.close()
        log.close()
