"""A member watches something new for twenty minutes and turns something down; their page is asked
for until it shows both.
"""

import time
from contextlib import closing

from infra.demo.cast import WATCHED_S, Cast, Member, gather, something_new, something_unwanted
from infra.demo.changes import changes
from infra.demo.deeds import Actor
from infra.demo.screen import ASKED_COLUMNS, ASKED_ROWS, COLUMNS, ROWS, show_changes, show_page
from infra.demo.service import Page, Service, decode_page
from infra.demo.stage import Stage
from infra.wiring import open_log, open_store
from shared.errors import SetupError
from shared.events.envelope import Origin
from shared.ids import PageId

FRESH_WITHIN_S = 20.0
"""Far above what is promised: a slow machine should tell its figure, not fail."""
CONTINUE = "continue_watching"


def gather_cast(stage: Stage) -> Cast:
    """Who is there, now that the history is folded."""
    with closing(open_store(stage.settings)) as store, closing(open_log(stage.settings)) as log:
        return gather(log, store)


def show_first_page(stage: Stage, service: Service, member: Member) -> Page:
    """The member's page as it stands after the night."""
    answer = service.page_bytes(
        member.profile_id, device=member.device, rows=ASKED_ROWS, columns=ASKED_COLUMNS
    )
    stage.say(
        f"{member.profile_id} has watched {len(member.digest.plays)} titles; country {member.country}, device {member.device}"
    )
    show_page(stage.console, answer)
    return decode_page(answer)


def watch_and_turn_down(stage: Stage, service: Service, cast: Cast, before: Page) -> None:
    """Post the events, wait for the page that shows them, and say what changed.

    Raises:
        SetupError: the page does not show them in time.
    """
    member, catalog, now_ms = cast.member, cast.catalog, stage.clock.now_ms()
    series, row, column = something_new(member, before, catalog, now_ms)
    unwanted, unwanted_name = something_unwanted(before, [series.title_id])
    tile = before.rows[row].tiles[column]
    stage.say(
        f"They begin [bold]{series.name}[/bold] (a {series.kind}; row {row + 1}, tile {column + 1}), are {WATCHED_S // 60} minutes in, "
        f"and turn down [bold]{unwanted_name}[/bold]."
    )
    actor = Actor(member.profile_id, member.country, member.device)
    origin = Origin(
        kind="home", page_id=PageId(before.page_id), row=row, column=column, token=tile.token
    )
    events = [*actor.watch(series, WATCHED_S, now_ms, origin), actor.turn_down(unwanted, now_ms)]

    def both_are_seen(page: Page) -> bool:
        return page.has(series.title_id, CONTINUE) and not page.has(unwanted)

    began_s = time.perf_counter()
    service.post(events)
    posted_ms = (time.perf_counter() - began_s) * 1000
    waited = service.wait_for(
        both_are_seen,
        began_s,
        FRESH_WITHIN_S,
        member.profile_id,
        device=member.device,
        rows=ASKED_ROWS,
        columns=ASKED_COLUMNS,
    )
    if waited is None:
        raise SetupError(
            f"After {FRESH_WITHIN_S:.0f} s the page does not show what {member.profile_id} did; nearline's log says why."
        )
    show_page(stage.console, waited.answer)
    show_changes(
        stage.console, changes(before.seen(ROWS, COLUMNS), waited.page.seen(ROWS, COLUMNS))
    )
    stage.say(
        f"[bold green]{waited.milliseconds:.0f} ms[/bold green] from posting {len(events)} events to the page that shows both "
        f"({posted_ms:.0f} ms until Kafka had them; {waited.asked} pages were asked for)"
    )
