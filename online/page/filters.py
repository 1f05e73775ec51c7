"""What may be on a page: safety filters, which fail closed and ask only memory and the request, and
taste filters, which fail open.
"""

from collections.abc import Iterable

import numpy as np

from online.page.model import Hydrated, Mask, Row, Safety
from online.page.request import PageRequest
from online.published.catalog_view import CatalogView
from online.published.serving_snapshot import ServingSnapshot
from shared.catalog.catalog import next_episode
from shared.catalog.titles import KIDS_AGE, Title
from shared.ids import TitleId
from shared.records.digest import Digest, WatchedTitle

# A film counts as seen to its end from here on, though the credits were never reported.
FINISHED_SHARE = 0.92


def effective_ceiling(claim: int | None, known: Iterable[int | None]) -> int:
    """The lowest of the caller's claim and whatever we know of the profile; when nothing says
    anything, a kids' profile.
    """
    said = [ceiling for ceiling in (claim, *known) if ceiling is not None]
    return min(said) if said else KIDS_AGE


def safety_of(
    request: PageRequest,
    known: Hydrated,
    snapshot: ServingSnapshot,
    remembered_ceiling: int | None = None,
) -> Safety:
    """What this page is held to. The request's country wins over the profile's: licenses follow the
    member who travels.

    `remembered_ceiling` is what an earlier page of this profile was held to, for when its digest
    cannot be read now.
    """
    facts = known.digest.facts if known.digest is not None else None
    copy = known.candidates
    ceilings = [facts.maturity_ceiling if facts else None]
    if facts is None:
        ceilings += [
            copy.maturity_ceiling if copy else None,
            remembered_ceiling if "digest" in known.missing else None,
        ]
    ceiling = effective_ceiling(request.ceiling, ceilings)
    country = (
        request.country or (facts.country if facts else None) or (copy.country if copy else None)
    )
    return Safety(ceiling, country, snapshot.view.allowed(ceiling, country, request.now_ms))


def is_finished(watched: WatchedTitle, title: Title, now_ms: int) -> bool:
    """Whether there is nothing left to watch: a film seen to the end, a series whose last released
    episode was.
    """
    ended = watched.completed or watched.position_s >= FINISHED_SHARE * watched.runtime_s
    if not ended or watched.episode_id is None:
        return ended
    return next_episode(title, watched.episode_id, now_ms) is None


def disliked_of(known: Hydrated) -> Iterable[TitleId]:
    """Titles with a thumb down, by the digest, else by the copy beside the precomputed rows."""
    if known.digest is not None:
        return [title_id for title_id, thumb in known.digest.thumbs.items() if thumb < 0]
    return known.candidates.disliked if known.candidates is not None else ()


def discovery_mask(safety: Safety, known: Hydrated, view: CatalogView) -> Mask:
    """What rows of discovery may hold: allowed, not disliked, not finished, not begun and not on My
    List (these have rows of their own).
    """
    mask = safety.mask.copy()
    mask[view.numbers_of(disliked_of(known))] = False
    if known.digest is None:
        mask[view.numbers_of(known.candidates.finished if known.candidates is not None else ())] = (
            False
        )
        return mask
    mask[view.numbers_of(_begun(known.digest))] = False
    mask[view.numbers_of(known.digest.my_list)] = False
    return mask


def _begun(digest: Digest) -> Iterable[TitleId]:
    return (watched.title_id for watched in digest.watched)


def enforce(rows: Iterable[Row], safety: Safety, disliked: Mask) -> list[Row]:
    """The one place through which every row passes before layout, whatever its source promised:
    safe, and not disliked.

    A row that loses too many tiles is left out.
    """
    shown = safety.mask & ~disliked
    kept = [row.only(shown[row.numbers]) for row in rows]
    return [row for row in kept if len(row.numbers) >= row.least]


def disliked_mask(known: Hydrated, view: CatalogView) -> Mask:
    """bool[titles]: titles with a thumb down."""
    mask = np.zeros(len(view), np.bool_)
    mask[view.numbers_of(disliked_of(known))] = True
    return mask
