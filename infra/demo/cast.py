"""Who and what the story is about: the member, the series they begin, the title they turn down."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from infra.demo.service import Page
from shared.catalog.catalog import Catalog, next_episode
from shared.catalog.titles import Title
from shared.errors import InvalidEvent, SetupError
from shared.events.accept import accept
from shared.events.catalog import TitlePublished, TitleWithdrawn
from shared.events.envelope import Device
from shared.ids import ProfileId, TitleId
from shared.log.port import Log, Partition
from shared.records.blob import unpack
from shared.records.digest import DIGEST_PART, Digest
from shared.store.port import Store
from shared.store.tables import PROFILE_STATE, VALUE
from shared.topics import CATALOG

GROWN_UP = 16
PLAYS_WANTED = 25
WATCHED_S = 20 * 60


@dataclass(frozen=True, slots=True)
class Cast:
    """The member, everybody whom nearline knows, and the catalog as the log tells it."""

    member: "Member"
    profile_ids: tuple[ProfileId, ...]
    catalog: Catalog


@dataclass(frozen=True, slots=True)
class Member:
    """The profile whose page is shown; `digest` is what nearline holds of it when the story turns
    to it.
    """

    profile_id: ProfileId
    country: str
    digest: Digest
    device: Device = "tv"

    @property
    def known(self) -> frozenset[TitleId]:
        """Titles that the member has begun or judged."""
        return frozenset(watched.title_id for watched in self.digest.watched) | frozenset(
            self.digest.thumbs
        )


def gather(log: Log, store: Store) -> Cast:
    """Everybody and everything the story needs, as log and store hold it.

    Raises:
        SetupError: nearline holds no grown-up with a play.
    """
    keys = store.scan_partitions(PROFILE_STATE)
    profile_ids = sorted(
        ProfileId(profile_id) for (profile_id,) in keys if isinstance(profile_id, str)
    )
    return Cast(choose_member(store, profile_ids), tuple(profile_ids), read_catalog(log))


def choose_member(store: Store, profile_ids: Iterable[ProfileId]) -> Member:
    """The grown-up whose number of titles watched is nearest to a few dozen: enough to know them,
    not enough to have seen all.

    Raises:
        SetupError: nearline holds no grown-up with a play.
    """
    members = []
    for profile_id in profile_ids:
        digest = digest_of(store, profile_id)
        if (
            digest is not None
            and digest.facts is not None
            and digest.facts.maturity_ceiling >= GROWN_UP
            and digest.plays
        ):
            members.append(Member(profile_id, digest.facts.country, digest))
    if not members:
        raise SetupError("Nearline holds no grown-up profile with a play; its log says why.")
    return min(
        members,
        key=lambda member: (abs(len(member.digest.plays) - PLAYS_WANTED), member.profile_id),
    )


def digest_of(store: Store, profile_id: ProfileId) -> Digest | None:
    """What nearline holds of a profile, or None."""
    rows = store.read(PROFILE_STATE, (profile_id,), [(DIGEST_PART,)])
    value = rows.get((DIGEST_PART,), {}).get(VALUE)
    return unpack(value, Digest) if isinstance(value, bytes) else None


def read_catalog(log: Log) -> Catalog:
    """The catalog as its topic tells it."""
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


def something_new(
    member: Member, page: Page, catalog: Catalog, now_ms: int
) -> tuple[Title, int, int]:
    """A series on the page that the member has not begun (a film, where there is none), with its
    row and column.

    Its first episode must be longer than what will be watched of it, so that it is under way
    afterwards.

    Raises:
        SetupError: everything on the page is known to the member.
    """
    found: list[tuple[bool, int, int, Title]] = []
    for row, tiles in enumerate(page.titles()):
        for column, title_id in enumerate(tiles):
            title = catalog.get(TitleId(title_id))
            if (
                title is not None
                and title.title_id not in member.known
                and _runtime_s(title, now_ms) > WATCHED_S + 120
            ):
                found.append((title.kind != "series", row, column, title))
    if not found:
        raise SetupError(
            "Every title on the member's page is known to them; the page should hold something new."
        )
    _, row, column, title = min(found, key=lambda each: each[:3])
    return title, row, column


def something_unwanted(page: Page, avoid: Sequence[TitleId]) -> tuple[TitleId, str]:
    """The first tile of the top picks (of any row, where there are none) that is not to be avoided:
    its id and name.

    Raises:
        SetupError: the page has no such tile.
    """
    rows = sorted(page.rows, key=lambda row: row.kind != "top_picks")
    for tile in (tile for row in rows for tile in row.tiles):
        if tile.title_id not in avoid:
            return TitleId(tile.title_id), tile.name
    raise SetupError("The member's page holds nothing that could be turned down.")


def _runtime_s(title: Title, now_ms: int) -> int:
    episode = next_episode(title, None, now_ms)
    return episode.runtime_s if episode else title.runtime_s if title.kind == "film" else 0
