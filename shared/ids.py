"""The names of things: external ids are strings, each of its own type, so that mypy keeps them
apart.
"""

from typing import NewType

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
