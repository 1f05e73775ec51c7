"""Jars are downloaded once and match the lock."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.local import jars as module
from infra.local.jars import Jar, cache_folder, jar_sets, jars, locked
from shared.errors import SetupError

CONTENT = b"the content of a jar"
JAR = Jar("org.example:thing:1.0", hashlib.sha256(CONTENT).hexdigest())
PATH = "/org/example/thing/1.0/thing-1.0.jar"


class Repository:
    """A Maven repository on loopback with one jar; it records the requested paths."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.content = CONTENT
        repository = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                repository.requests.append(self.path)
                exists = self.path == PATH
                self.send_response(200 if exists else 404)
                self.end_headers()
                self.wfile.write(repository.content if exists else b"")

            def log_message(self, format: str, *args: object) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    repository = Repository()
    monkeypatch.setattr(module, "locked", lambda name: [JAR])
    thread = threading.Thread(target=repository.server.serve_forever)
    thread.start()
    yield repository
    repository.server.shutdown()
    repository.server.server_close()
    thread.join()


def env(repository: Repository, cache: Path) -> dict[str, str]:
    return {"MARQUEE_CACHE": str(cache), "MARQUEE_MAVEN_URL": repository.url}


def test_a_second_run_downloads_nothing(repository: Repository, tmp_path: Path) -> None:
    first = jars("thing", env(repository, tmp_path))
    assert first[0].read_bytes() == CONTENT
    repository.requests.clear()
    assert jars("thing", env(repository, tmp_path)) == first
    assert repository.requests == []


def test_a_jar_of_two_sets_is_downloaded_once(repository: Repository, tmp_path: Path) -> None:
    first = jars("thing", env(repository, tmp_path))
    repository.requests.clear()
    assert jars("other", env(repository, tmp_path)) == first
    assert repository.requests == []


def test_the_short_file_of_a_killed_download_is_replaced(
    repository: Repository, tmp_path: Path
) -> None:
    half = tmp_path / "maven" / PATH.lstrip("/")
    half.parent.mkdir(parents=True)
    half.write_bytes(CONTENT[:7])
    assert jars("thing", env(repository, tmp_path))[0].read_bytes() == CONTENT


def test_a_jar_with_another_checksum_is_refused_and_deleted(
    repository: Repository, tmp_path: Path
) -> None:
    repository.content = b"something else"
    with pytest.raises(
        SetupError, match=r"org\.example:thing:1\.0 as downloaded differs from its checksum"
    ):
        jars("thing", env(repository, tmp_path))
    assert not list(tmp_path.rglob("*.jar"))


def test_a_jar_removed_from_the_cache_is_downloaded_again(
    repository: Repository, tmp_path: Path
) -> None:
    jars("thing", env(repository, tmp_path))[0].unlink()
    assert jars("thing", env(repository, tmp_path))[0].read_bytes() == CONTENT


def test_no_network_is_one_sentence(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(
        SetupError, match=r"org\.example:thing:1\.0 cannot be downloaded: check the network"
    ):
        jars("thing", {"MARQUEE_CACHE": str(tmp_path), "MARQUEE_MAVEN_URL": "http://127.0.0.1:9"})


def test_the_lock_contains_the_coordinates_of_every_set() -> None:
    for name, coordinates in jar_sets().items():
        coordinates_in_lock = {jar.coordinate for jar in locked(name)}
        assert {coordinate.rstrip("!") for coordinate in coordinates} <= coordinates_in_lock
        assert all(len(jar.sha256) == 64 for jar in locked(name))


def test_an_unknown_set_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        SetupError,
        match="no set of jars called 'x'; there are cassandra, iceberg-spark-runtime, kafka",
    ):
        locked("x")


def test_checkouts_share_the_cache_of_the_user() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/c"}) == Path("/c/marquee")
    assert cache_folder({"XDG_CACHE_HOME": "/c", "MARQUEE_CACHE": "/d"}) == Path("/d")
    assert cache_folder({}) == Path.home() / ".cache" / "marquee"
