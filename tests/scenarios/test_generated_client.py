"""A client generated from the OpenAPI document works against the running platform, offline."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec
import pytest

from shared.events.feedback import Thumb
from shared.ids import TitleId
from tests.scenarios.harness.eventually import eventually
from tests.scenarios.harness.member import Member
from tests.scenarios.harness.platform import Platform

pytestmark = [pytest.mark.stack, pytest.mark.slow]

PACKAGE = "generated_marquee_client"


@dataclass(frozen=True)
class GeneratedClient:
    """The generated package with a client of it."""

    client: Any
    models: ModuleType

    def call(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        """Call an operation, such as `pages.get_page`; returns its response."""
        module = import_module(f"{PACKAGE}.api.{operation}")
        return module.sync_detailed(*args, client=self.client, **kwargs)


@pytest.fixture(scope="module")
def client(
    platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GeneratedClient]:
    """A client generated from the document that the platform serves."""
    folder = tmp_path_factory.mktemp("client")
    generate(platform.http.get("/openapi.json").content, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        package = import_module(PACKAGE)
        with package.Client(base_url=str(platform.http.base_url)) as open_client:
            yield GeneratedClient(open_client, import_module(f"{PACKAGE}.models"))


def generate(document: bytes, folder: Path) -> None:
    """Generate the package; a part of the document that the generator skips is a failure."""
    (folder / "openapi.json").write_bytes(document)
    (folder / "config.yaml").write_text("post_hooks: []\n")
    generator = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    options = ["--path", "openapi.json", "--config", "config.yaml", "--meta", "none"]
    result = subprocess.run(
        [*generator, *options, "--output-path", PACKAGE],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def page_of(client: GeneratedClient, member: Member) -> Any:
    """A member's page of 3 rows by 4 tiles."""
    device = client.models.GetPageDevice.TV
    response = client.call(
        "pages.get_page",
        member.profile_id,
        device=device,
        rows=3,
        columns=4,
        country="US",
        ceiling=18,
        x_request_id="generated-1",
    )
    assert response.status_code == httpx.codes.OK
    return response.parsed


def test_it_reads_a_page_and_more_of_it(client: GeneratedClient, platform: Platform) -> None:
    page = page_of(client, platform.new_member())
    assert [len(row.tiles) for row in page.rows] == [4, 4, 4]

    address = urlsplit(page.more)
    query: dict[str, Any] = dict(parse_qsl(address.query))
    query |= {name: int(query[name]) for name in ("from_row", "from_column")}
    further = client.call("pages.get_more", address.path.rsplit("/", 1)[1], rows=2, **query).parsed

    assert isinstance(further, client.models.MoreAnswer)
    assert (further.page_id, len(further.rows)) == (page.page_id, 2)


def test_it_posts_events_that_reach_the_profile(
    client: GeneratedClient, platform: Platform
) -> None:
    member = platform.new_member()
    title_id = page_of(client, member).rows[0].tiles[0].title_id
    event = msgspec.json.decode(member.event(Thumb(title_id=TitleId(title_id), value=1)))
    batch = client.models.EventBatch.from_dict({"events": [event, {**event, "type": "no.such"}]})

    response = client.call("events.post_events", body=batch)

    assert response.status_code == httpx.codes.ACCEPTED
    assert response.parsed.accepted == 1
    assert [(refusal.index, refusal.reason) for refusal in response.parsed.refused] == [
        (1, "unknown_type")
    ]
    eventually(lambda: thumbs(platform, member), lambda stored: stored == {title_id: 1})


def test_it_reads_similar_titles(client: GeneratedClient, platform: Platform) -> None:
    title_id = page_of(client, platform.new_member()).rows[0].tiles[0].title_id
    similar = client.call("titles.get_similar", title_id, k=5, ceiling=18, country="US").parsed
    assert similar.title_id == title_id
    assert 1 <= len(similar.tiles) <= 5
    assert title_id not in {tile.title_id for tile in similar.tiles}


def test_it_reads_problems_as_documents(client: GeneratedClient) -> None:
    response = client.call("pages.get_page", "p-1", rows=41)
    assert response.status_code == httpx.codes.BAD_REQUEST
    assert isinstance(response.parsed, client.models.ProblemDocument)
    assert response.parsed.field == "rows"
    empty = client.models.EventBatch(events=[])
    assert client.call("events.post_events", body=empty).parsed.field == "events"
    assert client.call("titles.get_similar", "no-such-title").parsed.status == 404


def test_it_reads_the_state_of_the_service(client: GeneratedClient, platform: Platform) -> None:
    assert client.call("operations.get_health").parsed.status.value == "ok"
    assert client.call("operations.get_ready").parsed.generation == platform.generation()


@pytest.mark.parametrize("header", ["x-request-id", "serve_multiplexed_model_id", "user-agent"])
def test_a_header_that_is_not_utf8_is_a_problem(platform: Platform, header: str) -> None:
    answer = platform.http.get("/healthz", headers={header.encode(): b"\xe9"})
    assert (answer.status_code, answer.json()["field"]) == (400, header)


def thumbs(platform: Platform, member: Member) -> dict[str, int]:
    """The thumbs in a profile's digest."""
    digest = platform.digest(member.profile_id)
    return {} if digest is None else {str(name): value for name, value in digest.thumbs.items()}
