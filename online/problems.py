"""Requests that fail: the exception that becomes a problem document (RFC 9457)."""

from collections.abc import Mapping
from typing import Final

import msgspec

from shared.api.events import EventRefusal, EventsProblem
from shared.api.problem import ProblemDocument

BLANK: Final = "about:blank"
"""The problem type of RFC 9457 where status and title suffice."""


class Problem(Exception):
    """A request that failed; `document` and `headers` are those of the response."""

    def __init__(self, document: ProblemDocument, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(document.detail)
        self.document = document
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return self.document.status

    def body(self) -> bytes:
        """Encode the document."""
        return msgspec.json.encode(self.document)


def problem(
    status: int,
    title: str,
    detail: str,
    field: str | None = None,
    *,
    retry_after_s: int | None = None,
) -> Problem:
    """Create a problem; `retry_after_s` becomes the Retry-After header."""
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    document = ProblemDocument(type=BLANK, title=title, status=status, detail=detail, field=field)
    return Problem(document, headers)


def bad_parameter(name: str, detail: str) -> Problem:
    """Create the problem of a parameter or header with a wrong name or value."""
    return problem(400, "Bad parameter", detail, name)


def bad_batch(detail: str, field: str, refused: tuple[EventRefusal, ...] = ()) -> Problem:
    """Create the problem of a batch of which no event was accepted."""
    title = "No event accepted" if refused else "Not a batch"
    return Problem(
        EventsProblem(
            type=BLANK,
            title=title,
            status=400,
            detail=detail,
            field=field,
            accepted=0,
            refused=refused,
        )
    )


def not_found(kind: str) -> Problem:
    """Create the problem of a resource that does not exist or that the caller may not see."""
    return problem(
        404,
        "Not found",
        f"There is no such {kind} for this caller. Check the id, the ceiling and the country.",
    )
