"""Profile events: facts, onboarding picks, survey answers, and the request for erasure."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from shared.catalog.titles import Country, Maturity
from shared.events.body import Body
from shared.ids import TitleId
from shared.topics import SIGNALS


class ProfileFacts(Body, frozen=True, kw_only=True):
    """All facts of a profile; replaces the earlier ones.

    `maturity_ceiling` is the highest maturity of titles that the profile may be shown.
    """

    type: ClassVar[str] = "profile.facts"
    topic: ClassVar[str] = SIGNALS

    maturity_ceiling: Maturity
    country: Country
    languages: tuple[str, ...] = ()
    name: str | None = None


class OnboardingPicks(Body, frozen=True, kw_only=True):
    """Titles that a new member chose at sign-up."""

    type: ClassVar[str] = "profile.picks"
    topic: ClassVar[str] = SIGNALS

    title_ids: Annotated[tuple[TitleId, ...], Meta(max_length=50)]


class SurveyAnswer(Body, frozen=True, kw_only=True):
    """Satisfaction with a watched title, 1 to 5."""

    type: ClassVar[str] = "profile.survey"
    topic: ClassVar[str] = SIGNALS

    title_id: TitleId
    satisfaction: Literal[1, 2, 3, 4, 5]


class ErasureRequested(Body, frozen=True, kw_only=True):
    """All data of the profile must be deleted."""

    type: ClassVar[str] = "profile.erasure"
    topic: ClassVar[str] = SIGNALS

    request_id: str
