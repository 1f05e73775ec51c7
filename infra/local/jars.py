"""Download the jars that Marquee runs into a cache per user. Every file is compared with the
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
"""A guess."""
LOCK_HEADER = "# Written by `marquee jars --lock` from coordinates.toml: set, coordinate, sha256.\n"


@dataclass(frozen=True, slots=True)
class Jar:
    """One file of a set, as in the lock. The coordinate is group:artifact:version[:classifier]."""

    coordinate: str
    sha256: str


def cache_folder(env: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the jars, shared by all checkouts of a user.

    MARQUEE_CACHE names it; the default is below the system's cache folder.
    """
    if env.get("MARQUEE_CACHE"):
        return Path(env["MARQUEE_CACHE"]).absolute()
    return Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "marquee"


def jar_sets() -> dict[str, list[str]]:
    """Return the coordinates that coordinates.toml requests, by set."""
    text = files("infra.local").joinpath("coordinates.toml").read_text(encoding="utf-8")
    return {
        str(name): [str(coordinate) for coordinate in coordinates]
        for name, coordinates in tomllib.loads(text)["sets"].items()
    }


def locked(name: str) -> list[Jar]:
    """Return the files of a set, in class path order.

    Raises:
        SetupError: there is no such set.
    """
    lines = files("infra.local").joinpath("jars.lock").read_text(encoding="utf-8").splitlines()
    entries = [line.split() for line in lines if line and not line.startswith("#")]
    members = [Jar(coordinate, sha256) for of, coordinate, sha256 in entries if of == name]
    if not members:
        names = ", ".join(sorted({entry[0] for entry in entries}))
        raise SetupError(f"There is no set of jars called '{name}'; there are {names}.")
    return members


def jars(name: str, env: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the paths of a set's files, after downloading those missing in the cache.

    A second call reads neither the network nor the files.

    Raises:
        SetupError: no such set, no network, or a file that differs from its checksum.
    """
    members, cache = locked(name), cache_folder(env)
    stamp = cache / "verified" / f"{name}-{_digest(members)}"
    verified = _read_stamp(stamp, cache)
    if verified is not None:
        return verified
    with _exclusive_downloads(cache):
        paths = _download(name, members, _context(cache, env))
    stamp.parent.mkdir(parents=True, exist_ok=True)
    part = stamp.with_suffix(".part")
    part.write_text("".join(f"{path.relative_to(cache)}\n" for path in paths), encoding="utf-8")
    part.replace(stamp)
    return paths


def resolve_lock(env: Mapping[str, str] = os.environ) -> str:
    """Resolve coordinates.toml and return the text of jars.lock; downloads every jar, which takes
    half a minute.

    Raises:
        SetupError: a coordinate cannot be resolved.
    """
    context = _context(cache_folder(env), env)
    lines = [LOCK_HEADER]
    for name, coordinates in jar_sets().items():
        try:
            inputs, transitive = context.resolver.resolve(
                [context.create_dependency(coordinate) for coordinate in coordinates]
            )
            artifacts = [dependency.artifact for dependency in (*inputs, *transitive)]
            paths = [artifact.resolve() for artifact in artifacts]
        except (OSError, RuntimeError, ValueError) as error:
            raise SetupError(f"The jars of {name} cannot be resolved: {error}") from error
        lines += [
            f"{name} {_coordinate(artifact)} {_sha256(path)}\n"
            for artifact, path in zip(artifacts, paths, strict=True)
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


def _download(name: str, members: Sequence[Jar], context: "MavenContext") -> list[Path]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        Progress(*columns, console=Console(stderr=True)) as progress,
        ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool,
    ):
        bar = progress.add_task(f"jars of {name}", total=len(members))

        def download(jar: Jar) -> Path:
            path = _verified(jar, context)
            progress.advance(bar)
            return path

        return list(pool.map(download, members))


def _verified(jar: Jar, context: "MavenContext") -> Path:
    """Download a jar and compare its checksum.

    A killed download leaves a short file that the resolver takes for a whole one, so a wrong file
    is downloaded a second time.
    """
    group, artifact, version, *classifier = jar.coordinate.split(":")
    remote = context.project(group, artifact).at_version(version).artifact(*classifier)
    for _ in range(2):
        try:
            path = Path(remote.resolve())
        except (OSError, RuntimeError) as error:
            raise SetupError(
                f"{jar.coordinate} cannot be downloaded: check the network, or set "
                f"MARQUEE_MAVEN_URL to a mirror of Maven Central ({error})"
            ) from error
        if _sha256(path) == jar.sha256:
            return path
        path.unlink()
    raise SetupError(
        f"{jar.coordinate} as downloaded differs from its checksum in infra/local/jars.lock and "
        "was deleted; check the mirror that MARQUEE_MAVEN_URL names."
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(members: Sequence[Jar]) -> str:
    return hashlib.sha256(repr(members).encode()).hexdigest()[:16]


def _read_stamp(stamp: Path, cache: Path) -> list[Path] | None:
    try:
        paths = [cache / line for line in stamp.read_text(encoding="utf-8").splitlines()]
    except FileNotFoundError:
        return None
    return paths if all(path.is_file() for path in paths) else None


@contextmanager
def _exclusive_downloads(cache: Path) -> Iterator[None]:
    """Lock the cache: the resolver writes to the final name, so that two commands must not download
    the same file at once.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
