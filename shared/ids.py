"""The names of things: external ids are strings, each of its own type, so that mypy keeps them
apart.
"""

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
"""Characters of any id that a client may send."""
MAIN_ARM: Final = "main"
"""The experiment arm whose generation serves whoever is in no other arm."""
