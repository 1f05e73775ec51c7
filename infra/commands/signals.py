"""`marquee signals PROFILE`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from nearline.upkeep.inspection import StoredProfile
    from shared.records.digest import Digest, ExposureDigest

_MAX_ROWS = 15
"""Rows of each table; a guess. `--json` prints all."""


def signals(
    profile: Annotated[str, typer.Argument(help="The profile's id.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document instead of tables.")
    ] = False,
) -> None:
    """Show the state that nearline stores for a profile.

    The tables hold facts, plays, feedback, lists, searches and exposures, with times and log
    positions.

    Example: marquee signals p-000001 --json
    """
    from contextlib import closing

    from rich.console import Console

    from infra.settings import load_settings
    from infra.wiring import open_store
    from nearline.upkeep.inspection import read_profile

    with closing(open_store(load_settings())) as store:
        stored = read_profile(store, profile)
    if as_json:
        _print_json(profile, stored)
        return
    out = Console()
    if not stored.folds:
        out.print(f"Nothing is stored for profile {profile}: none of its events was folded.")
        return
    for table in _tables(profile, stored):
        out.print(table)


def _print_json(profile: str, stored: "StoredProfile") -> None:
    import msgspec

    document: dict[str, Any] = {
        "profile_id": profile,
        "digest": stored.digest,
        "exposures": stored.exposures,
        "vectors": [
            {
                "encoder_id": vector.encoder_id,
                "position": vector.position,
                "size": len(vector.vector) // 4,
            }
            for vector in stored.vectors
        ],
        "folds": stored.folds,
        "rows": {
            table: {"rows": rows, "bytes": size} for table, (rows, size) in stored.rows.items()
        },
    }
    # Stored records are encoded as arrays, to be small; here every field has its name.
    print(msgspec.json.format(msgspec.json.encode(_with_names(document))).decode())


def _with_names(value: Any) -> Any:
    import msgspec

    if isinstance(value, msgspec.Struct):
        return {name: _with_names(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {key: _with_names(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_names(item) for item in value]
    return value


def _tables(profile: str, stored: "StoredProfile") -> "Iterator[Table]":
    yield _overview(profile, stored)
    if stored.digest is not None:
        yield from _digest_tables(stored.digest)
    if stored.exposures is not None:
        yield _exposures_table(stored.exposures)


def _overview(profile: str, stored: "StoredProfile") -> "Table":
    names = ("table", "rows", "bytes", "events", "log position", "as of", "appended")
    table = _table(f"Profile {profile}", *names)
    for name, fold in stored.folds.items():
        rows, size = stored.rows[name]
        position = f"{fold.position.incarnation}:{fold.position.next_offset}"
        times = (_time(fold.as_of_ms), _time(fold.received_ms))
        table.add_row(name, str(rows), str(size), str(fold.events), position, *times)
    for vector in stored.vectors:
        position = f"{vector.position.incarnation}:{vector.position.next_offset}"
        size = len(vector.vector)
        table.add_row(f"vector {vector.encoder_id}", "1", str(size), "", position, "", "")
    return table


def _digest_tables(digest: "Digest") -> "Iterator[Table]":
    if (facts := digest.facts) is not None:
        table = _table("Facts", "ceiling", "country", "languages", "name")
        languages = " ".join(facts.languages)
        table.add_row(str(facts.maturity_ceiling), facts.country, languages, facts.name or "")
        yield table
    if digest.watched:
        yield _watched_table(digest)
    feedback = {title: f"thumb {value:+d}" for title, value in digest.thumbs.items()}
    for title, stars in digest.ratings.items():
        feedback[title] = " ".join(filter(None, (feedback.get(title), f"{stars:g} stars")))
    if feedback:
        yield _pairs(f"Feedback ({len(feedback)})", ("title", "feedback"), feedback)
    if digest.my_list or digest.picks:
        lists = {"my list": " ".join(digest.my_list), "picks": " ".join(digest.picks)}
        yield _pairs("Lists", ("list", "titles"), lists)
    if digest.searches:
        table = _table("Searches", "query", "time", "selected titles")
        for search in digest.searches[:_MAX_ROWS]:
            table.add_row(search.query, _time(search.time_ms), " ".join(search.led_to))
        yield table


def _watched_table(digest: "Digest") -> "Table":
    names = ("title", "episode", "position", "runtime", "seen", "completed", "last", "device")
    table = _table(f"Watched ({len(digest.watched)})", *names)
    for entry in digest.watched[:_MAX_ROWS]:
        table.add_row(
            entry.title_id,
            entry.episode_id or "",
            _duration(entry.position_s),
            _duration(entry.runtime_s),
            _duration(entry.seen_s),
            "yes" if entry.completed else "",
            _time(entry.last_ms),
            entry.device,
        )
    return table


def _exposures_table(exposures: "ExposureDigest") -> "Table":
    names = ("title", "times", "billboard", "looks", "last")
    table = _table(f"Seen on pages ({len(exposures.seen)})", *names)
    for title in sorted(exposures.seen, key=lambda title: -exposures.seen[title])[:_MAX_ROWS]:
        counts = (
            exposures.seen[title],
            exposures.billboard_seen.get(title, 0),
            exposures.looks.get(title, 0),
        )
        table.add_row(title, *map(str, counts), _time(exposures.last_seen_ms[title]))
    return table


def _pairs(title: str, columns: tuple[str, str], rows: dict[Any, str]) -> "Table":
    table = _table(title, *columns)
    for name, value in list(rows.items())[:_MAX_ROWS]:
        table.add_row(name, value)
    return table


def _table(title: str, *columns: str) -> "Table":
    from rich.table import Table

    return Table(*columns, title=title, title_justify="left")


def _time(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _duration(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
