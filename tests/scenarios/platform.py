"""All three tiers as processes over a real log and store, with a tiny world's past in them and a
generation made of it.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace

import httpx

from infra.demo.lag import NearlineLag
from infra.local.tiers import NEARLINE, ONLINE, RunningTier, start_tier
from infra.settings import Settings
from infra.wiring import open_artifacts, open_log, open_store
from infra.world import World, WorldSettings, generate
from nearline.upkeep.inspection import read_profile
from shared.api.page import PageAnswer
from shared.artifacts.port import Artifacts
from shared.catalog.catalog import Catalog
from shared.catalog.titles import Title
from shared.clock import SystemClock
from shared.ids import ProfileId, TitleId
from shared.log.port import Log, OutgoingRecord
from shared.records.digest import Digest
from shared.store.port import Store
from tests.scenarios.children import child
from tests.scenarios.eventually import eventually
from tests.scenarios.member import Member
from tests.stack import TestStack, free_ports

WORLD = WorldSettings(titles=120, profiles=60, days=10, seed=11)
GROWN_UP = 16
NIGHT = ("-m", "tests.scenarios.night")


@dataclass
class Platform:
    """The running platform, and what a story needs to speak with it."""

    settings: Settings
    world: World
    log: Log
    store: Store
    artifacts: Artifacts
    http: httpx.Client
    nearline: RunningTier

    def newcomer(self) -> Member:
        """A profile that nobody has ever heard of."""
        return Member(self.http)

    def regulars(self) -> list[Member]:
        """Grown-ups of the world with plays behind them, those with the most plays first."""
        known = {
            profile.profile_id: digest
            for profile in self.world.profiles
            if (digest := self.digest(profile.profile_id)) is not None
        }
        grown_up = [
            (len(digest.plays), name, digest.facts)
            for name, digest in known.items()
            if digest.facts is not None
        ]
        ordered = sorted(
            (
                (plays, name, facts)
                for plays, name, facts in grown_up
                if facts.maturity_ceiling >= GROWN_UP
            ),
            reverse=True,
        )
        return [
            Member(self.http, name, facts.country, facts.maturity_ceiling)
            for _, name, facts in ordered
        ]

    def digest(self, profile_id: ProfileId) -> Digest | None:
        """What nearline holds of a profile."""
        return read_profile(self.store, profile_id).digest

    def something_new(
        self,
        page: PageAnswer,
        digest: Digest | None = None,
        minutes: int = 20,
        row: str = "popular",
    ) -> Title:
        """A title of the world on the page that was not begun, and of which so many minutes are a
        part only.

        Take it from a row whose titles many have watched: of a title that nobody has, no model
        learns what a play of it says."""
        begun = (
            {watched.title_id for watched in digest.watched}
            if digest is not None
            else set[TitleId]()
        )
        catalog = Catalog(self.world.titles.catalog)
        titles = (
            catalog.get(TitleId(title_id))
            for title_id in page.title_ids(row)
            if title_id not in begun
        )
        return next(
            title
            for title in titles
            if title is not None and _first_runtime_s(title) > 2 * minutes * 60
        )

    def send(self, *records: OutgoingRecord) -> list[int]:
        """Write records straight to the log, past the gateway; returns their offsets."""
        with closing(self.log.producer()) as producer:
            sent = [producer.send(record) for record in records]
            producer.flush(60)
        return [future.result()[1] for future in sent]

    def generation(self) -> str | None:
        """The generation that the page API serves."""
        answer = self.http.get("/readyz").json()
        return answer["generation"] if isinstance(answer, dict) else None


@contextmanager
def running_platform(stack: TestStack) -> Iterator[Platform]:
    """The platform, from an empty log to a published generation; every process it started is
    stopped in the end.
    """
    metrics, api = free_ports(2)
    fresh = stack.fresh(partitions=2)
    # Without chance two pages differ only when something has happened.
    certain = replace(fresh.online.page, explore=replace(fresh.online.page.explore, epsilon=0.0))
    online = replace(fresh.online, port=api, ingress="serve", page=certain)
    settings = replace(fresh, nearline=replace(fresh.nearline, metrics_port=metrics), online=online)
    world = World.create(WORLD, SystemClock().now_ms())
    with ExitStack() as open_things:
        log = open_things.enter_context(closing(open_log(settings)))
        store = open_things.enter_context(closing(open_store(settings)))
        http = open_things.enter_context(
            httpx.Client(base_url=f"http://127.0.0.1:{api}", timeout=30)
        )
        with closing(log.producer()) as producer:
            generate(world, producer)
        worker = start_tier(NEARLINE, settings)
        open_things.callback(worker.stop)
        pages = start_tier(ONLINE, settings)
        open_things.callback(pages.stop)
        platform = Platform(settings, world, log, store, open_artifacts(settings), http, worker)
        publish(platform)
        pages.wait_ready(300)
        eventually(platform.generation, bool)
        eventually(NearlineLag(settings, [worker]).remaining, lambda left: left == 0, 300)
        yield platform


def publish(platform: Platform) -> None:
    """Run a night to its end."""
    with child(platform.settings, *NIGHT) as night:
        assert night.ended() == 0, night.story()


def _first_runtime_s(title: Title) -> int:
    return title.episodes[0].runtime_s if title.episodes else title.runtime_s
