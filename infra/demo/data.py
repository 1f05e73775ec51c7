"""The data of the demo: a member, all profiles, the catalog, and titles from pages."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from shared.api.page import PageAnswer
from shared.catalog.catalog import Catalog, next_episode
from shared.catalog.titles import Title
from shared.errors import InvalidEvent, SetupError
from shared.events.accept import accept
from shared.events.catalog import TitlePublished, TitleWithdrawn
from shared.events.envelope import Device
from shared.ids import ProfileId, TitleId
from shared.log.port import Log, Partition
from shared.records.blob import record_at
from shared.records.digest import DIGEST_PART, Digest
from shared.rules.watching import is_playback_finished, is_started
from shared.store.port import Store
from shared.store.tables import PROFILE_STATE
from shared.topics import CATALOG

# Guesses: a taste needs some plays, and twenty minutes start a title without finishing it.
MIN_ADULT_CEILING: Final = 16
TARGET_PLAYS: Final = 25
WATCHED_S: Final = 20 * 60


@dataclass(frozen=True, slots=True)
class DemoMember:
    """The profile of the printed pages; `digest` is its stored digest at the time of the choice."""

    profile_id: ProfileId
    country: str
    digest: Digest
    device: Device = "tv"

    @property
    def seen_title_ids(self) -> frozenset[TitleId]:
        """Titles that the member has played or rated with a thumb."""
        watched = frozenset(watched.title_id for watched in self.digest.watched)
        return watched | frozenset(self.digest.thumbs)


@dataclass(frozen=True, slots=True)
class DemoData:
    """The member, every profile with stored state, and the catalog."""

    member: DemoMember
    profile_ids: tuple[ProfileId, ...]
    catalog: Catalog


def load_demo_data(log: Log, store: Store) -> DemoData:
    """Read the profiles from the store and the catalog from the log, and choose the member.

    Raises:
        SetupError: the store has no adult profile with a play.
    """
    keys = store.scan_partitions(PROFILE_STATE)
    profile_ids = sorted(
        ProfileId(profile_id) for (profile_id,) in keys if isinstance(profile_id, str)
    )
    return DemoData(choose_member(store, profile_ids), tuple(profile_ids), read_catalog(log))


def choose_member(store: Store, profile_ids: Iterable[ProfileId]) -> DemoMember:
    """The adult profile with a number of played titles closest to `TARGET_PLAYS`.

    With that many plays there is evidence of taste, and most of the catalog is unseen.

    Raises:
        SetupError: the store has no adult profile with a play.
    """
    members = []
    for profile_id in profile_ids:
        digest = read_digest(store, profile_id)
        if (
            digest is not None
            and digest.facts is not None
            and digest.facts.maturity_ceiling >= MIN_ADULT_CEILING
            and digest.plays
        ):
            members.append(DemoMember(profile_id, digest.facts.country, digest))
    if not members:
        raise SetupError(
            "The store has no adult profile with a play; see the log of nearline for the reason."
        )
    return min(
        members,
        key=lambda member: (abs(len(member.digest.plays) - TARGET_PLAYS), member.profile_id),
    )


def read_digest(store: Store, profile_id: ProfileId) -> Digest | None:
    """A profile's stored digest, or None."""
    rows = store.read(PROFILE_STATE, (profile_id,), [(DIGEST_PART,)])
    return record_at(rows, (DIGEST_PART,), Digest)


def read_catalog(log: Log) -> Catalog:
    """The catalog after all records of its topic; invalid records are skipped."""
    partition = Partition(CATALOG, 0)
    titles: dict[str, Title] = {}
    for record in log.read(partition, log.start_offset(partition), log.end_offset(partition)):
        try:
            body = accept(record.value, record.append_time_ms, CATALOG).body
        except InvalidEvent:
            continue
        if isinstance(body, TitlePublished):
            titles[body.title.title_id] = body.title
        elif isinstance(body, TitleWithdrawn):
            titles.pop(body.title_id, None)
    return Catalog(titles.values())


def title_to_watch(
    member: DemoMember, page: PageAnswer, catalog: Catalog, now_ms: int
) -> tuple[Title, int, int]:
    """An unseen title of the page with its row and column: the first series, else the first film.

    After `WATCHED_S` seconds it must be started and not finished.

    Raises:
        SetupError: the page has no such title.
    """
    candidates: list[tuple[bool, int, int, Title]] = []
    for row, tiles in enumerate(row.title_ids() for row in page.rows):
        for column, title_id in enumerate(tiles):
            title = catalog.get(title_id)
            if (
                title is not None
                and title.title_id not in member.seen_title_ids
                and _is_partly_watched(_runtime_s(title, now_ms))
            ):
                candidates.append((title.kind != "series", row, column, title))
    if not candidates:
        raise SetupError(
            "The member has seen every title on the page; the demo needs an unseen one."
        )
    _, row, column, title = min(candidates, key=lambda candidate: candidate[:3])
    return title, row, column


def title_to_reject(page: PageAnswer, excluded: Collection[TitleId]) -> tuple[TitleId, str]:
    """Id and name of the first tile that is not excluded, from the top picks if there are any.

    Raises:
        SetupError: the page has no such tile.
    """
    rows = sorted(page.rows, key=lambda row: row.kind != "top_picks")
    for tile in (tile for row in rows for tile in row.tiles):
        if tile.title_id not in excluded:
            return tile.title_id, tile.name
    raise SetupError("The member's page has no title for a thumb down.")


def _is_partly_watched(runtime_s: int) -> bool:
    """Whether `WATCHED_S` seconds start, but do not finish, a part of this length."""
    return is_started(WATCHED_S, runtime_s) and not is_playback_finished(
        WATCHED_S, runtime_s, completed=False
    )


def _runtime_s(title: Title, now_ms: int) -> int:
    episode = next_episode(title, None, now_ms)
    return episode.runtime_s if episode else title.runtime_s if title.kind == "film" else 0
