"""All three tiers as processes over a real log and store, with a small world's history.

A nightly run has published a generation of it.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace

import httpx
import msgspec

from infra.demo.lag import NearlineLag
from infra.local.tiers import NEARLINE, ONLINE, RunningTier, start_tier
from infra.settings import Settings
from infra.wiring import open_artifacts, open_log, open_store
from infra.world.settings import WorldSettings
from infra.world.world import World, generate
from nearline.upkeep.inspection import read_profile
from shared.api.page import PageAnswer
from shared.api.state import ReadyAnswer
from shared.artifacts.port import Artifacts
from shared.catalog.catalog import Catalog
from shared.catalog.titles import Title
from shared.clock import SystemClock
from shared.ids import GenerationId, ProfileId, TitleId
from shared.log.port import Log, OutgoingRecord
from shared.records.digest import Digest
from shared.store.port import Store
from tests.scenarios.harness.children import child_process
from tests.scenarios.harness.eventually import eventually
from tests.scenarios.harness.member import Member
from tests.stack import TestStack, free_ports

WORLD = WorldSettings(titles=120, profiles=60, days=10, seed=11)
ADULT_CEILING = 16
NIGHT = ("-m", "tests.scenarios.harness.night")


@dataclass
class Platform:
    """The running platform, and helpers for the scenarios."""

    settings: Settings
    world: World
    log: Log
    store: Store
    artifacts: Artifacts
    http: httpx.Client
    nearline: RunningTier

    def new_member(self) -> Member:
        """A member with a new profile, which has no events."""
        return Member(self.http)

    def active_members(self) -> list[Member]:
        """Adult members of the world with a digest, in descending order of their plays."""
        members = []
        for profile in self.world.profiles:
            digest = self.digest(profile.profile_id)
            facts = None if digest is None else digest.facts
            if digest is not None and facts is not None and facts.maturity_ceiling >= ADULT_CEILING:
                member = Member(
                    self.http, profile.profile_id, facts.country, facts.maturity_ceiling
                )
                members.append((len(digest.plays), profile.profile_id, member))
        members.sort(key=lambda entry: entry[:2], reverse=True)
        return [member for _, _, member in members]

    def digest(self, profile_id: ProfileId) -> Digest | None:
        """A profile's stored digest, or None."""
        return read_profile(self.store, profile_id).digest

    def unwatched_title(
        self,
        page: PageAnswer,
        digest: Digest | None = None,
        minutes: int = 20,
        row: str = "popular",
    ) -> Title:
        """A title of this row that is not in the digest, and is longer than twice the minutes.

        Use a row of popular titles: a play of a title without other plays changes no ranking.
        """
        played = set[TitleId]()
        if digest is not None:
            played = {watched.title_id for watched in digest.watched}
        catalog = Catalog(self.world.titles.catalog)
        titles = (
            catalog.get(TitleId(title_id))
            for title_id in page.title_ids(row)
            if title_id not in played
        )
        return next(
            title
            for title in titles
            if title is not None and first_runtime_s(title) > 2 * minutes * 60
        )

    def send(self, *records: OutgoingRecord) -> list[int]:
        """Write records to the log without the gateway; return their offsets."""
        with closing(self.log.producer()) as producer:
            sent = [producer.send(record) for record in records]
            producer.flush(60)
        return [future.result()[1] for future in sent]

    def generation(self) -> GenerationId | None:
        """The generation that the page API serves."""
        answer = self.http.get("/readyz")
        return msgspec.json.decode(answer.content, type=ReadyAnswer).generation


@contextmanager
def running_platform(stack: TestStack) -> Iterator[Platform]:
    """Start the platform on an empty log with a nightly run; stop every process at the end."""
    metrics, api = free_ports(2)
    fresh = stack.fresh(partitions=2)
    # Without exploration, two pages differ only after an event.
    page = fresh.online.service.page
    certain = replace(page, explore=replace(page.explore, epsilon=0.0))
    service = replace(fresh.online.service, page=certain)
    online = replace(fresh.online, port=api, ingress="serve", service=service)
    settings = replace(fresh, nearline=replace(fresh.nearline, metrics_port=metrics), online=online)
    world = World.create(WORLD, SystemClock().now_ms())
    with ExitStack() as exit_stack:
        log = exit_stack.enter_context(closing(open_log(settings)))
        store = exit_stack.enter_context(closing(open_store(settings)))
        http = exit_stack.enter_context(
            httpx.Client(base_url=f"http://127.0.0.1:{api}", timeout=30)
        )
        with closing(log.producer()) as producer:
            generate(world, producer)
        worker = start_tier(NEARLINE, settings)
        exit_stack.callback(worker.stop)
        pages = start_tier(ONLINE, settings)
        exit_stack.callback(pages.stop)
        platform = Platform(settings, world, log, store, open_artifacts(settings), http, worker)
        run_nightly(platform)
        pages.wait_ready(300)
        eventually(platform.generation, bool)
        eventually(NearlineLag(settings, [worker]).remaining, lambda remaining: remaining == 0, 300)
        yield platform


def run_nightly(platform: Platform) -> None:
    """Complete a nightly run."""
    with child_process(platform.settings, *NIGHT) as nightly:
        assert nightly.exit_code() == 0, nightly.output_text()


def first_runtime_s(title: Title) -> int:
    """The runtime of the film, or of the first episode."""
    return title.episodes[0].runtime_s if title.episodes else title.runtime_s
