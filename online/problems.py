"""Problem documents (RFC 9457): what a caller is told when a request cannot be answered as asked,
with the field at fault.
"""

from collections.abc import Mapping

import msgspec

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """A request that cannot be answered; `field` names the parameter or path at fault,
    `retry_after_s` when trying again makes sense.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        field: str | None = None,
        retry_after_s: int | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.field = field
        self.retry_after_s = retry_after_s
        self.extra = extra or {}

    @property
    def headers(self) -> dict[str, str]:
        """The headers that go with the document."""
        return {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}

    def body(self) -> bytes:
        """The document."""
        document: dict[str, object] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.field is not None:
            document["field"] = self.field
        return msgspec.json.encode({**document, **self.extra})


def bad_parameter(name: str, detail: str) -> Problem:
    """A query parameter that makes no sense."""
    return Problem(400, "Bad parameter", detail, name)


def not_found(what: str) -> Problem:
    """What is asked for is not there, or not for this caller: the two are not told apart."""
    return Problem(404, "Not found", f"There is no such {what}.")
