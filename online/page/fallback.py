"""The ladder: when the fresh page cannot be made, the best page that can, down to one that needs
nothing but this process.
"""

from collections.abc import Iterable

import numpy as np

from online.page.filters import disliked_mask, enforce
from online.page.model import Hydrated, PageRow, Row, Safety
from online.page.request import Shape
from online.page.sources.stored import as_row
from online.page.stored_pages import shown_again
from online.published.catalog_view import CatalogView
from online.published.serving_snapshot import (
    LoadedGeneration,
    ServingSnapshot,
    make_serving_snapshot,
)
from online.published.snapshot_manager import NOTHING_PUBLISHED
from shared.api.page import Rung
from shared.records.page import StaticPage, StoredPage

BUSY = "busy"
NOT_READ = Hydrated(missing=(BUSY, "digest", "exposures", "candidates"))
RUNGS: tuple[Rung, ...] = ("fresh", "stored", "remembered", "popular", "static")
# What can be answered from memory by a replica that has no time to make a page.
QUICK_RUNGS: tuple[Rung, ...] = ("remembered", "static")
# Fewer rows than this are not a page: the next rung is tried.
MIN_ROWS = 2


def rungs(
    known: Hydrated, snapshot: ServingSnapshot, remembered: StoredPage | None
) -> tuple[Rung, ...]:
    """The rungs to try: from the highest that what could be read allows, downwards."""
    if BUSY in known.missing:
        return QUICK_RUNGS
    return RUNGS[RUNGS.index(_first_rung(known, snapshot, remembered)) :]


def _first_rung(known: Hydrated, snapshot: ServingSnapshot, remembered: StoredPage | None) -> Rung:
    if not snapshot.published:
        return "static"
    if "digest" not in known.missing:
        return "fresh"
    if known.candidates is not None:
        return "stored"
    return "remembered" if remembered is not None else "popular"


def stored_rows(
    known: Hydrated, snapshot: ServingSnapshot, safety: Safety, shape: Shape
) -> tuple[PageRow, ...]:
    """The precomputed rows as they stand, in an order that is itself a page; filtered, and rid of
    repeats in the first rows.
    """
    candidates = known.candidates
    rows = [
        as_row(row, snapshot.view.base_size)
        for row in (candidates.rows if candidates is not None else ())
    ]
    return as_they_stand(
        enforce(rows, safety, disliked_mask(known, snapshot.view)), shape, len(snapshot.view)
    )


def as_they_stand(rows: Iterable[Row], shape: Shape, titles: int) -> tuple[PageRow, ...]:
    """Rows in their order, cut to the shape, without a repeat among the rows of a first answer."""
    used = np.zeros(titles, np.bool_)
    page: list[PageRow] = []
    for row in rows:
        numbers = row.numbers[~used[row.numbers]] if len(page) < shape.first_rows else row.numbers
        if len(numbers) >= row.least and len(page) < shape.rows:
            numbers = numbers[: shape.columns]
            used[numbers] = True
            page.append(PageRow(row, tuple(numbers.tolist())))
    return tuple(page)


def remembered_rows(
    stored: StoredPage, snapshot: ServingSnapshot, safety: Safety
) -> tuple[PageRow, ...]:
    """The last page served, filtered again: tiles that may no longer be shown are gone, the others
    close up.
    """
    rows: list[PageRow] = []
    for row in stored.rows:
        again, places = shown_again(row, snapshot.view, safety.mask, 0, len(row.title_ids))
        if places:
            notes = {
                column: again.notes[place]
                for column, place in enumerate(places)
                if place in again.notes
            }
            rows.append(
                PageRow(
                    again.row,
                    tuple([again.numbers[place] for place in places]),
                    again.name,
                    again.reason,
                    notes,
                )
            )
    return tuple(rows)


class StaticRung:
    """The static page, with a catalog view of its own; a title that the followed catalog knows
    better is judged by that.
    """

    def __init__(self, page: StaticPage) -> None:
        self.page = page
        self.view = CatalogView.of(page.titles)
        self.snapshot = make_serving_snapshot(
            LoadedGeneration(NOTHING_PUBLISHED, page.titles), self.view
        )

    def rows(
        self, snapshot: ServingSnapshot, safety: Safety, now_ms: int
    ) -> tuple[Safety, tuple[PageRow, ...]]:
        """The rows over this rung's own numbers, held to the same ceiling and country as every
        other rung.
        """
        mask = self.view.allowed(safety.ceiling, safety.country, now_ms).copy()
        for number, title_id in enumerate(self.view.title_ids):
            followed = snapshot.view.number.get(title_id)
            if followed is not None:
                mask[number] &= safety.mask[followed]
        rows = [
            PageRow(
                Row("static", "static", "static-1", np.empty(0, np.int32)),
                numbers,
                row.name,
                "Shown to everybody.",
            )
            for row in self.page.rows
            if (
                numbers := tuple(
                    [n for n in self.view.numbers_of(row.title_ids).tolist() if mask[n]]
                )
            )
        ]
        return Safety(safety.ceiling, safety.country, mask), tuple(rows)
