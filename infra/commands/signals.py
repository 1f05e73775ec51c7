"""`marquee signals PROFILE`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from nearline.upkeep.inspection import StoredProfile
    from shared.records.digest import Digest, ExposureDigest

_SHOWN = 15


def signals(
    profile: Annotated[str, typer.Argument(help="The profile's id.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document instead of tables.")
    ] = False,
) -> None:
    """Show what is held for a profile: facts, plays, feedback, searches, what was seen, with times
    and log positions.
    """
    from contextlib import closing

    from rich.console import Console

    from infra.settings import load_settings
    from infra.wiring import open_store
    from nearline.upkeep.inspection import read_profile

    with closing(open_store(load_settings())) as store:
        found = read_profile(store, profile)
    if as_json:
        _print_json(profile, found)
        return
    out = Console()
    if not found.folds:
        out.print(f"Nothing is held for profile {profile}: no event of it was folded.")
        return
    for table in _tables(profile, found):
        out.print(table)


def _print_json(profile: str, found: "StoredProfile") -> None:
    import msgspec

    document: dict[str, Any] = {
        "profile_id": profile,
        "digest": found.digest,
        "exposures": found.exposures,
        "vectors": [
            {
                "encoder_id": vector.encoder_id,
                "position": vector.position,
                "size": len(vector.vector) // 4,
            }
            for vector in found.vectors
        ],
        "folds": found.folds,
        "rows": {
            table: {"rows": rows, "bytes": size} for table, (rows, size) in found.rows.items()
        },
    }
    # Stored records are arrays, to be small; for people every field has its name.
    print(msgspec.json.format(msgspec.json.encode(_named(document))).decode())


def _named(value: Any) -> Any:
    import msgspec

    if isinstance(value, msgspec.Struct):
        return {name: _named(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {key: _named(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_named(each) for each in value]
    return value


def _tables(profile: str, found: "StoredProfile") -> "Iterator[Table]":
    yield _overview(profile, found)
    if found.digest is not None:
        yield from _digest_tables(found.digest)
    if found.exposures is not None:
        yield _seen(found.exposures)


def _overview(profile: str, found: "StoredProfile") -> "Table":
    table = _table(
        f"Profile {profile}",
        "table",
        "rows",
        "bytes",
        "events",
        "log position",
        "as of",
        "appended",
    )
    for name, fold in found.folds.items():
        rows, size = found.rows[name]
        position = f"{fold.position.incarnation}:{fold.position.next_offset}"
        table.add_row(
            name,
            str(rows),
            str(size),
            str(fold.events),
            position,
            _time(fold.as_of_ms),
            _time(fold.received_ms),
        )
    for vector in found.vectors:
        position = f"{vector.position.incarnation}:{vector.position.next_offset}"
        table.add_row(
            f"vector {vector.encoder_id}", "1", str(len(vector.vector)), "", position, "", ""
        )
    return table


def _digest_tables(digest: "Digest") -> "Iterator[Table]":
    if (facts := digest.facts) is not None:
        table = _table("Facts", "ceiling", "country", "languages", "name")
        table.add_row(
            str(facts.maturity_ceiling), facts.country, " ".join(facts.languages), facts.name or ""
        )
        yield table
    if digest.watched:
        table = _table(
            f"Watched ({len(digest.watched)})",
            "title",
            "episode",
            "stands at",
            "of",
            "seen",
            "finished",
            "last",
            "device",
        )
        for each in digest.watched[:_SHOWN]:
            stands = (
                _span(each.position_s),
                _span(each.runtime_s),
                _span(each.seen_s),
                "yes" if each.completed else "",
            )
            table.add_row(
                each.title_id, each.episode_id or "", *stands, _time(each.last_ms), each.device
            )
        yield table
    said = {title: f"thumb {value:+d}" for title, value in digest.thumbs.items()}
    for title, stars in digest.ratings.items():
        said[title] = " ".join(filter(None, (said.get(title), f"{stars:g} stars")))
    if said:
        yield _pairs(f"Feedback ({len(said)})", "title", "said", said)
    if digest.my_list or digest.picks:
        yield _pairs(
            "Lists",
            "list",
            "titles",
            {"my list": " ".join(digest.my_list), "picks": " ".join(digest.picks)},
        )
    if digest.searches:
        table = _table("Searches", "query", "at", "led to")
        for search in digest.searches[:_SHOWN]:
            table.add_row(search.query, _time(search.time_ms), " ".join(search.led_to))
        yield table


def _seen(exposures: "ExposureDigest") -> "Table":
    table = _table(
        f"Seen on pages ({len(exposures.seen)})", "title", "times", "billboard", "looks", "last"
    )
    for title in sorted(exposures.seen, key=lambda title: -exposures.seen[title])[:_SHOWN]:
        counts = (
            exposures.seen[title],
            exposures.billboard_seen.get(title, 0),
            exposures.looks.get(title, 0),
        )
        table.add_row(title, *map(str, counts), _time(exposures.last_seen_ms[title]))
    return table


def _pairs(title: str, first: str, second: str, rows: dict[Any, str]) -> "Table":
    table = _table(title, first, second)
    for name, value in list(rows.items())[:_SHOWN]:
        table.add_row(name, value)
    return table


def _table(title: str, *columns: str) -> "Table":
    from rich.table import Table

    return Table(*columns, title=title, title_justify="left")


def _time(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _span(duration_s: int) -> str:
    return f"{duration_s // 3600}:{duration_s // 60 % 60:02}:{duration_s % 60:02}"
