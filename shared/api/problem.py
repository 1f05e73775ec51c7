"""Problem documents (RFC 9457): the answer to a request that failed."""

from typing import Annotated, Final

from msgspec import Meta, Struct

PROBLEM_TYPE: Final = "application/problem+json"


class ProblemDocument(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The cause of a failure and the next step for the caller."""

    type: Annotated[
        str, Meta(description="`about:blank`: the status and the title name the kind of problem.")
    ]
    title: Annotated[str, Meta(description="The kind of problem.", examples=["Bad parameter"])]
    status: Annotated[int, Meta(ge=400, le=599, description="HTTP status code.", examples=[400])]
    detail: Annotated[
        str,
        Meta(
            description="The next step for the caller.",
            examples=["Send `rows` as an integer from 1 to 40."],
        ),
    ]
    field: Annotated[
        str | None,
        Meta(description="Wrong parameter, header or body path.", examples=["rows"]),
    ] = None
