"""Fetch the jars that Marquee runs, once a user, into a cache; every file is held against the
checksum in jars.lock.
"""

import fcntl
import hashlib
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from shared.errors import SetupError

if TYPE_CHECKING:
    from jgo.maven import Artifact, MavenContext

DOWNLOADS_AT_ONCE = 8
LOCK_HEADER = "# Written by `marquee jars --lock` from coordinates.toml: set, coordinate, sha256.\n"


@dataclass(frozen=True, slots=True)
class Jar:
    """One file of a set, as the lock names it; the coordinate is
    group:artifact:version[:classifier].
    """

    coordinate: str
    sha256: str


def cache_folder(env: Mapping[str, str] = os.environ) -> Path:
    """Where jars are kept for all of a user's checkouts: MARQUEE_CACHE, else the system's place for
    caches.
    """
    if env.get("MARQUEE_CACHE"):
        return Path(env["MARQUEE_CACHE"]).absolute()
    return Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "marquee"


def sets() -> dict[str, list[str]]:
    """The coordinates that are asked for, by set."""
    text = files("infra.local").joinpath("coordinates.toml").read_text(encoding="utf-8")
    return {
        str(name): [str(c) for c in coordinates]
        for name, coordinates in tomllib.loads(text)["sets"].items()
    }


def locked(name: str) -> list[Jar]:
    """The files of a set, in class path order.

    Raises:
        SetupError: there is no such set.
    """
    lines = files("infra.local").joinpath("jars.lock").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    found = [Jar(coordinate, sha256) for of, coordinate, sha256 in rows if of == name]
    if not found:
        raise SetupError(
            f"There is no set of jars called '{name}'; there are {', '.join(sorted({row[0] for row in rows}))}."
        )
    return found


def jars(name: str, env: Mapping[str, str] = os.environ) -> list[Path]:
    """The files of a set, fetched if they are not in the cache yet; a second call touches neither
    network nor file contents.

    Raises:
        SetupError: no such set, no network, or a file that differs from its checksum.
    """
    wanted, cache = locked(name), cache_folder(env)
    stamp = cache / "verified" / f"{name}-{_digest(wanted)}"
    known = _read_stamp(stamp, cache)
    if known is not None:
        return known
    with _one_at_a_time(cache):
        paths = _fetch(name, wanted, _context(cache, env))
    stamp.parent.mkdir(parents=True, exist_ok=True)
    part = stamp.with_suffix(".part")
    part.write_text("".join(f"{path.relative_to(cache)}\n" for path in paths), encoding="utf-8")
    part.replace(stamp)
    return paths


def resolve_lock(env: Mapping[str, str] = os.environ) -> str:
    """The text of jars.lock, resolved anew from coordinates.toml; takes half a minute and fetches
    every jar.

    Raises:
        SetupError: something cannot be resolved.
    """
    context = _context(cache_folder(env), env)
    lines = [LOCK_HEADER]
    for name, coordinates in sets().items():
        try:
            inputs, transitive = context.resolver.resolve(
                [context.create_dependency(c) for c in coordinates]
            )
            artifacts = [dependency.artifact for dependency in (*inputs, *transitive)]
            paths = [artifact.resolve() for artifact in artifacts]
        except (OSError, RuntimeError, ValueError) as error:
            raise SetupError(f"The jars of {name} cannot be resolved: {error}") from error
        lines += [
            f"{name} {_coordinate(a)} {_sha256(p)}\n" for a, p in zip(artifacts, paths, strict=True)
        ]
    return "".join(lines)


def _coordinate(artifact: "Artifact") -> str:
    parts = [artifact.groupId, artifact.artifactId, artifact.version]
    return ":".join([*parts, artifact.classifier] if artifact.classifier else parts)


def _context(cache: Path, env: Mapping[str, str]) -> "MavenContext":
    from jgo.maven import MavenContext, PythonResolver

    mirror = env.get("MARQUEE_MAVEN_URL")
    return MavenContext(
        resolver=PythonResolver(),
        repo_cache=cache / "maven",
        remote_repos={"mirror": mirror.rstrip("/")} if mirror else None,
        timeout=60,
    )


def _fetch(name: str, wanted: Sequence[Jar], context: "MavenContext") -> list[Path]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        Progress(*columns, console=Console(stderr=True)) as progress,
        ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool,
    ):
        bar = progress.add_task(f"jars of {name}", total=len(wanted))

        def one(jar: Jar) -> Path:
            path = _verified(jar, context)
            progress.advance(bar)
            return path

        return list(pool.map(one, wanted))


def _verified(jar: Jar, context: "MavenContext") -> Path:
    """A killed download leaves a short file, which the resolver would take for whole; so a wrong
    file is fetched again, once.
    """
    group, artifact, version, *classifier = jar.coordinate.split(":")
    wanted = context.project(group, artifact).at_version(version).artifact(*classifier)
    for _ in range(2):
        try:
            path = Path(wanted.resolve())
        except (OSError, RuntimeError) as error:
            raise SetupError(
                f"{jar.coordinate} cannot be downloaded; is the network there? ({error})"
            ) from error
        if _sha256(path) == jar.sha256:
            return path
        path.unlink()
    raise SetupError(
        f"{jar.coordinate} as downloaded differs from its checksum in infra/local/jars.lock; it was deleted."
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(wanted: Sequence[Jar]) -> str:
    return hashlib.sha256(repr(wanted).encode()).hexdigest()[:16]


def _read_stamp(stamp: Path, cache: Path) -> list[Path] | None:
    try:
        paths = [cache / line for line in stamp.read_text(encoding="utf-8").splitlines()]
    except FileNotFoundError:
        return None
    return paths if all(path.is_file() for path in paths) else None


@contextmanager
def _one_at_a_time(cache: Path) -> Iterator[None]:
    """The resolver writes straight to the final name, so two commands must not fetch the same file
    at once.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
