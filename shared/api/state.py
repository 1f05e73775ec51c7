"""Answers of the health and readiness checks."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.ids import GenerationId


class HealthAnswer(Struct, frozen=True):
    """The answer of a running process."""

    status: Literal["ok"] = "ok"


class ReadyAnswer(Struct, frozen=True, kw_only=True):
    """Whether a replica can serve pages, and from what."""

    ready: Annotated[bool, Meta(description="Whether the replica has a page to show.")]
    generation: Annotated[GenerationId | None, Meta(description="Generation being served.")]
    static_page: Annotated[bool, Meta(description="Whether the static page is loaded.")]
    catalog_age_ms: Annotated[
        int | None,
        Meta(
            description="Milliseconds since the catalog was last known to be up to date; "
            "null before the catalog topic was read to its end."
        ),
    ]
    titles: Annotated[int, Meta(ge=0, description="Number of titles in memory.")]
