"""Answer requests for further parts of a served page: the same layout, filtered again."""

from online.page.components import PageComponents
from online.page.request import MoreRequest
from online.page.served.exposure_log import UNLOGGED
from online.page.served.response import part_bytes, part_event
from online.page.served.stored_pages import Part, part_of
from online.published.catalog_view import CatalogView


async def answer_more(components: PageComponents, request: MoreRequest) -> bytes:
    """Answer a request for a further part of a page as JSON.

    Raises:
        Problem: there is no such page for this caller, or it cannot be read.
    """
    page = await components.pages.find(request)
    view = components.planner.plan_of_arm(page.arm).snapshot.view
    part, steps = part_of(page, request, view), components.new_steps(page.page_id)
    if not steps.optional("log", False, _log, components, part, request, view):
        steps.report(UNLOGGED)
    return part_bytes(part, view, steps.degraded)


def _log(components: PageComponents, part: Part, request: MoreRequest, view: CatalogView) -> bool:
    """Send the record of the part to the log; return whether the log accepts it."""
    page = part.page
    return components.exposures.offer(
        part_event(part, request, view),
        request.now_ms,
        page.profile_id,
        page.device,
        country=page.country,
    )
