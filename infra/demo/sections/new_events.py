"""Send a play of a new title and a thumb down, and request pages until both have an effect."""

import time
from contextlib import closing
from typing import Final

from infra.demo.actions import ProfileActions
from infra.demo.client import DemoClient
from infra.demo.data import (
    WATCHED_S,
    DemoData,
    DemoMember,
    load_demo_data,
    title_to_reject,
    title_to_watch,
)
from infra.demo.printing import (
    PAGE_COLUMNS,
    PAGE_ROWS,
    printed_part,
    show_changes,
    show_page,
)
from infra.demo.run import DemoRun
from infra.wiring import open_log, open_store
from shared.api.page import PageAnswer
from shared.errors import SetupError
from shared.events.envelope import Origin
from shared.ids import PageId

FRESH_WITHIN_S: Final = 20.0
"""A guess, far above the target, so that a slow machine prints a high latency and does not fail."""
CONTINUE: Final = "continue_watching"


def load_data(run: DemoRun) -> DemoData:
    """The demo's data, after nearline has folded the history."""
    with closing(open_store(run.settings)) as store, closing(open_log(run.settings)) as log:
        return load_demo_data(log, store)


def show_first_page(run: DemoRun, client: DemoClient, member: DemoMember) -> PageAnswer:
    """Print and return the member's page after the nightly run."""
    page = client.page(
        member.profile_id, device=member.device, rows=PAGE_ROWS, columns=PAGE_COLUMNS
    )
    run.print(
        f"{member.profile_id} has played {len(member.digest.plays)} titles "
        f"(country {member.country}, device {member.device})"
    )
    show_page(run.console, page)
    return page


def watch_and_reject(
    run: DemoRun, client: DemoClient, data: DemoData, previous: PageAnswer
) -> None:
    """Post the events, wait for the page that shows both, and print the changes.

    Raises:
        SetupError: the page does not show both in time.
    """
    member, now_ms = data.member, run.clock.now_ms()
    printed = printed_part(run.console, previous)
    title, row, column = title_to_watch(member, printed, data.catalog, now_ms)
    rejected_id, rejected_name = title_to_reject(printed, [title.title_id])
    run.print(
        f"The member has watched {WATCHED_S // 60} minutes of [bold]{title.name}[/bold] "
        f"({title.kind}; row {row + 1}, tile {column + 1}) and gives [bold]{rejected_name}[/bold] "
        "a thumb down."
    )
    actions = ProfileActions(member.profile_id, member.country, member.device)
    origin = tile_origin(previous, row, column)
    plays = actions.watch(title, WATCHED_S, now_ms, origin)
    events = [*plays, actions.thumb_down(rejected_id, now_ms)]

    def shows_both(page: PageAnswer) -> bool:
        return page.shows(title.title_id, CONTINUE) and not page.shows(rejected_id)

    began_s = time.perf_counter()
    client.post(events)
    posted_ms = (time.perf_counter() - began_s) * 1000
    awaited = client.wait_for(
        shows_both,
        began_s,
        FRESH_WITHIN_S,
        member.profile_id,
        device=member.device,
        rows=PAGE_ROWS,
        columns=PAGE_COLUMNS,
    )
    if awaited is None:
        raise SetupError(
            f"After {FRESH_WITHIN_S:.0f} s the page of {member.profile_id} does not show the "
            "events; see the log of nearline for the reason."
        )
    show_page(run.console, awaited.page)
    show_changes(run.console, previous, awaited.page)
    run.print(
        f"[bold green]{awaited.latency_ms:.0f} ms[/bold green] from posting {len(events)} events "
        f"to the page that shows both ({posted_ms:.0f} ms until Kafka had them; "
        f"{awaited.requests} page requests)"
    )


def tile_origin(page: PageAnswer, row: int, column: int) -> Origin:
    """The origin of a play that starts from a tile of the page."""
    token = page.rows[row].tiles[column].token
    page_id = PageId(page.page_id)
    return Origin(kind="home", page_id=page_id, row=row, column=column, token=token)
