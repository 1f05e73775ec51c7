"""Kinds of rows that only the nightly run computes, and the sources of precomputed rows."""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from online.page.context import RequestContext, Source
from online.page.model import Row
from online.page.row_kind import NO_FACTS, TITLE_FACTS, Facts, RowKind, Template
from shared.ids import TitleId
from shared.records.candidates import CandidateRow
from shared.vocabulary import UNKNOWN

NEW_TO_YOU: Final = RowKind(
    name="new_to_you",
    labels=(Template.of("New to you"),),
    reasons=(Template.of("Recently launched titles that you have not watched."),),
)


def precomputed_source(kinds: Mapping[str, RowKind]) -> Source:
    """Return the source of precomputed rows of these kinds, with their discoverable titles."""

    def stored(context: RequestContext) -> Iterator[Row]:
        for row in precomputed_rows(context, kinds):
            yield row.only(context.discoverable[row.numbers])

    return stored


def precomputed_page_source(kinds: Mapping[str, RowKind]) -> Source:
    """Return the source of all precomputed rows; their order is that of a page."""
    return lambda context: precomputed_rows(context, kinds)


def precomputed_rows(context: RequestContext, kinds: Mapping[str, RowKind]) -> Iterator[Row]:
    """The precomputed rows in their stored order; rows of unknown kinds are left out.

    Their scores are not used, because scores of another model are not comparable.
    """
    candidates = context.signals.candidates
    for row in candidates.rows if candidates is not None else ():
        kind = kinds.get(row.kind)
        if kind is not None:
            numbers = np.frombuffer(row.numbers, "<i4").astype(np.int32)
            yield Row(
                kind=kind,
                source=row.source,
                version=row.version,
                numbers=numbers[(numbers >= 0) & (numbers < context.view.base_size)],
                facts=_facts(context, kind, row),
            )


def _facts(context: RequestContext, kind: RowKind, row: CandidateRow) -> Facts:
    if kind.subject is None or not row.subject:
        return NO_FACTS
    if kind.subject not in TITLE_FACTS:
        return {kind.subject: row.subject}
    number = context.view.number_of(TitleId(row.subject))
    title = context.view.title(number) if number != UNKNOWN else None
    return NO_FACTS if title is None else {kind.subject: title.name}
