"""External ids: strings, each kind with its own type for mypy."""

from typing import Final, NewType

AccountId = NewType("AccountId", str)
ProfileId = NewType("ProfileId", str)
TitleId = NewType("TitleId", str)
EpisodeId = NewType("EpisodeId", str)
EventId = NewType("EventId", str)
PageId = NewType("PageId", str)
PlayId = NewType("PlayId", str)
VisitId = NewType("VisitId", str)
GenerationId = NewType("GenerationId", str)
EncoderId = NewType("EncoderId", str)
ArtifactId = NewType("ArtifactId", str)

MAX_ID_LENGTH: Final = 128
"""Maximum number of characters of an id in an event or a request."""
MAIN_ARM: Final = "main"
"""The arm of accounts that are in no experiment."""
