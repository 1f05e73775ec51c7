"""A new profile: its first page, and its page after one play."""

import time
import uuid

from infra.demo.actions import ProfileActions
from infra.demo.client import DemoClient
from infra.demo.data import WATCHED_S, DemoMember, title_to_watch
from infra.demo.printing import PAGE_COLUMNS, PAGE_ROWS, printed_part, show_changes, show_page
from infra.demo.run import DemoRun
from infra.demo.sections.new_events import (
    CONTINUE,
    FRESH_WITHIN_S,
    tile_origin,
)
from shared.api.page import PageAnswer
from shared.catalog.catalog import Catalog
from shared.errors import SetupError
from shared.ids import ProfileId
from shared.records.digest import Digest, LogPosition


def show_new_profile(run: DemoRun, client: DemoClient, country: str, catalog: Catalog) -> None:
    """Print the page of a new profile, post its first play, and print the changes.

    Raises:
        SetupError: the page does not show the play in time.
    """
    profile_id = ProfileId(f"p-new-{uuid.uuid4().hex[:8]}")
    query: dict[str, str | int] = {
        "device": "phone",
        "country": country,
        "ceiling": 18,
        "rows": PAGE_ROWS,
        "columns": PAGE_COLUMNS,
    }
    run.print(f"{profile_id} is new in {country} and has no events.")
    previous, now_ms = client.page(profile_id, **query), run.clock.now_ms()
    show_page(run.console, previous)
    empty_digest = Digest(position=LogPosition(0, 0), as_of_ms=0, received_ms=0)
    member = DemoMember(profile_id, country, empty_digest, "phone")
    title, row, column = title_to_watch(
        member, printed_part(run.console, previous), catalog, now_ms
    )
    run.print(
        f"The profile watches {WATCHED_S // 60} minutes of [bold]{title.name}[/bold] "
        f"({', '.join(title.genres)})."
    )
    actions = ProfileActions(profile_id, country, "phone")
    facts = actions.send_facts("Newcomer", 18, (), now_ms)
    plays = actions.watch(title, WATCHED_S, now_ms, tile_origin(previous, row, column))

    def shows_play(page: PageAnswer) -> bool:
        return page.shows(title.title_id, CONTINUE)

    began_s = time.perf_counter()
    client.post([facts, *plays])
    awaited = client.wait_for(shows_play, began_s, FRESH_WITHIN_S, profile_id, **query)
    if awaited is None:
        raise SetupError(
            f"After {FRESH_WITHIN_S:.0f} s the page of {profile_id} does not show its first play."
        )
    show_page(run.console, awaited.page)
    show_changes(run.console, previous, awaited.page)
    run.print(
        f"[bold green]{awaited.latency_ms:.0f} ms[/bold green] from posting the events to the "
        "page that shows the play"
    )
