"""A profile that nobody has heard of: its first page, and its page after one play."""

import time
import uuid

from infra.demo.cast import WATCHED_S, Member, something_new
from infra.demo.changes import changes
from infra.demo.chapters.watching import CONTINUE, FRESH_WITHIN_S
from infra.demo.deeds import Actor
from infra.demo.screen import ASKED_COLUMNS, ASKED_ROWS, COLUMNS, ROWS, show_changes, show_page
from infra.demo.service import Page, Service, decode_page
from infra.demo.stage import Stage
from shared.catalog.catalog import Catalog
from shared.errors import SetupError
from shared.events.envelope import Origin
from shared.ids import PageId, ProfileId
from shared.records.digest import Digest, LogPosition


def welcome(stage: Stage, service: Service, country: str, catalog: Catalog) -> None:
    """Show the page of a profile created this minute, let it watch one thing, and show what that
    changed.

    Raises:
        SetupError: the page does not follow in time.
    """
    profile_id = ProfileId(f"p-new-{uuid.uuid4().hex[:8]}")
    query: dict[str, str | int] = {
        "device": "phone",
        "country": country,
        "ceiling": 18,
        "rows": ASKED_ROWS,
        "columns": ASKED_COLUMNS,
    }
    stage.say(f"{profile_id} has just signed up in {country}, and has done nothing yet.")
    answer = service.page_bytes(profile_id, **query)
    show_page(stage.console, answer)
    before, now_ms = decode_page(answer), stage.clock.now_ms()
    stranger = Member(
        profile_id, country, Digest(position=LogPosition(0, 0), as_of_ms=0, received_ms=0), "phone"
    )
    title, row, column = something_new(stranger, before, catalog, now_ms)
    stage.say(
        f"They watch {WATCHED_S // 60} minutes of [bold]{title.name}[/bold] ({', '.join(title.genres)})."
    )
    actor = Actor(profile_id, country, "phone")
    origin = Origin(
        kind="home",
        page_id=PageId(before.page_id),
        row=row,
        column=column,
        token=before.rows[row].tiles[column].token,
    )

    def continues(page: Page) -> bool:
        return page.has(title.title_id, CONTINUE)

    began_s = time.perf_counter()
    service.post(
        [
            actor.introduce("Newcomer", 18, (), now_ms),
            *actor.watch(title, WATCHED_S, now_ms, origin),
        ]
    )
    waited = service.wait_for(continues, began_s, FRESH_WITHIN_S, profile_id, **query)
    if waited is None:
        raise SetupError(
            f"After {FRESH_WITHIN_S:.0f} s the page still does not show the first play of {profile_id}."
        )
    show_page(stage.console, waited.answer)
    show_changes(
        stage.console, changes(before.seen(ROWS, COLUMNS), waited.page.seen(ROWS, COLUMNS))
    )
    stage.say(
        f"[bold green]{waited.milliseconds:.0f} ms[/bold green] from the post to the page that shows it"
    )
