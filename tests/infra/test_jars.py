"""Jars are fetched once, whole, and exactly as locked."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.local import jars as module
from infra.local.jars import Jar, cache_folder, jar_sets, jars, locked
from shared.errors import SetupError

CONTENT = b"a jar, as far as anybody here can tell"
JAR = Jar("org.example:thing:1.0", hashlib.sha256(CONTENT).hexdigest())
PATH = "/org/example/thing/1.0/thing-1.0.jar"


class Repository:
    """A Maven repository on loopback that holds one jar and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.content = CONTENT
        repository = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                repository.asked.append(self.path)
                found = self.path == PATH
                self.send_response(200 if found else 404)
                self.end_headers()
                self.wfile.write(repository.content if found else b"")

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    made = Repository()
    monkeypatch.setattr(module, "locked", lambda name: [JAR])
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def env(repository: Repository, cache: Path) -> dict[str, str]:
    return {"MARQUEE_CACHE": str(cache), "MARQUEE_MAVEN_URL": repository.url}


def test_a_second_run_downloads_nothing(repository: Repository, tmp_path: Path) -> None:
    first = jars("thing", env(repository, tmp_path))
    assert first[0].read_bytes() == CONTENT
    repository.asked.clear()
    assert jars("thing", env(repository, tmp_path)) == first
    assert repository.asked == []


def test_what_another_set_has_fetched_is_not_fetched_again(
    repository: Repository, tmp_path: Path
) -> None:
    first = jars("thing", env(repository, tmp_path))
    repository.asked.clear()
    assert jars("other", env(repository, tmp_path)) == first
    assert repository.asked == []


def test_the_short_file_of_a_killed_download_is_fetched_again(
    repository: Repository, tmp_path: Path
) -> None:
    half = tmp_path / "maven" / PATH.lstrip("/")
    half.parent.mkdir(parents=True)
    half.write_bytes(CONTENT[:7])
    assert jars("thing", env(repository, tmp_path))[0].read_bytes() == CONTENT


def test_a_jar_that_differs_from_the_lock_is_refused_and_not_kept(
    repository: Repository, tmp_path: Path
) -> None:
    repository.content = b"something else"
    with pytest.raises(
        SetupError, match=r"org\.example:thing:1\.0 as downloaded differs from its checksum"
    ):
        jars("thing", env(repository, tmp_path))
    assert not list(tmp_path.rglob("*.jar"))


def test_a_jar_removed_from_the_cache_is_fetched_again(
    repository: Repository, tmp_path: Path
) -> None:
    jars("thing", env(repository, tmp_path))[0].unlink()
    assert jars("thing", env(repository, tmp_path))[0].read_bytes() == CONTENT


def test_no_network_is_one_sentence(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(
        SetupError, match=r"org\.example:thing:1\.0 cannot be downloaded: check the network"
    ):
        jars("thing", {"MARQUEE_CACHE": str(tmp_path), "MARQUEE_MAVEN_URL": "http://127.0.0.1:9"})


def test_the_lock_holds_every_set_and_what_its_coordinates_ask_for() -> None:
    for name, coordinates in jar_sets().items():
        held = {jar.coordinate for jar in locked(name)}
        assert {coordinate.rstrip("!") for coordinate in coordinates} <= held
        assert all(len(jar.sha256) == 64 for jar in locked(name))


def test_an_unknown_set_is_named() -> None:
    with pytest.raises(
        SetupError,
        match="no set of jars called 'x'; there are cassandra, iceberg-spark-runtime, kafka, sqlite-jdbc",
    ):
        locked("x")


def test_the_cache_is_the_users_not_the_checkouts() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/c"}) == Path("/c/marquee")
    assert cache_folder({"XDG_CACHE_HOME": "/c", "MARQUEE_CACHE": "/d"}) == Path("/d")
    assert cache_folder({}) == Path.home() / ".cache" / "marquee"
