"""Profiles: what a profile is (facts, onboarding picks, surveys), and the request to forget it."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from shared.catalog.titles import Country, Maturity
from shared.events.body import Body
from shared.ids import TitleId
from shared.topics import SIGNALS


class ProfileFacts(Body, frozen=True, kw_only=True):
    """The whole set of facts, replacing the last; `maturity_ceiling` is the oldest age rating the
    profile may be shown.
    """

    type: ClassVar[str] = "profile.facts"
    topic: ClassVar[str] = SIGNALS

    maturity_ceiling: Maturity
    country: Country
    languages: tuple[str, ...] = ()
    name: str | None = None


class OnboardingPicks(Body, frozen=True, kw_only=True):
    """Titles that a new member said they like, before any play."""

    type: ClassVar[str] = "profile.picks"
    topic: ClassVar[str] = SIGNALS

    title_ids: Annotated[tuple[TitleId, ...], Meta(max_length=50)]


class SurveyAnswer(Body, frozen=True, kw_only=True):
    """How satisfied the member was with a title they had watched, 1 to 5."""

    type: ClassVar[str] = "profile.survey"
    topic: ClassVar[str] = SIGNALS

    title_id: TitleId
    satisfaction: Literal[1, 2, 3, 4, 5]


class ErasureRequested(Body, frozen=True, kw_only=True):
    """Everything held about the profile must go."""

    type: ClassVar[str] = "profile.erasure"
    topic: ClassVar[str] = SIGNALS

    request_id: str
